"""Starlette, and FastAPI on it: every connection and request, at the front door.

`Starlette.__call__` is what the server calls; everything that is received and sent
passes through it, whatever the routes and the back end. `Router.__call__` lies inside
all middleware: an exception that leaves it leaves the application's own code, while
the server's span is still open. `send_json` fails before anything is sent where its
data cannot be written as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gp_otel import asgi
from gp_otel import catalogue as c
from gp_otel.failure import Stage
from gp_otel.instrumentor import Call, Fields, Instrumentor, Watched


def describe(call: Call) -> Fields:
    """Name the event that could not be written."""
    event: Mapping[str, Any] | None = call.argument("data")
    kind = event.get("type", "message") if isinstance(event, dict) else "message"
    return {c.FAILED_EVENT: kind, c.RETRY_ATTEMPTED: False}


STARLETTE = Instrumentor(
    library="starlette>=0.40,<2",
    watched=(
        Watched(
            calls=("starlette.applications:Starlette.__call__",),
            stage=Stage.WEBSOCKET,
            around=asgi.serve,
        ),
        Watched(
            calls=("starlette.routing:Router.__call__",),
            stage=Stage.WEBSOCKET,
            around=asgi.route,
        ),
        Watched(
            calls=("starlette.websockets:WebSocket.send_json",),
            stage=Stage.WEBSOCKET,
            counted=False,
            describe=describe,
            failures={
                "TypeError": c.WEBSOCKET_EVENT_DELIVERY_FAILED,
                "ValueError": c.WEBSOCKET_EVENT_DELIVERY_FAILED,
            },
        ),
    ),
)
