"""How scripted servers behave: rules in order, each for so many requests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from gp_otel.demo.parts.http_server import HttpServer


class Rule(Protocol):
    """What every rule says, whatever else it says."""

    @property
    def times(self) -> int | None:
        """How many requests it is for; None: until other rules are set."""


R = TypeVar("R", bound=Rule)


class Script(Generic[R]):
    """The rules in force. Thread-safe."""

    def __init__(self, always: Sequence[R]) -> None:
        self._always = tuple(always)
        self._left: list[tuple[R, int | None]] = []
        self._lock = threading.Lock()

    def set(self, *rules: R) -> None:
        """Put these rules before the permanent ones, instead of those set before."""
        with self._lock:
            self._left = [(rule, rule.times) for rule in rules]

    def next(self, fits: Callable[[R], bool]) -> R:
        """Take the first rule that fits and is not used up."""
        with self._lock:
            for index, (rule, left) in enumerate(self._left):
                if left == 0 or not fits(rule):
                    continue
                if left is not None:
                    self._left[index] = (rule, left - 1)
                return rule
        return next(rule for rule in self._always if fits(rule))


class Gate:
    """Holds requests that are to hang, until it is opened or they are given up."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._opened = asyncio.Event()

    async def wait(self, seconds: float | None) -> None:
        """Hang for so long; None: until the gate is opened."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._opened.wait(), seconds)

    def open(self) -> None:
        """Let go all that hang now; those that come later hang again."""

        def let_go() -> None:
            self._opened.set()
            self._opened = asyncio.Event()

        self._server.call(let_go)
