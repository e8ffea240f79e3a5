"""Streams: watched generators, whose operation lasts until their end.

The context is attached for each step and never across a `yield`: between two steps
the caller's own is in place, and what the generator itself had put there is back in
place with its next step.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

from opentelemetry.context import attach, detach, get_current

from gp_otel.flight import begin, raised, returned
from gp_otel.guard import guard
from gp_otel.later import AnyProxy
from gp_otel.watched import Call, Watched, Wrapper


def generator(watched: Watched) -> Wrapper:
    """Watch a generator function."""

    def watch_generator(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> Generator[Any, Any, Any]:
        call = begin(watched, wrapped, instance, args, kwargs)
        inner: Generator[Any, Any, Any] = wrapped(*args, **kwargs)
        if call is None:
            return (yield from inner)
        step: Callable[[Any], Any] = inner.send
        value: Any = None
        while True:
            token = attach(call.context)
            try:
                item = step(value)
            except StopIteration as stop:
                returned(call, stop.value)
                return stop.value
            except BaseException as error:
                raised(call, error)
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
                raised(call, left)
                raise
            except BaseException as thrown:  # noqa: BLE001 - it goes into the generator
                value, step = thrown, inner.throw

    return watch_generator


def async_generator(watched: Watched) -> Wrapper:
    """Watch an asynchronous generator function."""

    def watch_generator(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> AsyncGenerator[Any, Any]:
        call = begin(watched, wrapped, instance, args, kwargs)
        inner: AsyncGenerator[Any, Any] = wrapped(*args, **kwargs)
        return inner if call is None else _AsyncStream(inner, call)

    return watch_generator


class _AsyncStream(AnyProxy):
    """An asynchronous generator, seen through.

    No generator round it: at its shutdown the event loop closes each one that it
    knows, the inner and the outer at once, and one of the two would complain.
    """

    def __init__(self, inner: AsyncGenerator[Any, Any], call: Call) -> None:
        super().__init__(inner)
        self._self_call = call
        self._self_over = False

    def __aiter__(self) -> _AsyncStream:
        return self

    def __anext__(self) -> Any:
        return self._self_step(self.__wrapped__.__anext__())

    def asend(self, value: Any) -> Any:
        """Send a value in, and step."""
        return self._self_step(self.__wrapped__.asend(value))

    def athrow(self, *exception: Any) -> Any:
        """Throw an exception in, and step."""
        return self._self_step(self.__wrapped__.athrow(*exception))

    async def aclose(self) -> None:
        """Close it: whoever does so before the end has left."""
        call = self._self_call
        token = attach(call.context)
        try:
            await self.__wrapped__.aclose()
        finally:
            detach(token)
            self._self_end(GeneratorExit())

    def __del__(self) -> None:
        """Nobody wants it any more."""
        self._self_end(GeneratorExit())

    async def _self_step(self, step: Any) -> Any:
        call = self._self_call
        token = attach(call.context)
        try:
            item = await step
        except StopAsyncIteration:
            self._self_end(None)
            raise
        except BaseException as error:
            self._self_end(error)
            raise
        finally:
            call.context = get_current()
            detach(token)
        if call.watched.item is not None:
            guard("item", call.watched.item, call, item)
        return item

    def _self_end(self, error: BaseException | None) -> None:
        if not self._self_over:
            self._self_over = True
            if error is None:
                returned(self._self_call, None)
            else:
                raised(self._self_call, error)
