"""Request: one HTTP request, from its first byte to the end of its answer."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

from gp_otel import catalogue as c
from gp_otel import credentials, health, metrics, outlet, settings
from gp_otel.failure import FailurePoint, Stage
from gp_otel.guard import guard
from gp_otel.operation import Operation
from gp_otel.outcome import Outcome
from gp_otel.scope import Scope

Message = MutableMapping[str, Any]

UNAUTHORISED: Final = frozenset({401, 403})
TOO_MANY: Final = 429
UNAVAILABLE: Final = 503


def header(scope: MutableMapping[str, Any], name: bytes) -> str | None:
    """One header of an ASGI scope; None where it is absent."""
    for key, value in scope.get("headers", ()):
        if key.lower() == name:
            return str(value, "latin-1")
    return None


class Request:
    """One HTTP request, and the operation in which everything it does happens."""

    def __init__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        self._asgi = scope
        self._receive = receive
        self._send = send
        self._started = perf_counter()
        self._status = 0
        self._sent = 0
        self._complete = False
        self._left = False
        self._ended = False
        self._routed = False
        ids = Scope(
            connection_id=header(scope, b"x-request-id") or uuid4().hex[:16],
        )
        self.operation = Operation(scope.get("path", ""), "request", None, ids)
        credentials.hold(self.operation)

    def enter_router(self) -> bool:
        """Tell whether this is the outermost router."""
        first, self._routed = not self._routed, True
        return first

    def routed(self) -> None:
        """Do nothing: the answer may still be on its way."""

    async def receive(self) -> Message:
        """Hand a message to the application, and see whether the client left."""
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self._complete:
            self._left = True
        return message

    async def send(self, message: Message) -> None:
        """Send a message of the application's, and see what it says."""
        if message["type"] == "http.response.start":
            guard("answer", self._answers, message)
        await self._send(message)
        if message["type"] == "http.response.body":
            self._sent += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)

    def _answers(self, message: Message) -> None:
        self._status = status = int(message["status"])
        if status in UNAUTHORISED:
            credentials.refused(self.operation)
        elif status < 400:  # noqa: PLR2004 - the request went on
            credentials.accepted(self.operation, self._asgi)
        elif status == TOO_MANY:
            self._report(
                c.AUTH_RATE_LIMIT_EXCEEDED, {"client_ip": client_of(self._asgi)}
            )
        path = self._asgi.get("path", "")
        if status == UNAVAILABLE and path in settings.current().health_paths:
            self._report(c.SERVICE_HEALTH_DEGRADED, _health(path, status))

    def _report(self, point: FailurePoint, fields: dict[str, object]) -> None:
        outlet.failure(
            point,
            None,
            around=self.operation,
            describe=lambda: fields,
            cause=self.operation.last,
        )

    def end(self, error: BaseException | None) -> None:
        """Settle the request; the first call counts."""
        if self._ended:
            return
        self._ended = True
        outcome = self._outcome(error)
        path = self._asgi.get("path", "")
        if path in settings.current().websocket.chat_paths:
            self._chat_ended(outcome)
        self.operation.done = True
        metrics.OPERATIONS.add(Stage.SERVICE.value, outcome.value)

    def _outcome(self, error: BaseException | None) -> Outcome:
        if self._left:
            return Outcome.ABANDONED
        if isinstance(error, CancelledError):
            return Outcome.CANCELLED
        if error is not None or self._status >= 500:  # noqa: PLR2004 - server errors
            return Outcome.FAILED
        return Outcome.SUCCESS

    def _chat_ended(self, outcome: Outcome) -> None:
        if outcome in (Outcome.SUCCESS, Outcome.FAILED) and not self._sent:
            self._report(
                c.WEBSOCKET_REPLY_MISSING,
                {
                    "waited_seconds": perf_counter() - self._started,
                    "last_event": "http.response.start" if self._status else "none",
                },
            )


def _health(path: str, status: int) -> dict[str, object]:
    """Say which route is degraded, and how what lies behind it fares."""
    scores = health.HEALTH.scores()
    return {
        "degraded_services": (path,),
        "health_scores": tuple(f"{name}={score:.2f}" for name, score in scores.items()),
        "health_endpoint": path,
        "url.path": path,
        "http.response.status_code": status,
    }


def client_of(scope: MutableMapping[str, Any]) -> str | None:
    """The client's address, as the server sees it."""
    client = scope.get("client")
    return str(client[0]) if client else None
