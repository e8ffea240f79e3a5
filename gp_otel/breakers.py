"""Breakers: circuit breakers that open, try again and close.

A breaker is shared by many runs. What it refuses later failed for the reason that it
opened for, so the record of that is remembered with it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final
from weakref import WeakKeyDictionary

from gp_otel import catalogue as c
from gp_otel import chain, health, operation, outlet
from gp_otel.chain import Link
from gp_otel.failure import Value
from gp_otel.guard import guard

_OPEN: Final = "open"
_HALF_OPEN: Final = "half-open"
_CLOSED: Final = "closed"


@dataclass(frozen=True, slots=True)
class _Opened:
    """When and why a breaker opened."""

    link: Link
    since: float
    failures: int


_opened: Final = WeakKeyDictionary[Any, _Opened]()


def changed(wrapped: Callable[..., Any], breaker: Any, args: Any, kwargs: Any) -> Any:
    """Tell of a breaker that goes to another state."""
    state = wrapped(*args, **kwargs)
    if kwargs.get("notify"):
        before = getattr(kwargs.get("prev_state"), "name", None)
        guard("breaker", _changed, breaker, before, state.name)
    return state


def refused(wrapped: Callable[..., Any], state: Any, args: Any, kwargs: Any) -> Any:
    """Name the reason that a breaker opened for as that of what it refuses."""
    try:
        return wrapped(*args, **kwargs)
    except BaseException as error:
        guard("breaker", _refused, state, error)
        raise


def _changed(breaker: Any, before: str | None, now: str) -> None:
    if now == _OPEN and before == _CLOSED:
        _opens(breaker)
    elif now == _HALF_OPEN:
        _tries_again(breaker)
    elif now == _CLOSED and before != _CLOSED:
        _closes(breaker)
    # From half-open to open it is the same failure still.


def _opens(breaker: Any) -> None:
    """Report it as what followed from the call that tripped it."""
    around = operation.current()
    cause = around.last if around is not None else None
    if cause is not None and cause.failure == c.SERVICE_CIRCUIT_BREAKER_OPENED.id:
        cause = None  # another breaker's
    link = outlet.failure(
        c.SERVICE_CIRCUIT_BREAKER_OPENED,
        sys.exc_info()[1],
        around=around,
        describe=lambda: _fields(breaker, _OPEN),
        cause=cause,
    )
    if link is not None:
        _opened[breaker] = _Opened(link, monotonic(), breaker.fail_counter)
        health.HEALTH.open_breakers[_name(breaker)] = link.dependency


def _tries_again(breaker: Any) -> None:
    """Report it as one more thing that followed, and as nobody's cause."""
    around, opened = operation.current(), _opened.get(breaker)
    outlet.failure(
        c.SERVICE_CIRCUIT_BREAKER_HALF_OPEN,
        None,
        around=None,
        scope=around.scope if around is not None else None,
        inside=around,
        describe=lambda: _fields(breaker, _HALF_OPEN),
        cause=opened.link if opened is not None else None,
    )


def _closes(breaker: Any) -> None:
    opened = _opened.pop(breaker, None)
    health.HEALTH.open_breakers.pop(_name(breaker), None)
    fields = dict(_fields(breaker, _CLOSED))
    if opened is not None:
        fields[c.FAILURE_COUNT.name] = opened.failures
        fields[c.RECOVERY_DURATION.name] = monotonic() - opened.since
    outlet.audit(
        c.SERVICE_CIRCUIT_BREAKER_CLOSED, fields, operation.current(), always=True
    )


def _refused(state: Any, error: BaseException) -> None:
    """Leave the failure of a trial alone: that one has a reason of its own."""
    breaker = getattr(state, "_breaker", None)
    if getattr(breaker, "_state", None) is not state:
        return
    opened = _opened.get(breaker)
    if opened is not None:
        chain.mark(error, opened.link.record_id)
        outlet.hand_up(opened.link, operation.current())


def _fields(breaker: Any, state: str) -> Mapping[str, Value]:
    return {
        c.SERVICE.name: _name(breaker),
        c.CIRCUIT_STATE.name: state,
        c.FAILURE_COUNT.name: int(breaker.fail_counter),
        c.THRESHOLD.name: breaker.fail_max,
        c.RECOVERY_DURATION.name: float(breaker.reset_timeout),
    }


def _name(breaker: Any) -> str:
    return str(breaker.name or "unnamed breaker")
