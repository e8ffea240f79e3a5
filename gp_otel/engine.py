"""Engine: the wrappers that watch a call, one for each shape a callable can have.

The application's exception leaves as the same object, unchained and unwrapped: what
we do about it runs inside `guard`, and `raise` stands alone. A context is attached
only while the wrapped code runs, never across a `yield`: between two steps of a
generator the caller's own context is in place.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from time import perf_counter
from typing import Any

from opentelemetry.context import attach, detach

from gp_otel import leaf, operation, quick, streams
from gp_otel.counting import counter
from gp_otel.flight import begin, raised, returned
from gp_otel.guard import guard
from gp_otel.later import later
from gp_otel.watched import Call, Watched, Wrapper


def wrapper_for(  # noqa: PLR0911 - one return a shape
    watched: Watched, function: Callable[..., Any]
) -> Wrapper:
    """Choose the wrapper by what the callable is and how it is watched."""
    if watched.around is not None:
        return watched.around
    if watched.call_is_event is not None:
        return _event(watched)
    function = getattr(function, "__func__", function)
    if not watched.any_shape:
        function = inspect.unwrap(function)
    if inspect.isasyncgenfunction(function):
        return streams.async_generator(watched)
    if inspect.isgeneratorfunction(function):
        return streams.generator(watched)
    is_async = inspect.iscoroutinefunction(function)
    if watched.compound and watched.light and watched.plain and not watched.any_shape:
        shape = quick.compound_async if is_async else quick.compound
        return shape(watched, getattr(function, "__qualname__", ""))
    if watched.compound:
        return _compound_async(watched) if is_async else _compound(watched)
    return _leaf_async(watched) if is_async else _leaf(watched)


def _leaf(watched: Watched) -> Wrapper:
    settled = _settled(watched)

    def watch_call(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> Any:
        try:
            result = wrapped(*args, **kwargs)
        except BaseException as error:
            _leaf_raised(Call(watched, wrapped, instance, args, kwargs), error)
            raise
        settled(wrapped, instance, args, kwargs, result)
        return result

    return watch_call


def _leaf_async(watched: Watched) -> Wrapper:
    settled = _settled(watched)

    async def watch_call(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> Any:
        began = perf_counter()
        try:
            result = await wrapped(*args, **kwargs)
        except BaseException as error:
            _leaf_raised(Call(watched, wrapped, instance, args, kwargs), error, began)
            raise
        settled(wrapped, instance, args, kwargs, result)
        return result

    return watch_call


def _settled(watched: Watched) -> Callable[[Any, Any, Any, Any, Any], None]:
    """Choose what is done when a simple call has returned: mostly, to count it."""
    succeeded = counter(watched)
    if watched.judge is None:
        return succeeded

    def judge(wrapped: Any, instance: Any, args: Any, kwargs: Any, result: Any) -> None:
        if not _judged(Call(watched, wrapped, instance, args, kwargs), result):
            succeeded(wrapped, instance, args, kwargs)

    return judge


def _leaf_raised(call: Call, error: BaseException, began: float | None = None) -> None:
    guard("leaf", leaf.raised, call, error, began)


def _judged(call: Call, result: Any) -> bool:
    """Settle a call by what it returned; tell whether that is done."""
    call.result, call.outside = result, operation.current()
    return bool(guard("leaf", leaf.returned, call))


def _event(watched: Watched) -> Wrapper:
    def watch_event(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> Any:
        result = wrapped(*args, **kwargs)
        call = Call(watched, wrapped, instance, args, kwargs)
        call.result = result
        guard("event", leaf.event, call)
        return result

    return watch_event


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
                raised(call, error)
                raise
            if watched.any_shape:
                seen = later(call, result, returned, raised)
                if seen is not None:
                    return seen
            returned(call, result)
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
                raised(call, error)
                raise
            returned(call, result)
        finally:
            detach(token)
        return result

    return watch_call
