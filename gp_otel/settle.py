"""Settle: from how a call ended to what is emitted.

Whoever can say how it ended for its caller owns the verdict. Below an operation that
holds there are only attempts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry import context as otel_context

from gp_otel import chain, operation, outlet, runs
from gp_otel.counting import count, dependency_of
from gp_otel.describing import described, message_of, named
from gp_otel.ending import decide, ending
from gp_otel.failure import FailurePoint
from gp_otel.guard import guard
from gp_otel.operation import Operation
from gp_otel.outcome import Outcome
from gp_otel.scope import Scope
from gp_otel.watched import Call

if TYPE_CHECKING:
    from gp_otel.chain import Link
    from gp_otel.draft import Draft

_SAID: Final = "retried.said"


def begin(call: Call) -> None:
    """Open the operation of a compound call, with its scope, ids and span."""
    watched = call.watched
    context = otel_context.get_current()
    outside = call.outside = operation.current_in(context)
    kind = watched.kind
    name = getattr(call.function, "__qualname__", type(call.function).__qualname__)
    if watched.light:
        scope = Scope.nowhere() if outside is None else outside.scope
        call.operation = Operation(name, kind, outside, scope, holds=watched.holds)
        call.context = operation.inside(call.operation, context)
        return
    if kind == "run" and outside is not None and outside.around("run") is not None:
        kind = "step"
    scope = Scope.nowhere() if outside is None else outside.scope
    if kind == "run":
        scope = Scope(outside.scope if outside is not None else None, is_run=True)
    if watched.ids is not None and kind != "run":
        scope = _identified(call, scope)
    one = Operation(name, kind, outside, scope, holds=watched.holds)
    if watched.hold_seconds is not None:
        one.held_for = guard("hold", watched.hold_seconds, call) or one.held_for
    call.operation = one
    call.context = operation.inside(one, context)
    if kind == "run":
        runs.begin(call)
    if watched.enter is not None:
        guard("enter", watched.enter, call)


def _identified(call: Call, scope: Scope) -> Scope:
    """Make a scope below, with the ids that the arguments name and nobody knows."""
    inner, ids = Scope(scope), call.watched.ids
    for name, value in (guard("ids", ids, call) or {}).items() if ids else ():
        if scope.get(name) is None:
            inner.learn(name, value)
    return inner


def returned(call: Call) -> None:
    """Settle a compound call that returned: it may have failed all the same."""
    one = call.operation
    if one is None or one.done:
        return
    watched = call.watched
    if watched.leave is not None:
        guard("leave", watched.leave, call)
    point = watched.judge(call) if watched.judge is not None else None
    if point is not None:
        _failed(call, point)
        return
    outcome = Outcome.SUCCESS
    if one.held or one.attempts:
        outcome = Outcome.DEGRADED
        _degraded(call)
    elif watched.succeeded is not None:
        outlet.audit(watched.succeeded, described(call), one)
    if watched.then is not None:
        guard("then", watched.then, call)
    _close(call, Outcome.FAILED if one.reported else outcome)


def raised(call: Call, error: BaseException) -> None:
    """Settle a compound call that an exception leaves."""
    one = call.operation
    if one is None or one.done:
        return
    watched = call.watched
    done = watched.finished if isinstance(error, GeneratorExit) else None
    if done is not None and guard("finished", done, call):
        returned(call)
        return
    call.error = error
    if watched.leave is not None:
        guard("leave", watched.leave, call)
    outcome, point = ending(call, error)
    if point is not None:
        _failed(call, point)
    else:
        _silent(call, outcome)
    call.error = None


def _failed(call: Call, point: FailurePoint) -> None:
    """Release what was held, record the failure, and hand its link up."""
    one, outside = call.operation, call.outside
    assert one is not None  # noqa: S101 - compound calls have one
    one.done = True
    held = one.take_held()
    cause = one.last
    if held:
        cause = _handed_up(held)
        if held[0].point.id == point.id:
            held[0].merge(named(described(call)))
        for made in held:
            outlet.deliver(made, outside)
    if not one.reported:
        outlet.failure(
            point,
            call.error,
            around=outside,
            describe=lambda: described(call),
            cause=cause,
            dependency=dependency_of(call),
            scope=one.scope,
            inside=one,
            message=message_of(call),
        )
    _close(call, Outcome.FAILED)


def _silent(call: Call, outcome: Outcome) -> None:
    """Leave without a record of one's own: hand up what is there."""
    one, outside = call.operation, call.outside
    assert one is not None  # noqa: S101 - compound calls have one
    one.done = True
    held = one.take_held()
    if outcome is Outcome.CANCELLED and outside is not None:
        for made in held:
            outside.hold(made)
    elif outcome in (Outcome.CANCELLED, Outcome.FAILED):
        for made in held:
            outlet.deliver(made, outside)
    if outcome is Outcome.FAILED:
        last = _handed_up(held) if held else one.last
        link = chain.cause_of(call.error, one.scope) or last
        if link is not None:
            outlet.hand_up(link, outside)
    _close(call, outcome)


def _handed_up(held: list[Draft]) -> Link:
    """The last record of the chain that the first of these began."""
    root = held[0].link.root_id
    return [made.link for made in held if made.link.root_id == root][-1]


def _degraded(call: Call) -> None:
    """Drop what was held, and say once that it took more than one try."""
    one = call.operation
    assert one is not None  # noqa: S101 - compound calls have one
    held = one.drop_held()
    if one.facts.get(_SAID):
        return  # by a call inside that had to be tried again itself
    delays = [a.retry_after for a in one.attempts if a.retry_after is not None]
    tries = len(one.attempts) + sum(made.occurrences for made in held)
    fields: dict[str, object] = {
        "attempts": tries + 1,
        "retry_count": tries,
        "retry_delay": max(delays, default=None),
        "recovery_strategy": "the client's own retry",
        **named(described(call)),
        "retry_attempted": True,
    }
    outlet.audit(call.watched.retried, fields, one, always=True)
    for outer in one.up():
        if outer.holds and outer is not one:
            outer.facts[_SAID] = True
            return


def _close(call: Call, outcome: Outcome) -> None:
    one = call.operation
    assert one is not None  # noqa: S101 - compound calls have one
    if one.kind == "run":
        runs.end(call, outcome)
    one.done = True
    if outcome is Outcome.SUCCESS and call.count_success is not None:
        call.count_success(call.function, call.instance, call.args, call.kwargs)
    else:
        count(call, outcome)


def silent_for(call: Call) -> None:
    """Report a call that has not ended by its deadline; it goes on."""
    one = call.operation
    if one is None or one.done or one.reported:
        return
    call.limit, call.seconds = one.patience, one.elapsed
    point = decide(call.watched.times_out, call)
    if point is None:
        return
    token = otel_context.attach(call.context)
    try:
        outlet.failure(
            point,
            None,
            around=call.outside,
            describe=lambda: described(call),
            cause=one.last,
            dependency=dependency_of(call),
            scope=one.scope,
            inside=one,
            message=f"no end within {call.limit:g} s, still running",
            at_once=True,
        )
    finally:
        otel_context.detach(token)
    one.reported = True
