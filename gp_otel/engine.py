"""Engine: the wrappers that watch a call, one for each shape a callable can have.

The application's exception leaves as the same object, unchained and unwrapped: what
we do about it runs inside `guard`, and `raise` stands alone. A context is attached
only while the wrapped code runs, never across a `yield`: between two steps of a
generator the caller's own context is in place.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from time import perf_counter
from typing import Any

from opentelemetry.context import attach, detach, get_current

from gp_otel import operation, settle, started, watchdog
from gp_otel.counting import counter
from gp_otel.guard import failed, guard
from gp_otel.later import later
from gp_otel.watched import Call, Watched

Wrapper = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]


def wrapper_for(watched: Watched, function: Callable[..., Any]) -> Wrapper:
    """Choose the wrapper by what the callable is and how it is watched."""
    if watched.around is not None:
        return watched.around
    if watched.call_is_event is not None:
        return _event(watched)
    function = getattr(function, "__func__", function)
    if not watched.any_shape:
        function = inspect.unwrap(function)
    if inspect.isasyncgenfunction(function):
        return _async_generator(watched)
    if inspect.isgeneratorfunction(function):
        return _generator(watched)
    is_async = inspect.iscoroutinefunction(function)
    if watched.compound:
        return _compound_async(watched) if is_async else _compound(watched)
    return _leaf_async(watched) if is_async else _leaf(watched)


def _leaf(watched: Watched) -> Wrapper:
    succeeded = counter(watched)
    judge = watched.judge

    def watch_call(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> Any:
        try:
            result = wrapped(*args, **kwargs)
        except BaseException as error:
            _leaf_raised(Call(watched, wrapped, instance, args, kwargs), error)
            raise
        if judge is None or not _judged(
            Call(watched, wrapped, instance, args, kwargs), result
        ):
            succeeded(wrapped, instance, args, kwargs)
        return result

    return watch_call


def _leaf_async(watched: Watched) -> Wrapper:
    succeeded = counter(watched)
    judge = watched.judge

    async def watch_call(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> Any:
        started = perf_counter()
        try:
            result = await wrapped(*args, **kwargs)
        except BaseException as error:
            _leaf_raised(Call(watched, wrapped, instance, args, kwargs), error, started)
            raise
        if judge is None or not _judged(
            Call(watched, wrapped, instance, args, kwargs), result
        ):
            succeeded(wrapped, instance, args, kwargs)
        return result

    return watch_call


def _leaf_raised(call: Call, error: BaseException, began: float | None = None) -> None:
    guard("leaf", settle.leaf_raised, call, error, began)


def _judged(call: Call, result: Any) -> bool:
    """Settle a call by what it returned; tell whether that is done."""
    call.result, call.outside = result, operation.current()
    return bool(guard("leaf", settle.leaf_returned, call))


def _event(watched: Watched) -> Wrapper:
    def watch_event(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> Any:
        result = wrapped(*args, **kwargs)
        call = Call(watched, wrapped, instance, args, kwargs)
        call.result = result
        guard("event", settle.event, call)
        return result

    return watch_event


def begin(
    watched: Watched, wrapped: Any, instance: Any, args: Any, kwargs: Any
) -> Call | None:
    """Open a compound call; None where that goes wrong, and the call goes on."""
    try:
        return _begin(Call(watched, wrapped, instance, args, kwargs))
    except Exception as error:  # noqa: BLE001 - as `guard`, which costs a call more
        failed("begin", error)
        return None


def _begin(call: Call) -> Call:
    if not started.told:
        started.once()
    watched = call.watched
    call.count_success = counter(watched)
    settle.begin(call)
    if watched.deadline is not None and call.operation is not None:
        _be_patient(call, watched.deadline, call.operation)
    return call


def _be_patient(
    call: Call,
    deadline: float | Callable[[Call], float | None],
    one: operation.Operation,
) -> None:
    """Set a watchdog on the call, where it has a deadline."""
    one.patience = deadline(call) if callable(deadline) else deadline
    if one.patience is not None:
        one.facts["watchdog"] = watchdog.after(
            one.patience, lambda: settle.silent_for(call)
        )


def _returned(call: Call, result: Any) -> None:
    one = call.operation
    if (
        call.watched.plain
        and call.count_success is not None
        and one is not None
        and not (one.held or one.attempts or one.reported or one.done)
    ):
        one.done = True
        call.count_success(call.function, call.instance, call.args, call.kwargs)
        return
    call.result = result
    guard("returned", settle.returned, call)
    _over(call)


def _raised(call: Call, error: BaseException) -> None:
    guard("raised", settle.raised, call, error)
    _over(call)


def _over(call: Call) -> None:
    if call.operation is not None:
        call.operation.done = True
        timer = call.operation.facts.pop("watchdog", None)
        if timer is not None:
            timer.cancel()
    call.result = call.error = None


def _compound(watched: Watched) -> Wrapper:
    def watch_call(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> Any:
        call = begin(watched, wrapped, instance, args, kwargs)
        if call is None:
            return wrapped(*args, **kwargs)
        token = attach(call.context)
        try:
            try:
                result = wrapped(*args, **kwargs)
            except BaseException as error:
                _raised(call, error)
                raise
            if watched.any_shape:
                seen = later(call, result, _returned, _raised)
                if seen is not None:
                    return seen
            _returned(call, result)
        finally:
            detach(token)
        return result

    return watch_call


def _compound_async(watched: Watched) -> Wrapper:
    async def watch_call(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> Any:
        call = begin(watched, wrapped, instance, args, kwargs)
        if call is None:
            return await wrapped(*args, **kwargs)
        token = attach(call.context)
        try:
            try:
                result = await wrapped(*args, **kwargs)
            except BaseException as error:
                _raised(call, error)
                raise
            _returned(call, result)
        finally:
            detach(token)
        return result

    return watch_call


def _generator(watched: Watched) -> Wrapper:
    def watch_generator(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> Generator[Any, Any, Any]:
        call = begin(watched, wrapped, instance, args, kwargs)
        inner = wrapped(*args, **kwargs)
        if call is None:
            return (yield from inner)
        step: Callable[[Any], Any] = inner.send
        value: Any = None
        while True:
            token = attach(call.context)
            try:
                item = step(value)
            except StopIteration as stop:
                _returned(call, stop.value)
                return stop.value
            except BaseException as error:
                _raised(call, error)
                raise
            finally:
                call.context = get_current()
                detach(token)
            if watched.item is not None:
                guard("item", watched.item, call, item)
            try:
                value, step = (yield item), inner.send
            except GeneratorExit as left:
                inner.close()
                _raised(call, left)
                raise
            except BaseException as thrown:  # noqa: BLE001 - it goes into the generator
                value, step = thrown, inner.throw

    return watch_generator


def _async_generator(watched: Watched) -> Wrapper:  # noqa: C901 - one protocol
    async def watch_generator(  # noqa: C901 - as above
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> AsyncGenerator[Any, Any]:
        call = begin(watched, wrapped, instance, args, kwargs)
        inner = wrapped(*args, **kwargs)
        step: Callable[[Any], Any] = inner.asend
        value: Any = None
        while True:
            token = attach(call.context) if call is not None else None
            try:
                item = await step(value)
            except StopAsyncIteration:
                if call is not None:
                    _returned(call, None)
                return
            except BaseException as error:
                if call is not None:
                    _raised(call, error)
                raise
            finally:
                if call is not None and token is not None:
                    call.context = get_current()
                    detach(token)
            if call is not None and watched.item is not None:
                guard("item", watched.item, call, item)
            try:
                value, step = (yield item), inner.asend
            except GeneratorExit as left:
                await inner.aclose()
                if call is not None:
                    _raised(call, left)
                raise
            except BaseException as thrown:  # noqa: BLE001 - it goes into the generator
                value, step = thrown, inner.athrow

    return watch_generator
