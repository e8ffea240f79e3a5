"""Quick: compound calls about whose beginning and success there is nothing to say.

Most are. On these paths not even a `Call` is made before something has gone wrong:
`gp_otel.flight` does the same in general, at twice the cost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opentelemetry.context import attach, detach, get_current

from gp_otel import operation, started
from gp_otel.counting import counter
from gp_otel.flight import raised, returned
from gp_otel.guard import failed
from gp_otel.operation import Operation
from gp_otel.scope import Scope
from gp_otel.watched import Call, Watched, Wrapper


def _open(watched: Watched, name: str) -> Operation | None:
    """Open the operation; None where that goes wrong, and the call goes on."""
    try:
        if not started.told:
            started.once()
        context = get_current()
        outside = operation.current_in(context)
        scope = Scope.nowhere() if outside is None else outside.scope
        one = Operation(name, watched.kind, outside, scope, holds=watched.holds)
        one.context = operation.inside(one, context)
    except Exception as error:  # noqa: BLE001 - as `guard`, which costs a call more
        failed("begin", error)
        return None
    return one


def _call(one: Operation, watched: Watched, *given: Any) -> Call:
    call = Call(watched, *given)
    call.operation, call.outside = one, one.parent
    call.context, call.count_success = one.context, counter(watched)
    return call


def compound(watched: Watched, name: str) -> Wrapper:
    """Watch a function."""
    succeeded = counter(watched)

    def watch_call(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> Any:
        one = _open(watched, name)
        if one is None:
            return wrapped(*args, **kwargs)
        token = attach(one.context)
        try:
            result = wrapped(*args, **kwargs)
        except BaseException as error:
            raised(_call(one, watched, wrapped, instance, args, kwargs), error)
            raise
        else:
            if one.eventful or one.reported:
                returned(_call(one, watched, wrapped, instance, args, kwargs), result)
            else:
                one.done = True
                succeeded(wrapped, instance, args, kwargs)
            return result
        finally:
            detach(token)

    return watch_call


def compound_async(watched: Watched, name: str) -> Wrapper:
    """Watch a coroutine function."""
    succeeded = counter(watched)

    async def watch_call(
        wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any
    ) -> Any:
        one = _open(watched, name)
        if one is None:
            return await wrapped(*args, **kwargs)
        token = attach(one.context)
        try:
            result = await wrapped(*args, **kwargs)
        except BaseException as error:
            raised(_call(one, watched, wrapped, instance, args, kwargs), error)
            raise
        else:
            if one.eventful or one.reported:
                returned(_call(one, watched, wrapped, instance, args, kwargs), result)
            else:
                one.done = True
                succeeded(wrapped, instance, args, kwargs)
            return result
        finally:
            detach(token)

    return watch_call
