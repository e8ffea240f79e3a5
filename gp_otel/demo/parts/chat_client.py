"""A real WebSocket client that speaks JSON, and can leave in every way."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from gp_otel.demo.parts.background import Background
from gp_otel.demo.parts.http_server import set_reset_on_close
from gp_otel.demo.parts.part import Part

Event = Mapping[str, Any]
Wanted = str | Callable[[Event], bool]
"""Which event is meant: its `type`, or a test."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the user saw.

    `refused` is the HTTP status of a handshake that failed. `close_code` is None
    while the connection is open, 1006 where it was lost, and 1005 for a close
    frame without a code.
    """

    events: tuple[Event, ...] = ()
    close_code: int | None = None
    close_reason: str = ""
    refused: int | None = None
    refusal: str = ""

    @property
    def types(self) -> list[str]:
        """The events' types, in order."""
        return [str(event.get("type")) for event in self.events]


class ChatClient(Part):
    """One user's connection; `start` connects, and never raises for a refusal."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] = (),
        compression: bool = True,
    ) -> None:
        self.url = url
        self.headers = dict(headers or {})
        self.subprotocols = [Subprotocol(name) for name in subprotocols]
        self.compression = compression
        self._seen: list[Event] = []
        self._changed = threading.Condition()
        self._refusal: tuple[int, str] | None = None
        self._connection: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._background: Background | None = None
        self._is_over = False

    @property
    def conversation(self) -> Conversation:
        """What the user has seen so far."""
        with self._changed:
            events = tuple(self._seen)
        if self._refusal is not None:
            status, text = self._refusal
            return Conversation(refused=status, refusal=text)
        connection = self._connection
        if connection is None or not self._is_over:
            return Conversation(events)
        code = connection.close_code
        return Conversation(
            events=events,
            close_code=None if code is None else int(code),
            close_reason=connection.close_reason or "",
        )

    @property
    def is_open(self) -> bool:
        """Tell whether the connection was accepted and has not ended."""
        return self._connection is not None and not self._is_over

    def start(self) -> None:
        """Connect."""
        self._background = Background("chat-client")
        self._background.run(self._connect())

    def send(self, message: Any) -> None:
        """Send a message as JSON; a string goes as it is."""
        text = message if isinstance(message, str) else json.dumps(message)
        with suppress(ConnectionClosed):
            self._run().run(self._open().send(text))

    def send_oversize(self, size: int) -> None:
        """Send a message of at least `size` bytes."""
        self.send({"type": "user_message", "text": "x" * size})

    def wait_for(self, wanted: Wanted, count: int = 1, timeout: float = 10.0) -> bool:
        """Wait for so many such events; False when they do not come any more."""
        fits = _test(wanted)

        def seen() -> bool:
            return sum(map(fits, self._seen)) >= count

        with self._changed:
            self._changed.wait_for(lambda: seen() or self._is_over, timeout)
            return seen()

    def wait_closed(self, timeout: float = 10.0) -> bool:
        """Wait until the connection has ended; False when it has not."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._is_over or self._refusal is not None, timeout
            )

    def leave(self, code: int | None = 1000, reason: str = "") -> None:
        """Send a close frame, with a code or (None) without, and end."""
        self._run().run(self._leave(code, reason))

    def reset(self) -> None:
        """End with a reset (RST), as a machine that is switched off."""
        self._run().run(self._abort(reset=True))

    def drop(self) -> None:
        """End the TCP connection in order, but without a close frame."""
        self._run().run(self._abort(reset=False))

    def close(self) -> None:
        """Leave, if that was not done, and end the thread."""
        if self._background is None:
            return
        if self.is_open:
            self.leave()
        self._background.close()
        self._background = None

    def _run(self) -> Background:
        if self._background is None:
            msg = "the client was not started"
            raise RuntimeError(msg)
        return self._background

    def _open(self) -> ClientConnection:
        if self._connection is None:
            msg = f"the connection was not accepted: {self._refusal}"
            raise RuntimeError(msg)
        return self._connection

    async def _connect(self) -> None:
        try:
            self._connection = await connect(
                self.url,
                additional_headers=self.headers,
                subprotocols=self.subprotocols or None,
                compression="deflate" if self.compression else None,
                max_size=None,
                ping_interval=None,
                close_timeout=2.0,
                proxy=None,
            )
        except InvalidStatus as error:
            body = (error.response.body or b"").decode(errors="replace")
            self._refusal = (error.response.status_code, body)
            return
        self._reading = asyncio.create_task(self._read(self._connection))

    async def _read(self, connection: ClientConnection) -> None:
        try:
            with suppress(ConnectionClosed):
                async for message in connection:
                    self._note(json.loads(message))
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _note(self, event: Event) -> None:
        with self._changed:
            self._seen.append(event)
            self._changed.notify_all()

    async def _leave(self, code: int | None, reason: str) -> None:
        connection = self._open()
        with suppress(ConnectionClosed):
            async with connection.send_context():
                connection.protocol.send_close(code, reason)
        await self._end_of_reading()

    async def _abort(self, *, reset: bool) -> None:
        transport = self._open().transport
        if reset:
            set_reset_on_close(transport)
        transport.abort()
        await self._end_of_reading()

    async def _end_of_reading(self) -> None:
        if self._reading is not None:
            await self._reading


def _test(wanted: Wanted) -> Callable[[Event], bool]:
    if callable(wanted):
        return wanted
    return lambda event: bool(event.get("type") == wanted)
