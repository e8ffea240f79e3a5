"""Dependencies: what a FastAPI dependency that answers 503 means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gp_otel import settings

if TYPE_CHECKING:
    from types import TracebackType

    from gp_otel.failure import FailurePoint
    from gp_otel.watched import Call

UNAVAILABLE: Final = 503


def verdict(call: Call) -> FailurePoint | None:
    """Name the service by the dependency that raised; None below 503."""
    if getattr(call.error, "status_code", None) != UNAVAILABLE:
        return None
    chosen = settings.current()
    name = raising(call)
    return chosen.find(chosen.dependencies[name]) if name else None


def raising(call: Call) -> str | None:
    """The outermost function of the traceback that settings know by name."""
    known = settings.current().dependencies
    step: TracebackType | None = call.error.__traceback__ if call.error else None
    while step is not None:
        if step.tb_frame.f_code.co_name in known:
            return step.tb_frame.f_code.co_name
        step = step.tb_next
    return None
