"""Httpx: services that do not answer.

The transports are watched, not `Client.send`: contrib's span, which wraps the
client, is then current when the call fails. Inside a model's client a call is only
one of its attempts. Who is called, and whether that matters, is known from settings.
"""

from __future__ import annotations

from gp_otel import hosts
from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched


def transports(package: str) -> Watched:
    """Watch the transports of httpx, or of the package that came out of it."""
    return Watched(
        calls=(
            f"{package}._transports.default:HTTPTransport.handle_request",
            f"{package}._transports.default:AsyncHTTPTransport.handle_async_request",
        ),
        stage=Stage.SERVICE,
        failures={
            f"{package}.TransportError": hosts.unreachable,
            # The caller's own mistakes: nobody could answer such a request.
            f"{package}.UnsupportedProtocol": None,
            f"{package}.LocalProtocolError": None,
        },
        judge=hosts.judge,
        attempt_of=frozenset({"llm"}),
        attempt=hosts.attempt,
        describe=hosts.describe,
        dependency=hosts.dependency,
        dependency_of_each_call=True,
    )


HTTPX = Instrumentor(library="httpx>=0.27,<1", watched=(transports("httpx"),))
