"""Httpx: services that do not answer.

The transports are watched, not `Client.send`: contrib's span, which wraps the
client, is then current when the call fails. Inside a model's client a call is only
one of its attempts. Who is called, and whether that matters, is known from settings.
"""

from __future__ import annotations

from gp_otel import peers
from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched

HTTPX = Instrumentor(
    library="httpx>=0.27,<1",
    watched=(
        Watched(
            calls=(
                "httpx._transports.default:HTTPTransport.handle_request",
                "httpx._transports.default:AsyncHTTPTransport.handle_async_request",
            ),
            stage=Stage.SERVICE,
            failures={
                "httpx.TransportError": peers.unreachable,
                "httpx.UnsupportedProtocol": None,  # a URL that nobody could call
                "httpx.LocalProtocolError": None,
            },
            judge=peers.judge,
            attempt_of=frozenset({"llm"}),
            attempt=peers.attempt,
            describe=peers.describe,
            dependency=peers.dependency,
            dependency_of_each_call=True,
        ),
    ),
)
