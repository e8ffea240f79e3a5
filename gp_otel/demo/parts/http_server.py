"""A small HTTP/1.1 server that can also misbehave: hang, cut, reset, refuse."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self, cast
from urllib.parse import parse_qs, urlsplit

import h11

from gp_otel.demo.parts.background import Background
from gp_otel.demo.parts.part import Part
from gp_otel.demo.parts.ports import HOST, free_port

JSON = "application/json"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class TornError(Exception):
    """Raised by a handler or by a body: the connection ends here, in the middle."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__("reset" if reset else "closed")
        self.reset = reset


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked; header names are in small letters."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Read the body as JSON; None where there is none."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the client gets; a body that is an iterator is sent in chunks."""

    status: int = 200
    body: bytes | AsyncIterator[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content_type: str = JSON

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> Self:
        """Answer with `value` as JSON; `retry_after=…` names a header."""
        names = {k.replace("_", "-"): v for k, v in headers.items()}
        return cls(status, json.dumps(value).encode(), names)


Handler = Callable[[Request], Awaitable[Reply]]
"""Cancelled when the client goes away before it has its answer."""


class HttpServer(Part):
    """Serves one handler on a loop of its own; closing waits for nobody."""

    def __init__(self, handler: Handler, *, port: int | None = None) -> None:
        self.port = port or free_port()
        self._handler = handler
        self._connections: set[_Connection] = set()
        self._listener: asyncio.Server | None = None
        self._background: Background | None = None

    @property
    def url(self) -> str:
        """Where it is: `http://127.0.0.1:…`."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Listen."""
        if self._background is None:
            self._background = Background(f"http:{self.port}")
        self._background.run(self._listen())

    def refuse(self) -> None:
        """Close the port and every connection, until `start`."""
        if self._background is not None:
            self._background.run(self._shut())

    def close(self) -> None:
        """End everything at once, whoever still waits for an answer."""
        if self._background is not None:
            self._background.run(self._shut())
            self._background.close()
            self._background = None

    def call(self, function: Callable[[], object]) -> None:
        """Have `function` called where the handlers run."""
        if self._background is not None:
            self._background.call(function)

    async def _listen(self) -> None:
        if self._listener is None:
            loop = asyncio.get_running_loop()
            self._listener = await loop.create_server(
                lambda: _Connection(self._handler, self._connections),
                HOST,
                self.port,
                reuse_address=True,
            )

    async def _shut(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for connection in list(self._connections):
            connection.end(reset=False)
        await asyncio.sleep(0)


class _Connection(asyncio.Protocol):
    """One client's connection: one request after the other."""

    def __init__(self, handler: Handler, open_ones: set[_Connection]) -> None:
        self._handler = handler
        self._open_ones = open_ones
        self._http = h11.Connection(h11.SERVER)
        self._head: h11.Request
        self._body = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._open_ones.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._open_ones.discard(self)
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        self._advance()

    def end(self, *, reset: bool) -> None:
        """End the connection now: as a process that dies does, or with a reset."""
        if reset:
            set_reset_on_close(self._transport)
        self._transport.abort()

    def _advance(self) -> None:
        try:
            while self._take(self._http.next_event()):
                pass
        except h11.RemoteProtocolError:
            self.end(reset=False)

    def _take(self, event: object) -> bool:
        """Collect what has arrived; False when there is nothing more for now."""
        match event:
            case h11.Request():
                self._head, self._body = event, bytearray()
                if self._http.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    self._write(self._http.send(go_on))
            case h11.Data():
                self._body += event.data
            case h11.EndOfMessage():
                request = _request(self._head, self._body)
                self._task = asyncio.create_task(self._answer(request))
                return False
            case _:
                return False
        return True

    async def _answer(self, request: Request) -> None:
        try:
            await self._send(await self._reply(request))
        except TornError as torn:
            self.end(reset=torn.reset)
            return
        if self._http.our_state is h11.MUST_CLOSE:
            self._transport.close()
            return
        self._http.start_next_cycle()
        self._advance()

    async def _reply(self, request: Request) -> Reply:
        try:
            return await self._handler(request)
        except TornError:
            raise
        except Exception as error:  # noqa: BLE001 - a mistake of ours is shown
            return Reply.of({"mistake": f"{type(error).__name__}: {error}"}, 500)

    async def _send(self, reply: Reply) -> None:
        headers = {"content-type": reply.content_type, **reply.headers}
        if isinstance(reply.body, bytes):
            headers["content-length"] = str(len(reply.body))
        head = h11.Response(status_code=reply.status, headers=list(headers.items()))
        self._write(self._http.send(head))
        if isinstance(reply.body, bytes):
            self._write(self._http.send(h11.Data(data=reply.body)))
        else:
            async for chunk in reply.body:
                self._write(self._http.send(h11.Data(data=chunk)))
        self._write(self._http.send(h11.EndOfMessage()))

    def _write(self, data: bytes | None) -> None:
        if data:
            self._transport.write(data)


def set_reset_on_close(transport: asyncio.BaseTransport) -> None:
    """Have the connection end with a reset (RST) instead of an orderly close."""
    connection: socket.socket = transport.get_extra_info("socket")
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def _request(head: h11.Request, body: bytearray) -> Request:
    target = urlsplit(head.target.decode())
    return Request(
        method=head.method.decode(),
        path=target.path,
        query=parse_qs(target.query),
        headers={k.decode(): v.decode("latin-1") for k, v in head.headers},
        body=bytes(body),
    )
