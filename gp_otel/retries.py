"""Retries: loops of tenacity, which try a call until it works or they give up.

A loop can also be written out, `for attempt in Retrying(…): with attempt: …`. Then
what is watched are the blocks: between them the caller's own context is in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final
from weakref import WeakKeyDictionary, proxy

from opentelemetry.context import attach, detach

from gp_otel import catalogue as c
from gp_otel import flight, settle
from gp_otel.attempt import Attempt
from gp_otel.failure import Stage
from gp_otel.guard import guard
from gp_otel.watched import Call, Fields, Watched

_ATTACHED: Final = "retries.attached"

_loops: Final = WeakKeyDictionary[Any, Call]()
"""The loop that an attempt belongs to, and that an asynchronous one is in."""


def describe(call: Call) -> Fields:
    """Say how often it was tried, and by which rule."""
    loop = call.instance
    return {
        c.RETRY_COUNT: _tries(call) - 1,
        c.ATTEMPTS: _tries(call),
        c.RECOVERY_STRATEGY: f"{type(loop.wait).__name__}, {type(loop.stop).__name__}",
    }


def count(call: Call) -> None:
    """Count the tries that left nothing behind: nobody watches what failed in them."""
    one = call.operation
    if one is not None and not one.tries:
        one.attempts.extend([Attempt("unknown")] * (_tries(call) - 1))


def _tries(call: Call) -> int:
    return int(call.instance.statistics.get("attempt_number", 1))


LOOP: Final = Watched(
    stage=Stage.SERVICE,
    compound=True,
    counted=False,
    holds=True,
    leave=count,
    describe=describe,
)


def iterate(
    wrapped: Callable[..., Iterator[Any]], loop: Any, args: Any, kwargs: Any
) -> Iterator[Any]:
    """Watch a loop that is written out."""
    attempts = wrapped(*args, **kwargs)
    call = _begin(loop)
    return attempts if call is None else _each(call, attempts)


def _begin(loop: Any) -> Call | None:
    """Open the loop's operation; it must not keep alive what it is found by."""
    return flight.begin(LOOP, type(loop), proxy(loop), (), {})


def _each(call: Call, attempts: Iterator[Any]) -> Iterator[Any]:
    try:
        for attempt in attempts:
            _loops[attempt] = call
            yield attempt
    except BaseException as error:
        guard("retries", settle.raised, call, error)
        raise
    guard("retries", settle.returned, call)


def begin(wrapped: Callable[..., Any], loop: Any, args: Any, kwargs: Any) -> Any:
    """Watch an asynchronous loop that is written out."""
    found = wrapped(*args, **kwargs)
    call = _begin(loop)
    if call is not None:
        _loops[loop] = call
    return found


async def next_attempt(
    wrapped: Callable[..., Any], loop: Any, args: Any, kwargs: Any
) -> Any:
    """Learn of the next attempt, or that the loop gives up."""
    call = _loops.get(loop)
    try:
        attempt = await wrapped(*args, **kwargs)
    except BaseException as error:
        if call is not None and not isinstance(error, StopAsyncIteration):
            guard("retries", settle.raised, call, error)
        raise
    if call is not None:
        _loops[attempt] = call
    return attempt


def enter(wrapped: Callable[..., Any], attempt: Any, args: Any, kwargs: Any) -> Any:
    """Begin the block of one attempt."""
    call = _loops.get(attempt)
    if call is not None and call.operation is not None:
        call.operation.facts[_ATTACHED] = attach(call.context)
    return wrapped(*args, **kwargs)


def leave(wrapped: Callable[..., Any], attempt: Any, args: Any, kwargs: Any) -> Any:
    """End the block of one attempt; the first that succeeds ends the loop."""
    call = _loops.pop(attempt, None)
    if call is not None and call.operation is not None:
        token = call.operation.facts.pop(_ATTACHED, None)
        if token is not None:
            detach(token)
        if args[0] is None:
            guard("retries", settle.returned, call)
    return wrapped(*args, **kwargs)
