"""Transactions: since when one is open, and what went wrong inside.

Whoever rolls back or commits is not told why a statement failed before, and an
exception may not be kept. So the connection's entry holds a few words about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from gp_otel import catalogue as c
from gp_otel import chain, leaf, redact, settings, sqlstate
from gp_otel.failure import Stage
from gp_otel.guard import guard
from gp_otel.stack import name_of
from gp_otel.watched import Call

if TYPE_CHECKING:
    from gp_otel.chain import Link
    from gp_otel.failure import Field

_TEXT: Final = 2048


class Transaction:
    """One transaction of one connection."""

    __slots__ = (
        "error_details",
        "error_type",
        "link",
        "session",
        "sqlstate",
        "started",
        "told",
    )

    def __init__(self, session: str | None) -> None:
        self.started = monotonic()
        self.session = session
        self.told = False
        """Whether a record was made of it."""
        self.recover()

    def recover(self) -> None:
        """Forget what went wrong: a savepoint has made it good."""
        self.link: Link | None = None
        self.error_type = self.error_details = self.sqlstate = ""

    def note(self, error: BaseException | None, link: Link) -> None:
        """Remember the first failure, in words."""
        if self.link is None and error is not None:
            below = list(chain.behind(error))[-1]
            self.link = link
            self.error_type = name_of(type(below))
            self.error_details = redact.text_of(below, _TEXT)
            self.sqlstate = sqlstate.code_of(error) or ""

    def fields(self) -> Mapping[Field, Any]:
        """What records say of it."""
        return {
            c.SESSION_ID: self.session,
            c.SESSION_DURATION: monotonic() - self.started,
            c.DURATION: monotonic() - self.started,
            c.ERROR_TYPE: self.error_type or None,
            c.ERROR_DETAILS: self.error_details or None,
            c.SQLSTATE: self.sqlstate or None,
        }


_open: WeakKeyDictionary[Any, Transaction] = WeakKeyDictionary()


def of(connection: object) -> Transaction | None:
    """The transaction that was begun last on a connection."""
    return _open.get(connection)


def begin(connection: object, session: Callable[[Any], str | None]) -> None:
    """Note that a transaction begins."""
    _open[connection] = Transaction(guard("session", session, connection))


def recover(connection: object) -> None:
    """Forget what went wrong on a connection: a savepoint was rolled back."""
    one = _open.get(connection)
    if one is not None:
        one.recover()


def committed(call: Call) -> None:
    """Audit a commit, where settings ask for the database's successes."""
    if Stage.DATABASE in settings.current().audit:
        leaf.say(call, c.DATABASE_SESSION_COMMITTED)


def ends(call: Call, connection: object) -> bool:
    """Tell, once, whether what went wrong inside ends the transaction too.

    That record is then the cause of what is said of the transaction.
    """
    one = _open.get(connection)
    if one is None or one.told:
        return False
    one.told = True
    if one.link is not None and call.operation is not None:
        call.operation.last = call.operation.last or one.link
    return one.link is not None
