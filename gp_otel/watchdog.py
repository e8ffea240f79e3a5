"""Watchdog: what has to happen if something else does not.

One daemon thread for the process, started with the first timer, again after a fork.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from itertools import count
from time import monotonic
from typing import Final

from opentelemetry.context import Context, attach

from gp_otel.guard import guard

_FORGOTTEN_KEPT: Final = 1024


class Timer:
    """One callback that waits; `cancel()` before its time and it never runs."""

    __slots__ = ("_callback", "due")

    def __init__(self, due: float, callback: Callable[[], object]) -> None:
        self.due = due
        self._callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """Let go of the callback and of all it refers to."""
        self._callback = None

    @property
    def cancelled(self) -> bool:
        """Tell whether there is nothing left to run."""
        return self._callback is None

    def run(self) -> None:
        """Run the callback, at most once."""
        callback, self._callback = self._callback, None
        if callback is not None:
            guard("watchdog", callback)


class Watchdog:
    """Timers, run on a thread of its own in the order of their times."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._order = count()
        self.reset()

    def reset(self) -> None:
        """Forget all timers and the thread: neither survives a fork."""
        self._wake = threading.Condition()
        self._timers: list[tuple[float, int, Timer]] = []
        self._thread: threading.Thread | None = None

    def after(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Run the callback in so many seconds, off the caller's thread."""
        timer = Timer(self._clock() + seconds, callback)
        with self._wake:
            first = not self._timers or timer.due < self._timers[0][0]
            heapq.heappush(self._timers, (timer.due, next(self._order), timer))
            if len(self._timers) > _FORGOTTEN_KEPT:
                self._sweep()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="gp-otel-watchdog", daemon=True
                )
                self._thread.start()
            elif first:
                self._wake.notify()
        return timer

    def _sweep(self) -> None:
        kept = [entry for entry in self._timers if not entry[2].cancelled]
        if len(kept) < len(self._timers) // 2:
            self._timers = kept
            heapq.heapify(self._timers)

    def _work(self) -> None:
        # Threads that carry the context of who started them would put what happens
        # here into the trace of a stranger.
        attach(Context())
        while True:
            with self._wake:
                while not self._timers or self._timers[0][0] > self._clock():
                    due = self._timers[0][0] if self._timers else None
                    self._wake.wait(None if due is None else due - self._clock())
                timer = heapq.heappop(self._timers)[2]
            try:
                timer.run()
            except BaseException:  # where guard is strict: the next timer starts anew
                self._thread = None
                raise


WATCHDOG: Final = Watchdog()
after = WATCHDOG.after
