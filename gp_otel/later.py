"""Later: results whose work is still to come.

A plain function can return a coroutine, or what `contextlib.contextmanager` makes:
the call has returned, its operation has not. Then the thing returned is watched.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Final, cast

import wrapt
from opentelemetry.context import attach, detach

from gp_otel.watched import Call

if TYPE_CHECKING:
    # its stubs are generic, the class itself is not before wrapt 2
    AnyProxy = wrapt.ObjectProxy[Any]
else:
    AnyProxy = wrapt.ObjectProxy

Returned = Callable[[Call, Any], None]
Raised = Callable[[Call, BaseException], None]


def later(call: Call, result: Any, returned: Returned, raised: Raised) -> Any:
    """Watch what was returned, where its work is still to come; None elsewhere."""
    kind = type(cast("object", result))  # nobody derives from these, and it costs less
    if kind is CoroutineType:
        return _awaited(call, result, returned, raised)
    if kind is _ASYNC_MANAGER:
        return _AsyncManaged(result, call, returned, raised)
    if kind is _MANAGER:
        return _Managed(result, call, returned, raised)
    return None


@contextmanager
def _managed() -> Generator[None]:
    yield


@asynccontextmanager
async def _async_managed() -> AsyncGenerator[None]:
    yield


_MANAGER: Final = type(_managed())
_ASYNC_MANAGER: Final = type(_async_managed())


async def _awaited(
    call: Call, work: Coroutine[Any, Any, Any], returned: Returned, raised: Raised
) -> Any:
    token = attach(call.context)
    try:
        try:
            result = await work
        except BaseException as error:
            raised(call, error)
            raise
        returned(call, result)
    finally:
        detach(token)
    return result


class _Managed(AnyProxy):
    """A context manager whose entering and leaving are watched, not its body.

    An exception of the body is the caller's; one of its own is the manager's.
    """

    def __init__(
        self, manager: Any, call: Call, returned: Returned, raised: Raised
    ) -> None:
        super().__init__(manager)
        self._self_call = call
        self._self_returned = returned
        self._self_raised = raised
        self._self_entered: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Decorate with it, as `contextlib` allows: a new one is made each time."""
        return self.__wrapped__(*args, **kwargs)

    def __enter__(self) -> Any:
        self._self_entered = self._self_step(self.__wrapped__.__enter__)
        return self._self_entered

    def __exit__(self, *exception: object) -> Any:
        left = self._self_step(lambda: self.__wrapped__.__exit__(*exception), exception)
        self._self_returned(self._self_call, self._self_entered)
        return left

    def _self_step(
        self, step: Callable[[], Any], body: tuple[Any, ...] = (None, None)
    ) -> Any:
        token = attach(self._self_call.context)
        try:
            return step()
        except BaseException as error:
            if error is not body[1]:
                self._self_raised(self._self_call, error)
            raise
        finally:
            detach(token)


class _AsyncManaged(_Managed):
    """An asynchronous one."""

    async def __aenter__(self) -> Any:
        self._self_entered = await self._self_await(self.__wrapped__.__aenter__())
        return self._self_entered

    async def __aexit__(self, *exception: object) -> Any:
        left = await self._self_await(self.__wrapped__.__aexit__(*exception), exception)
        self._self_returned(self._self_call, self._self_entered)
        return left

    async def _self_await(
        self, step: Awaitable[Any], body: tuple[Any, ...] = (None, None)
    ) -> Any:
        token = attach(self._self_call.context)
        try:
            return await step
        except BaseException as error:
            if error is not body[1]:
                self._self_raised(self._self_call, error)
            raise
        finally:
            detach(token)
