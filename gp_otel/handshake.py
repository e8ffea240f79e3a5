"""Handshake: whether a connection gets in, and what is said where it does not."""

from __future__ import annotations

from collections.abc import MutableMapping
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from gp_otel import catalogue as c
from gp_otel import credentials, settings, watchdog
from gp_otel.guard import guard

if TYPE_CHECKING:
    from gp_otel.connection import Connection

INTERNAL_ERROR: Final = 1011
POLICY: Final = 1008
_NOT_SIGNED_IN: Final = frozenset({4401, 4403})
_UNAUTHORISED: Final = frozenset({401, 403})

_seen_token_places: set[str] = set()
"""Where a good token has come from: there its absence means something."""


def forget() -> None:
    """Forget where tokens have come from, as tests do."""
    _seen_token_places.clear()


class Handshake:
    """The part of a connection that ends with an accept or a refusal."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.refused = False
        self._silent: float | None = None
        limit = settings.current().websocket.handshake_deadline
        self._timer = watchdog.after(limit, lambda: self._slow(limit))

    def answers(self, message: MutableMapping[str, Any]) -> None:
        """See what the application answers to the handshake, or how it closes."""
        kind = message["type"]
        if kind == "websocket.accept":
            self._accepts(message)
        elif kind == "websocket.close":
            self._closes(int(message.get("code") or 1000), message.get("reason") or "")
        elif kind == "websocket.http.response.start":
            self._denies(int(message["status"]))

    def end(self) -> None:
        """Let go of the timer."""
        self._timer.cancel()

    def _accepts(self, message: MutableMapping[str, Any]) -> None:
        self._timer.cancel()
        connection = self._connection
        offered: list[str] = connection.asgi.get("subprotocols") or []
        connection.opened()
        if offered and not message.get("subprotocol"):
            connection.fail(
                c.WEBSOCKET_SUBPROTOCOL_UNSUPPORTED,
                {"client_protocols": tuple(_names(offered))},
            )
        credentials.accepted(connection.operation, connection.asgi)
        if credentials.signed_in(connection.operation):
            _seen_token_places.update(self._places())

    def _closes(self, code: int, reason: str) -> None:
        connection = self._connection
        connection.closed, connection.code = True, code
        if code == INTERNAL_ERROR:
            connection.fail(
                c.WEBSOCKET_INTERNAL_ERROR,
                {"error_type": "1011_INTERNAL_ERROR"},
                message=reason or "the application closed with 1011",
            )
        elif code in _NOT_SIGNED_IN:
            self._refused(str(code), reason, sure=True)
        elif code == POLICY or not connection.accepted:
            self._refused(str(code) if connection.accepted else "403", reason)
        elif self._silent is not None:
            self._timed_out("auth", self._silent)

    def _denies(self, status: int) -> None:
        self._connection.closed = True
        if status in _UNAUTHORISED:
            self._refused(str(status), "", sure=True)
        self._timer.cancel()

    def _refused(self, code: str, reason: str, *, sure: bool = False) -> None:
        """Say that nobody gets in here, where credentials are the reason."""
        connection = self._connection
        self._timer.cancel()
        judged = credentials.refused(connection.operation)
        connection.operation.holds = False
        missing = not judged and self._missing(sure=sure)
        if not (sure or judged or missing):
            return
        self.refused = True
        if missing:
            connection.fail(
                c.AUTH_JWT_MISSING,
                {
                    "places_searched": self._expected(),
                    "headers_available": self._headers(),
                },
                message=f"no token in {', '.join(self._expected())}",
            )
        connection.fail(
            c.WEBSOCKET_AUTH_FAILED,
            {"error_code": code, "headers_available": self._headers()},
            message=reason or f"the handshake was refused with {code}",
        )

    def _missing(self, *, sure: bool) -> bool:
        """Tell whether a token was expected here and none came."""
        if self._places() or "endpoint" not in self._connection.asgi:
            return False
        return sure or bool(
            _seen_token_places or settings.current().websocket.token_places
        )

    def _expected(self) -> tuple[str, ...]:
        known = settings.current().websocket.token_places or sorted(_seen_token_places)
        return tuple(known) or tuple(_PLACES)

    def _places(self) -> set[str]:
        """The places of this handshake that carry something like a token."""
        asgi = self._connection.asgi
        return {place for place, look in _PLACES.items() if look(asgi)}

    def _headers(self) -> tuple[str, ...]:
        """The names of the headers that arrived; never their values."""
        headers = self._connection.asgi.get("headers", ())
        return tuple(sorted({str(name, "latin-1") for name, _ in headers}))

    def silent(self, limit: float) -> None:
        """The application waited for a first message, and none came.

        It is a failure of the sign-in only if the application then hangs up.
        """
        if not credentials.signed_in(self._connection.operation):
            self._silent = limit

    def went_on(self) -> None:
        """Whoever goes on talking after a time-out keeps time by it."""
        self._silent = None

    def _slow(self, limit: float) -> None:
        connection = self._connection
        if not (connection.accepted or connection.closed or connection.ended):
            guard("handshake", self._timed_out, "handshake", limit)

    def _timed_out(self, phase: str, limit: float) -> None:
        connection = self._connection
        connection.fail(
            c.WEBSOCKET_CONNECTION_TIMEOUT,
            {"timeout_duration": limit, "phase": phase},
            message=f"no end of the {phase} phase within {limit:g} s "
            f"(after {perf_counter() - connection.started:.2f} s)",
        )


def _names(offered: list[str]) -> list[str]:
    """Name the subprotocols that are names: a token may be among them."""
    return [one if len(one) <= 32 else "[token]" for one in offered]  # noqa: PLR2004


def _in_header(asgi: MutableMapping[str, Any]) -> bool:
    return any(name.lower() == b"authorization" for name, _ in asgi.get("headers", ()))


def _in_subprotocol(asgi: MutableMapping[str, Any]) -> bool:
    return any(len(one) > 32 for one in asgi.get("subprotocols") or ())  # noqa: PLR2004


def _in_query(asgi: MutableMapping[str, Any]) -> bool:
    query = parse_qs(str(asgi.get("query_string", b""), "latin-1"))
    return any(name in query for name in ("token", "access_token", "jwt", "ticket"))


def _in_cookie(asgi: MutableMapping[str, Any]) -> bool:
    return any(
        name.lower() == b"cookie" and b"token" in value.lower()
        for name, value in asgi.get("headers", ())
    )


_PLACES: Final = {
    "header:authorization": _in_header,
    "subprotocol": _in_subprotocol,
    "query:token": _in_query,
    "cookie": _in_cookie,
}
