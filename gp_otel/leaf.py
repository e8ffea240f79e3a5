"""Leaf: simple calls, which contain no others and are judged at once."""

from __future__ import annotations

from time import perf_counter

from gp_otel import operation, outlet, spans
from gp_otel.counting import count, count_known, dependency_of
from gp_otel.describing import described, message_of
from gp_otel.ending import ending
from gp_otel.failure import FailurePoint
from gp_otel.guard import guard
from gp_otel.operation import Operation
from gp_otel.outcome import Outcome
from gp_otel.watched import Call


def returned(call: Call) -> bool:
    """Settle a simple call whose result may say that it failed; tell if it did.

    Inside an operation that tries again it is that one's attempt, good or bad.
    """
    holder = call.inside(*call.watched.attempt_of)
    if holder is not None:
        _attempt(call, holder)
        return True
    judge = call.watched.judge
    point = judge(call) if judge is not None else None
    if point is not None:
        _failed(call, point)
    return point is not None


def raised(call: Call, error: BaseException, started: float | None) -> None:
    """Settle a simple call that an exception leaves."""
    call.outside = operation.current()
    call.error = error
    if started is not None:
        call.seconds = perf_counter() - started
    attempt_of = call.watched.attempt_of
    holder = call.inside(*attempt_of) if attempt_of else None
    if holder is not None:
        _attempt(call, holder)
        return
    outcome, point = ending(call, error)
    if point is not None:
        _failed(call, point)
    elif outcome is not Outcome.SUCCESS:
        count(call, outcome)
    call.error = None


def _failed(call: Call, point: FailurePoint) -> None:
    watched, outside = call.watched, call.outside
    dependency = dependency_of(call)
    link = outlet.failure(
        point,
        call.error,
        around=outside,
        describe=lambda: described(call),
        cause=outside.last if outside and watched.of_the_call_around else None,
        dependency=dependency,
        message=message_of(call),
    )
    if watched.recorded is not None and link is not None:
        guard("recorded", watched.recorded, call, link)
    count_known(watched, Outcome.FAILED, dependency)


def _attempt(call: Call, holder: Operation) -> None:
    """Leave it to the operation above what a failed try means."""
    attempt = call.watched.attempt
    if attempt is not None:
        found = guard("attempt", attempt, call)
        if found is not None:
            holder.attempts.append(found)
            spans.mark_attempt(found.error_type)


def say(call: Call, point: FailurePoint) -> None:
    """Report what is no failure of the call: that it came about, or succeeded."""
    one = call.nearest
    if point.level.is_failure:
        outlet.failure(
            point,
            None,
            around=None,
            describe=lambda: described(call),
            dependency=dependency_of(call),
            scope=one.scope if one is not None else None,
            inside=one,
        )
    else:
        outlet.audit(point, described(call), one, always=True)


def event(call: Call) -> None:
    """Report the call itself."""
    point = call.watched.call_is_event
    call.outside = operation.current()
    if point is None:
        return
    if point.level.is_failure:
        _failed(call, point)
    else:
        outlet.audit(point, described(call), call.outside, always=True)
