"""Deadline: how long the code below may take, and whether that time is over.

A `TimeoutError` carries neither the limit nor the time it took, and what runs below
sees only a `CancelledError`. So `asyncio.timeout()` and `asyncio.wait_for()` leave a
note of both while they run; nothing else about them changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextvars import ContextVar, Token
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from gp_otel.guard import guard

_SLACK: Final = 0.005
"""Seconds by which a timer of the event loop may fire early."""

_current: ContextVar[Deadline | None] = ContextVar("golden_path_deadline", default=None)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A limit in seconds, when it began, and the one around it."""

    limit: float
    started: float
    outer: Deadline | None

    @property
    def passed(self) -> bool:
        """Tell whether the limit is over."""
        return monotonic() - self.started >= self.limit - _SLACK

    def chain(self) -> Iterator[Deadline]:
        """Walk from this deadline to those around it."""
        one: Deadline | None = self
        while one is not None:
            yield one
            one = one.outer


def current() -> Deadline | None:
    """The innermost deadline that the caller runs under."""
    return _current.get()


def begin(limit: float) -> Token[Deadline | None]:
    """Start a deadline of so many seconds; `end` takes what this returns."""
    return _current.set(Deadline(limit, monotonic(), _current.get()))


def end(token: Token[Deadline | None]) -> None:
    """Leave a deadline; in another context than it began in there is nothing to do."""
    try:
        _current.reset(token)
    except ValueError:
        _current.set(None)


def passed(around: Deadline | None) -> Deadline | None:
    """The outermost deadline that is over, of this one and those around it."""
    found = None
    for one in around.chain() if around is not None else ():
        if one.passed:
            found = one
    return found


async def wait_for(
    wrapped: Callable[..., Any], _instance: object, args: Any, kwargs: Any
) -> Any:
    """Note the limit of one `asyncio.wait_for(aw, timeout)`."""
    limit = args[1] if len(args) > 1 else kwargs.get("timeout")
    if not isinstance(limit, (int, float)):
        return await wrapped(*args, **kwargs)
    token = begin(limit)
    try:
        return await wrapped(*args, **kwargs)
    finally:
        end(token)


_tokens: dict[int, Token[Deadline | None]] = {}


async def enter_timeout(
    wrapped: Callable[..., Any], instance: asyncio.Timeout, args: Any, kwargs: Any
) -> Any:
    """Note the limit of one `async with asyncio.timeout(…)` that is entered."""
    entered = await wrapped(*args, **kwargs)
    guard("deadline", _note, instance)
    return entered


def _note(instance: asyncio.Timeout) -> None:
    when = instance.when()
    if when is not None:
        left = when - asyncio.get_running_loop().time()
        _tokens[id(instance)] = begin(round(left, 3))


async def leave_timeout(
    wrapped: Callable[..., Any], instance: asyncio.Timeout, args: Any, kwargs: Any
) -> Any:
    """Forget the limit of one `async with asyncio.timeout(…)` that is left."""
    token = _tokens.pop(id(instance), None)
    if token is not None:
        end(token)
    return await wrapped(*args, **kwargs)
