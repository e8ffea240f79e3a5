"""Tries: how often something was tried, in the words of a record."""

from __future__ import annotations

from gp_otel import chain
from gp_otel.watched import Call


def failed(call: Call) -> int:
    """Count the tries that have failed, with the call's own where nobody else has."""
    inside = call.operation.tries if call.operation is not None else 0
    return max(1, inside + (not _is_counted(call.error)))


def _is_counted(error: BaseException | None) -> bool:
    """Tell whether an error was recorded, or noted as an attempt, further down."""
    return error is None or any(
        chain.marks(one) for one in chain.behind(error, context=True)
    )


def status(call: Call) -> str:
    """Say what was tried: `not retried`, or how many tries there were."""
    count = failed(call)
    return "not retried" if count == 1 else f"{count} attempts, all failed"
