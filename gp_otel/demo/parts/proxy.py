"""A TCP proxy in front of anything, which can break the connection."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Literal

from gp_otel.demo.parts.background import Background
from gp_otel.demo.parts.http_server import set_reset_on_close
from gp_otel.demo.parts.part import Part
from gp_otel.demo.parts.ports import HOST, free_port

Mode = Literal["pass", "refuse", "reset", "blackhole", "delay"]


class Proxy(Part):
    """Passes bytes between clients and a port on this machine.

    `refuse` closes the port and every connection. `reset` ends every open
    connection with a reset and goes on passing for new ones. `blackhole` accepts
    and holds everything back, in both directions. `delay` holds each piece back
    for some seconds.
    """

    def __init__(self, target: int, *, port: int | None = None) -> None:
        self.target = target
        self.port = port or free_port()
        self.accepted = 0
        """How many connections came in."""
        self.mode: Mode = "pass"
        self._seconds = 0.0
        self._listener: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._background: Background | None = None
        self._passing = asyncio.Event()

    def behave(self, mode: Mode, seconds: float = 0.0) -> None:
        """Switch to a mode; `seconds` are those of `delay`."""
        self._run().run(self._switch(mode, seconds))

    def normal(self) -> None:
        """Listen, and pass everything on, also what was held back."""
        self.behave("pass")

    @property
    def open_connections(self) -> int:
        """How many connections are open."""
        return len(self._links)

    def start(self) -> None:
        """Listen."""
        self.normal()

    def close(self) -> None:
        """End every connection and stop listening."""
        if self._background is not None:
            self.behave("refuse")
            self._background.close()
            self._background = None

    def _run(self) -> Background:
        if self._background is None:
            self._background = Background(f"proxy:{self.port}")
        return self._background

    async def _switch(self, mode: Mode, seconds: float) -> None:
        self.mode, self._seconds = mode, seconds
        if mode == "blackhole":
            self._passing.clear()
        else:
            self._passing.set()
        if mode in {"refuse", "reset"}:
            for link in list(self._links):
                link.end(reset=mode == "reset")
        if mode == "refuse" and self._listener is not None:
            self._listener.close()
            self._listener = None
        if mode != "refuse" and self._listener is None:
            self._listener = await asyncio.start_server(
                self._accept, HOST, self.port, reuse_address=True
            )
        await asyncio.sleep(0)

    async def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.accepted += 1
        link = _Link(self, writer)
        self._links.add(link)
        try:
            await link.carry(reader)
        finally:
            self._links.discard(link)
            link.end(reset=False)

    async def hold_back(self) -> None:
        """Wait as long as the mode says, before anything is passed."""
        await self._passing.wait()
        await asyncio.sleep(self._seconds)


class _Link:
    """One client's connection and its counterpart."""

    def __init__(self, proxy: Proxy, client: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._client = client
        self._server: asyncio.StreamWriter | None = None

    async def carry(self, from_client: asyncio.StreamReader) -> None:
        """Connect to the target and pass bytes until both sides have ended."""
        with suppress(OSError):
            await self._proxy.hold_back()
            from_server, self._server = await asyncio.open_connection(
                HOST, self._proxy.target
            )
            await asyncio.gather(
                self._pump(from_client, self._server),
                self._pump(from_server, self._client),
            )

    def end(self, *, reset: bool) -> None:
        """End both sides, the client's with a reset where asked."""
        if reset:
            set_reset_on_close(self._client.transport)
        self._client.transport.abort()
        if self._server is not None:
            self._server.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(65_536):
            await self._proxy.hold_back()
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
