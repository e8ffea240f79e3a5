"""Waiting: how many callers wait for the same thing.

Pools keep no such count. Instances are known by `id` while somebody waits and then
forgotten: nothing of the application's is kept alive.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, Final

from gp_otel.watched import Call

PATIENCE: Final = 10.0
"""Seconds after which a wait that nobody has limited is a failure."""

_inside: dict[int, int] = {}
_lock = Lock()


def reset() -> None:
    """Forget everybody: in a fork's child nobody waits."""
    global _lock  # noqa: PLW0603 - the parent's may be held for ever
    _lock = Lock()
    _inside.clear()


def _count(instance: object, step: int) -> None:
    key = id(instance)
    with _lock:
        count = _inside.get(key, 0) + step
        if count > 0:
            _inside[key] = count
        else:
            _inside.pop(key, None)


def enter(call: Call) -> None:
    """Count a compound call that begins."""
    _count(call.instance, +1)


def leave(call: Call) -> None:
    """Count it out again."""
    _count(call.instance, -1)


def counted(
    wrapped: Callable[..., Any], instance: object, args: Any, kwargs: Any
) -> Any:
    """Call a function that waits, counted in and out; a whole wrapper."""
    _count(instance, +1)
    try:
        return wrapped(*args, **kwargs)
    finally:
        _count(instance, -1)


def requests(instance: object, call: Call) -> int:
    """How many wait, the call itself included where it has just given up."""
    gave_up = call.operation is not None and call.operation.done
    return _inside.get(id(instance), 0) + gave_up
