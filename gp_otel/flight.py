"""Flight: one compound call, from its first moment to its outcome.

What succeeds must cost next to nothing, so the common case is written out here; the
rest is `gp_otel.settle`.
"""

from __future__ import annotations

from typing import Any

from gp_otel import operation, settle, started, watchdog
from gp_otel.counting import counter
from gp_otel.guard import failed, guard
from gp_otel.watched import Call, Watched


def begin(
    watched: Watched, wrapped: Any, instance: Any, args: Any, kwargs: Any
) -> Call | None:
    """Open a compound call; None where that goes wrong, and the call goes on."""
    try:
        if not started.told:
            started.once()
        call = Call(watched, wrapped, instance, args, kwargs)
        call.count_success = counter(watched)
        settle.begin(call)
        if watched.deadline is not None and call.operation is not None:
            _be_patient(call, call.operation)
    except Exception as error:  # noqa: BLE001 - as `guard`, which costs a call more
        failed("begin", error)
        return None
    return call


def _be_patient(call: Call, one: operation.Operation) -> None:
    """Set a watchdog on the call, where it has a deadline."""
    deadline = call.watched.deadline
    one.patience = deadline(call) if callable(deadline) else deadline
    if one.patience is not None:
        one.watchdog = watchdog.after(one.patience, lambda: settle.silent_for(call))


def returned(call: Call, result: Any) -> None:
    """Settle a call that returned."""
    one = call.operation
    if (
        call.watched.plain
        and call.count_success is not None
        and one is not None
        and not (one.eventful or one.reported or one.done)
    ):
        one.done = True
        call.count_success(call.function, call.instance, call.args, call.kwargs)
        return
    call.result = result
    guard("returned", settle.returned, call)
    _over(call)


def raised(call: Call, error: BaseException) -> None:
    """Settle a call that an exception leaves."""
    guard("raised", settle.raised, call, error)
    _over(call)


def _over(call: Call) -> None:
    one = call.operation
    if one is not None:
        one.done = True
        if one.watchdog is not None:
            one.watchdog.cancel()
    call.result = call.error = None
