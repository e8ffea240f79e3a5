"""Logging: the ids on every line that the application logs.

`Logger.handle` sees each record once, after the application's own `extra=`, which
stays; a record factory would make such an `extra=` raise.
"""

from __future__ import annotations

from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched
from gp_otel.lines import identify

LOGGING = Instrumentor(
    library="",
    watched=(
        Watched(
            calls=("logging:Logger.handle",), stage=Stage.TELEMETRY, around=identify
        ),
    ),
)
