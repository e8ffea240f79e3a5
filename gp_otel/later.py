"""Later: results whose work is still to come.

A plain function can return a coroutine, or what `contextlib.contextmanager` makes:
the call has returned, its operation has not. Then the thing returned is watched.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any

import wrapt
from opentelemetry.context import attach, detach

from gp_otel.watched import Call

Returned = Callable[[Call, Any], None]
Raised = Callable[[Call, BaseException], None]


def later(call: Call, result: Any, returned: Returned, raised: Raised) -> Any:
    """Watch what was returned, where its work is still to come; None elsewhere."""
    if inspect.iscoroutine(result):
        return _awaited(call, result, returned, raised)
    if isinstance(result, AbstractAsyncContextManager) and hasattr(result, "gen"):
        return _AsyncManaged(result, call, returned, raised)
    if isinstance(result, AbstractContextManager) and hasattr(result, "gen"):
        return _Managed(result, call, returned, raised)
    return None


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


class _Managed(wrapt.ObjectProxy):  # type: ignore[type-arg]
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
