"""Peer: why the other end of a WebSocket is gone.

A failed send says 1006 whatever happened. The truth is the next ASGI message; and
where that says 1005, whether a close frame arrived: every back end of uvicorn 0.54
gives a `reason` with a frame and none without (`websockets` legacy: 1006 instead).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from gp_otel.guard import guard

TOO_LARGE: Final = 1009


class Gone(Enum):
    """How the peer went away."""

    LEFT = "left"
    """It sent a close frame, or nobody can tell: nobody's failure."""
    LOST = "lost"
    """The connection broke under it."""
    REFUSED = "refused"
    """The server closed it for what it sent."""


def how_gone(message: Mapping[str, Any]) -> Gone:
    """Read a `websocket.disconnect` message."""
    code = int(message.get("code") or 1005)
    if code == TOO_LARGE:
        return Gone.REFUSED
    if code == 1006 or (code == 1005 and "reason" not in message):  # noqa: PLR2004
        return Gone.LOST
    return Gone.LEFT


def sizes(send: object) -> tuple[int | None, int | None]:
    """The size of the message that was too large, and the limit; None: not known.

    The protocol of the server is behind its `send`. A compressed message's size is
    not known: it is not unpacked beyond the limit.
    """
    return guard("sizes", _sizes, send) or (None, None)


def _sizes(send: object) -> tuple[int | None, int | None]:
    protocol = getattr(send, "__self__", None)
    config = getattr(protocol, "config", None)
    limit = getattr(config, "ws_max_size", None)
    parser = getattr(getattr(protocol, "conn", None), "parser_exc", None)
    size = getattr(parser, "size", None)
    limit = getattr(parser, "max_size", None) or limit
    return (
        size if isinstance(size, int) else None,
        limit if isinstance(limit, int) else None,
    )
