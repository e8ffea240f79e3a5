"""Tenacity: calls that are tried again.

What fails in a try is held back. It is dropped where a later try succeeds, which one
event says, and released where the loop gives up: the first failure is the one that
counts.
"""

from __future__ import annotations

from dataclasses import replace

from gp_otel import retries
from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched

TENACITY = Instrumentor(
    library="tenacity>=8.2,<10",
    watched=(
        replace(
            retries.LOOP,
            calls=(
                "tenacity:Retrying.__call__",
                "tenacity.asyncio:AsyncRetrying.__call__",
            ),
        ),
        Watched(
            calls=("tenacity:BaseRetrying.__iter__",),
            stage=Stage.SERVICE,
            around=retries.iterate,
        ),
        Watched(
            calls=("tenacity.asyncio:AsyncRetrying.__aiter__",),
            stage=Stage.SERVICE,
            around=retries.begin,
        ),
        Watched(
            calls=("tenacity.asyncio:AsyncRetrying.__anext__",),
            stage=Stage.SERVICE,
            around=retries.next_attempt,
        ),
        Watched(
            calls=(
                "tenacity:AttemptManager.__enter__",
                "tenacity:AttemptManager.__aenter__",
            ),
            stage=Stage.SERVICE,
            around=retries.enter,
        ),
        Watched(
            # `__aexit__` calls it.
            calls=("tenacity:AttemptManager.__exit__",),
            stage=Stage.SERVICE,
            around=retries.leave,
        ),
    ),
)
