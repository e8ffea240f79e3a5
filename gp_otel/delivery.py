"""Delivery: why an event did not arrive, found out before the application is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from gp_otel import catalogue as c
from gp_otel import chain, guard, operation, settings
from gp_otel.peer import Gone

if TYPE_CHECKING:
    from gp_otel.connection import Connection

Message = MutableMapping[str, Any]

_READ_AT_MOST: Final = 65_536
"""Characters of a message that is looked into for its type and ids."""
_TRUTH_WITHIN: Final = 0.25
"""Seconds that a failed send waits for the server to say why."""
_TYPE_FIRST: Final = ('{"type":"', '{"type": "')


class Delivery:
    """The sends of one connection that failed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def failed(self, message: Message, error: BaseException) -> None:
        """Find out why a send failed before the application hears of it."""
        try:
            if self._connection.gone is None and not self._connection.closed:
                await self._ask_why()
            self._undelivered(message, error)
        except Exception as ours:  # noqa: BLE001 - as in guard, round an await
            guard.failed("not delivered", ours)

    async def _ask_why(self) -> None:
        """Wait for the application's pending receive, or receive once ourselves."""
        try:
            async with asyncio.timeout(_TRUTH_WITHIN):
                if self._connection.waiting:
                    await self._connection.told.wait()
                while self._connection.gone is None:
                    message = await self._connection.receive_next()
                    self._connection.kept.append(message)
                    if message["type"] == "websocket.disconnect":
                        self._connection.disconnected(message)
        except TimeoutError:
            self._connection.gone = self._connection.gone or Gone.LEFT

    def _undelivered(self, message: Message, error: BaseException) -> None:
        if message["type"] != "websocket.send" or self._connection.closed:
            return
        if self._connection.gone is Gone.LEFT:
            chain.mark(error, chain.PEER_LEFT)
            return
        if not self._connection.loss_reported:
            self._connection.loss_reported = True
            self._lost(event_of(message), error)
        chain.mark(error, chain.PEER_LOST)

    def _lost(self, event: str, error: BaseException) -> None:
        """Make the one record of a peer that was lost while it was owed something."""
        around = operation.current() or self._connection.operation
        in_run = around.around("run") is not None
        critical = event in settings.current().websocket.critical_events
        if in_run and critical:
            point = c.AGENT_EVENT_DELIVERY_FAILED
        elif not self._connection.sent:
            point = c.WEBSOCKET_ESTABLISH_FAILED
        else:
            point = c.WEBSOCKET_EVENT_DELIVERY_FAILED
        fields: dict[str, object] = {
            "failed_event": event,
            "event_type": event,
            "critical_event_flag": critical,
            "event_error": f"the connection was lost ({self._connection.code})",
            "websocket_state": "disconnected",
        }
        self._connection.fail(point, fields, error, around=around)


def event_of(message: Message) -> str:
    """The type of an event that is sent: `type` or `event` of its JSON."""
    text = message.get("text") or ""
    for beginning in _TYPE_FIRST:
        if text.startswith(beginning):  # how most write it, and cheap
            return str(text[len(beginning) :].partition('"')[0])[:64]
    content = content_of(message)
    return str(content.get("type") or content.get("event") or "message")[:64]


def content_of(message: Message) -> Mapping[str, Any]:
    """The JSON object that a message is; empty for everything else."""
    text = message.get("text") or ""
    if not text.startswith("{") or len(text) > _READ_AT_MOST:
        return {}
    try:
        content: dict[str, Any] = json.loads(text)
    except ValueError:
        return {}
    return content
