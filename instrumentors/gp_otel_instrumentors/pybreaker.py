"""PyBreaker: circuit breakers that open, try again and close.

Every change of state makes a new state object, also one that another process has
brought about. Calls that an open breaker refuses are no failures of their own: they
failed when it opened.
"""

from __future__ import annotations

from gp_otel import breakers
from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched

PYBREAKER = Instrumentor(
    library="pybreaker>=1.2,<2",
    watched=(
        Watched(
            calls=("pybreaker:CircuitBreaker._create_new_state",),
            stage=Stage.SERVICE,
            around=breakers.changed,
        ),
        Watched(
            calls=("pybreaker:CircuitOpenState.call",),
            stage=Stage.SERVICE,
            around=breakers.refused,
        ),
    ),
)
