"""Ending: the outcome of a call that an exception leaves."""

from __future__ import annotations

from asyncio import CancelledError
from typing import Final

from gp_otel import chain, deadline
from gp_otel.deadline import Deadline
from gp_otel.failure import FailurePoint
from gp_otel.guard import guard
from gp_otel.operation import KINDS_WITH_A_TIME_OUT, Operation
from gp_otel.outcome import Outcome
from gp_otel.scope import Scope
from gp_otel.watched import UNNAMED, Call, Verdict

_CONTROL_FLOW: Final = (StopIteration, StopAsyncIteration)
_ENDS: Final = (CancelledError, KeyboardInterrupt, SystemExit)

Ending = tuple[Outcome, FailurePoint | None]


def ending(call: Call, error: BaseException) -> Ending:
    """Tell the outcome, and the failure point where there is something to say."""
    if isinstance(error, _CONTROL_FLOW):
        return Outcome.SUCCESS, None
    if isinstance(error, GeneratorExit):
        return Outcome.ABANDONED, None
    if isinstance(error, _ENDS):
        return _ended(call)
    return _failing(call, error)


def _failing(call: Call, error: BaseException) -> Ending:
    """Tell what the table makes of an exception."""
    verdict = call.watched.verdict(error)
    if verdict is None:
        return Outcome.SUCCESS, None
    peer = chain.peer_of(error) if call.operation is not None else None
    if peer is not None:
        gone = Outcome.ABANDONED if peer == chain.PEER_LEFT else Outcome.FAILED
        return gone, None
    decided = guard("verdict", verdict, call) if callable(verdict) else verdict
    if isinstance(decided, FailurePoint):
        return Outcome.FAILED, decided
    return (Outcome.FAILED if decided is UNNAMED else Outcome.SUCCESS), None


def _ended(call: Call) -> Ending:
    """A cancellation is a failure only where a deadline is behind it."""
    one = call.operation
    if one is None:
        kind = call.watched.kind
        if kind not in KINDS_WITH_A_TIME_OUT:
            return Outcome.CANCELLED, None
        outside = call.outside
        one = Operation("", kind, outside, outside.scope if outside else Scope())
    limit = timed_out(one)
    if limit is None:
        return Outcome.CANCELLED, None
    call.limit = limit.limit
    if call.seconds is None and call.operation is not None:
        call.seconds = call.operation.elapsed
    point = decide(call.watched.times_out, call)
    return (Outcome.CANCELLED if point is None else Outcome.FAILED), point


def decide(verdict: Verdict | object, call: Call) -> FailurePoint | None:
    """Resolve a verdict that depends on the call."""
    if isinstance(verdict, FailurePoint) or verdict is None:
        return verdict
    if callable(verdict):
        decided = guard("verdict", verdict, call)
        return decided if isinstance(decided, FailurePoint) else None
    return None


def timed_out(one: Operation) -> Deadline | None:
    """The deadline that ended this operation, where it is the outermost inside it."""
    limit = deadline.passed(one.deadline)
    if limit is None:
        return None
    for outer in one.parent.up() if one.parent is not None else ():
        if outer.kind not in KINDS_WITH_A_TIME_OUT or outer.done:
            continue
        if outer.deadline is not None and limit in outer.deadline.chain():
            return None
    return limit
