"""Scope: who and what this is about.

A scope holds the ids of one connection, one request or one run. It is made when
the connection is accepted and filled as the ids become known: the user is known
only after the token, the run only after the message. A value set in a context
variable below would be lost on the way up; a reference to one object is not.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from gp_otel.nowhere import Nowhere

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext

    from gp_otel.chain import Link

IDS: Final = ("user_id", "connection_id", "run_id", "thread_id")
"""The names under which the ids stand on records, spans and log lines."""

NOWHERE: Final[dict[str, Link]] = Nowhere()
"""The records made outside any connection, request or run: by background work."""

_hash_key: bytes | None = None


def hash_users_with(key: str | None) -> None:
    """Set the key that `user.hash` is made with; None goes back to a plain hash."""
    global _hash_key  # noqa: PLW0603 - one setting for the process
    _hash_key = key.encode() if key else None


def user_hash(user_id: str) -> str:
    """Hash a user's id to 16 hex digits: SHA-256, keyed where settings give a key."""
    text = user_id.encode("utf-8", "replace")
    if _hash_key is None:
        return hashlib.sha256(text).hexdigest()[:16]
    return hmac.new(_hash_key, text, hashlib.sha256).hexdigest()[:16]


class Scope:
    """The ids of one connection, request or run, each written once.

    `in_hand` holds what the message that is being handled says (run and thread);
    it is replaced with every message, and an id learned outranks it.
    """

    __slots__ = (
        "__weakref__",
        "_hash",
        "_ids",
        "_links",
        "facts",
        "in_hand",
        "is_run",
        "parent",
        "trace",
    )

    def __init__(
        self, parent: Scope | None = None, *, is_run: bool = False, **ids: str | None
    ) -> None:
        self.parent = parent
        self.is_run = is_run
        self._ids = {name: value for name, value in ids.items() if value}
        self._links: dict[str, Link] = {} if is_run or parent is None else parent.links
        self._hash: str | None = None
        self.in_hand: Mapping[str, str] = {}
        self.facts: dict[str, str] = {}
        self.trace: SpanContext | None = None

    @property
    def links(self) -> dict[str, Link]:
        """The records of this run; outside a run, of this connection or request."""
        return self._links

    @classmethod
    def nowhere(cls) -> Scope:
        """Make the scope of an operation that no connection or request is around."""
        scope = cls()
        scope._links = NOWHERE
        return scope

    @property
    def root(self) -> Scope:
        """The connection's or request's scope: the outermost."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def get(self, name: str) -> str | None:
        """Look an id up here, then further out."""
        scope: Scope | None = self
        while scope is not None:
            own = scope._ids.get(name)  # noqa: SLF001 - a scope like this one
            found = own or scope.in_hand.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def learn(self, name: str, value: object) -> None:
        """Write an id; the first value wins, and what is empty teaches nothing."""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value:
            self._ids.setdefault(name, value[:256])

    def verified_user(self, user_id: object) -> None:
        """Write the user that a verified credential names; the first one wins."""
        self.root.learn("user_id", user_id)

    def ids(self) -> dict[str, str]:
        """All ids known, by name."""
        found = ((name, self.get(name)) for name in IDS)
        return {name: value for name, value in found if value is not None}

    def user_hash(self) -> str | None:
        """The hash of the user's id, computed once."""
        if self._hash is None and (user := self.get("user_id")) is not None:
            self._hash = user_hash(user)
        return self._hash
