"""Httpx2: services that do not answer.

The transports are watched, not `Client.send`: contrib's span, which wraps the
client, is then current when the call fails. Inside a model's client a call is only
one of its attempts. Who is called, and whether that matters, is known from settings.
"""

from __future__ import annotations

from gp_otel import hosts
from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched

HTTPX2 = Instrumentor(
    library="httpx2>=2,<3",
    watched=(
        Watched(
            calls=(
                "httpx2._transports.default:HTTPTransport.handle_request",
                "httpx2._transports.default:AsyncHTTPTransport.handle_async_request",
            ),
            stage=Stage.SERVICE,
            failures={
                "httpx2.TransportError": hosts.unreachable,
                "httpx2.UnsupportedProtocol": None,  # a URL that nobody could call
                "httpx2.LocalProtocolError": None,
            },
            judge=hosts.judge,
            attempt_of=frozenset({"llm"}),
            attempt=hosts.attempt,
            describe=hosts.describe,
            dependency=hosts.dependency,
            dependency_of_each_call=True,
        ),
    ),
)
