"""Connection: one WebSocket, from its handshake to why it ended."""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from gp_otel import catalogue as c
from gp_otel import (
    chain,
    credentials,
    deadline,
    delivery,
    handshake,
    metrics,
    outlet,
    peer,
    replies,
    settings,
)
from gp_otel.failure import FailurePoint, Fault, Stage
from gp_otel.guard import guard
from gp_otel.operation import Operation
from gp_otel.outcome import Outcome
from gp_otel.peer import Gone
from gp_otel.scope import Scope

if TYPE_CHECKING:
    from gp_otel.chain import Link

Message = MutableMapping[str, Any]


class Connection:
    """One WebSocket, and the operation in which everything on it happens."""

    def __init__(
        self,
        asgi: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        self.asgi = asgi
        self.receive_next = receive
        self._send = send
        self.kept: deque[Message] = deque()
        self.waiting = False
        self.told = asyncio.Event()
        self.started = perf_counter()
        self.accepted = self.closed = self.routed_once = self.ended = False
        self.gone: Gone | None = None
        self.code: int | None = None
        self.sent = self.received = 0
        self.last_event = "none"
        self.loss_reported = False
        self._failed = self._clients_fault = False
        self.operation = Operation(
            asgi.get("path", ""),
            "connection",
            None,
            Scope(connection_id=f"ws-{uuid4().hex[:16]}"),
        )
        credentials.hold(self.operation)
        self.handshake = handshake.Handshake(self)
        self.replies = replies.Replies(self)
        self.delivery = delivery.Delivery(self)

    # -- what the application receives -----------------------------------------

    async def receive(self) -> Message:
        """Hand the next message to the application, and look at it first."""
        if self.kept:
            message = self.kept.popleft()
            guard("message", self._saw, message)
            return message
        guard("waits", self.replies.waits)
        self.waiting = True
        try:
            message = await self.receive_next()
        except CancelledError:
            guard("heartbeat", self._given_up)
            raise
        finally:
            self.waiting = False
        guard("message", self._saw, message)
        return message

    def _saw(self, message: Message) -> None:
        if message["type"] == "websocket.receive":
            self._question(message)
        elif message["type"] == "websocket.disconnect":
            self.disconnected(message)

    def _question(self, message: Message) -> None:
        """Take the message in hand: its ids, and that it may be owed an answer."""
        self.received += 1
        self.operation.last = None
        found = delivery.content_of(message)
        self.operation.scope.in_hand = {
            name: str(found[key])[:256]
            for name, keys in settings.current().ids.items()
            for key in keys
            if isinstance(found.get(key), (str, int)) and found[key] != ""
        }
        self.replies.asked(str(found.get("type", found.get("event", ""))))

    def _given_up(self) -> None:
        """A deadline round nothing but `receive()` is a heartbeat, save at sign-in."""
        limit = deadline.passed(deadline.current())
        if limit is not None and not self.received:
            self.handshake.silent(limit.limit)

    def disconnected(self, message: Message) -> None:
        """Learn how the peer went away; the first message counts."""
        if self.gone is not None or self.closed:
            return
        self.gone = peer.how_gone(message)
        self.code = int(message.get("code") or 0) or None
        self.told.set()
        if self.gone is Gone.REFUSED:
            self._too_large()

    def _too_large(self) -> None:
        size, limit = peer.sizes(self._send)
        self.fail(
            c.WEBSOCKET_MESSAGE_TOO_LARGE, {"message_size": size, "size_limit": limit}
        )
        self.loss_reported = True

    # -- what the application sends --------------------------------------------

    async def send(self, message: Message) -> None:
        """Send a message of the application's, and see what becomes of it."""
        kind = message["type"]
        if kind != "websocket.send":
            guard("answer", self.handshake.answers, message)
        try:
            await self._send(message)
        except BaseException as error:
            if not isinstance(error, CancelledError):
                await self.delivery.failed(message, error)
            raise
        if kind == "websocket.send":
            guard("event", self._delivered, message)

    def _delivered(self, message: Message) -> None:
        self.sent += 1
        self.handshake.went_on()
        self.last_event = event = delivery.event_of(message)
        self.replies.answered(event)
        if self.sent == 1:
            outlet.audit(c.WEBSOCKET_ESTABLISHED, {}, self.operation)

    # -- how it ends -------------------------------------------------------------

    def enter_router(self) -> bool:
        """Tell whether this is the outermost router."""
        first, self.routed_once = not self.routed_once, True
        return first

    def routed(self) -> None:
        """The application's own code is through with the connection."""
        self.end(None)

    def end(self, error: BaseException | None) -> None:
        """Settle the connection; the first call counts."""
        if self.ended:
            return
        self.ended = True
        if error is not None and not isinstance(error, CancelledError):
            self._raised(error)
        owed = self.replies.owed
        if self.gone is Gone.LOST and owed and not self.loss_reported:
            self.fail(
                c.WEBSOCKET_DISCONNECT_UNEXPECTED, {"disconnect_reason": str(self.code)}
            )
        self.replies.end()
        self.handshake.end()
        outcome = self._outcome(error, owed=owed)
        self._tracked("lost" if self.gone is Gone.LOST else "closed")
        self.operation.done = True
        self.operation.take_held()
        metrics.OPERATIONS.add(Stage.WEBSOCKET.value, outcome.value)

    def _raised(self, error: BaseException) -> None:
        """An exception leaves the endpoint: the client gets no close frame."""
        kind = type(error).__name__
        if kind == "WebSocketDisconnect" or chain.peer_of(error) or self._failed:
            return
        if not self.accepted and isinstance(error, RuntimeError):
            self.fail(c.WEBSOCKET_HANDSHAKE_RACE, {}, error)
        elif not self.handshake.refused:
            self.fail(c.WEBSOCKET_INTERNAL_ERROR, {"error_type": kind}, error)

    def _outcome(self, error: BaseException | None, *, owed: bool) -> Outcome:
        if self._failed:
            return Outcome.FAILED
        if self._clients_fault or (self.gone is Gone.LEFT and owed):
            return Outcome.ABANDONED
        return (
            Outcome.CANCELLED if isinstance(error, CancelledError) else Outcome.SUCCESS
        )

    def _tracked(self, what: str) -> None:
        if self.accepted:
            fields = {"lifecycle_event": what}
            outlet.audit(
                c.WEBSOCKET_CONNECTION_TRACKED, self.known(fields), self.operation
            )

    def opened(self) -> None:
        """The handshake is through."""
        self.accepted = True
        self._tracked("opened")

    def fail(
        self,
        point: FailurePoint,
        fields: dict[str, object],
        error: BaseException | None = None,
        *,
        around: Operation | None = None,
        message: str | None = None,
    ) -> Link | None:
        """Record a failure of this connection."""
        if point.fault is Fault.CLIENT:
            self._clients_fault = True
        else:
            self._failed = True
        return outlet.failure(
            point,
            error,
            around=around or self.operation,
            describe=lambda: self.known(fields),
            cause=None if around is not None else self.operation.last,
            message=message,
        )

    def known(self, fields: Mapping[str, object]) -> dict[str, object]:
        """What is known of every connection, under the names that records use."""
        elapsed = perf_counter() - self.started
        client = self.asgi.get("client")
        return {
            "duration_seconds": elapsed,
            "connection_duration": elapsed,
            "client_host": client[0] if client else None,
            "golden_path.websocket.close_code": self.code,
            **{name: value for name, value in fields.items() if value is not None},
        }
