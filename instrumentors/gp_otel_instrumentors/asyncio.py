"""Asyncio: how long the code below may take.

`wait_for` and `timeout()` are watched only for their limit: what they cancel sees
nothing but a `CancelledError`.
"""

from __future__ import annotations

from gp_otel import deadline
from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched

ASYNCIO = Instrumentor(
    library="",
    watched=(
        Watched(
            # Both names: `from asyncio import wait_for` finds the package's.
            calls=("asyncio.tasks:wait_for", "asyncio:wait_for"),
            stage=Stage.AGENT,
            around=deadline.wait_for,
        ),
        Watched(
            calls=("asyncio.timeouts:Timeout.__aenter__",),
            stage=Stage.AGENT,
            around=deadline.enter_timeout,
        ),
        Watched(
            calls=("asyncio.timeouts:Timeout.__aexit__",),
            stage=Stage.AGENT,
            around=deadline.leave_timeout,
        ),
    ),
)
