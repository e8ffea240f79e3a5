"""ASGI: every connection and request of an application, at its front door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import attach, detach

from gp_otel import emission, flush, operation, served, started
from gp_otel.connection import Connection
from gp_otel.guard import guard
from gp_otel.request import Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Opened = Connection | Request

KEY: Final = "golden_path"
"""Where the connection lies in the ASGI scope: late callbacks find it there."""


async def serve(
    wrapped: Callable[..., Any], _instance: object, args: Any, kwargs: Any
) -> Any:
    """Serve one ASGI scope: watch it, unless it is watched already."""
    scope = args[0] if args else kwargs.get("scope")
    if len(args) != 3 or not isinstance(scope, dict) or KEY in scope:  # noqa: PLR2004
        return await wrapped(*args, **kwargs)
    if scope["type"] == "lifespan":
        return await wrapped(scope, args[1], _flushing(args[2]))
    watched = guard("accept", _open, *args)
    if watched is None:
        return await wrapped(*args, **kwargs)
    scope[KEY] = watched
    token = attach(operation.inside(watched.operation))
    try:
        with served.serving(watched.operation):
            result = await wrapped(scope, watched.receive, watched.send)
    except BaseException as error:
        guard("closed", watched.end, error)
        raise
    else:
        guard("closed", watched.end, None)
        return result
    finally:
        detach(token)


def _open(scope: Any, receive: Receive, send: Send) -> Opened | None:
    started.once()
    if operation.suppressed():
        return None
    if scope["type"] == "websocket":
        return Connection(scope, receive, send)
    return Request(scope, receive, send) if scope["type"] == "http" else None


async def route(
    wrapped: Callable[..., Any], _instance: object, args: Any, kwargs: Any
) -> Any:
    """See an exception leave the application's own code, inside the server's span.

    Further out, where `serve` is, that span has ended and takes no marks. The server's
    span was made in a context that was read from the headers, without our operation.
    """
    scope: Message | None = args[0] if args else kwargs.get("scope")
    watched: Opened | None = scope.get(KEY) if isinstance(scope, dict) else None
    if watched is None or not watched.enter_router():
        return await wrapped(*args, **kwargs)
    token = attach(operation.inside(watched.operation))
    guard("trace", _join_trace, watched)
    try:
        result = await wrapped(*args, **kwargs)
    except BaseException as error:
        guard("routed", watched.end, error)
        raise
    finally:
        detach(token)
    guard("routed", watched.routed)
    return result


def _join_trace(watched: Opened) -> None:
    """Let what is recorded outside of any span share the trace of the server's span."""
    around = trace.get_current_span().get_span_context()
    root = watched.operation.scope.root
    if around.is_valid and root.trace is None:
        root.trace = around


def _flushing(send: Send) -> Send:
    """Flush when the server has been told that the application is down."""

    async def send_and_flush(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            started.once()
        if message["type"].startswith("lifespan.shutdown"):
            guard("last flush", flush.last, emission.release)
        await send(message)

    return send_and_flush
