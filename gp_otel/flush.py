"""Flush: what must not be lost in the last second.

`force_flush` does not keep its own time-out (SDK 1.45), so it runs on a daemon
thread that nobody has to wait for.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from typing import Final

from opentelemetry import _logs, metrics, trace

from gp_otel.guard import guard

JOINED: Final = 2.0
"""Seconds that a process waits at its end."""


class Flusher:
    """Flushes in the background; requests that come meanwhile share one flush."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the thread: it does not survive a fork."""
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._busy = threading.Lock()
        self._paused = False
        self._thread: threading.Thread | None = None

    def pause(self) -> None:
        """Wait for a flush that is under way, before the process forks.

        The child would inherit the exporter's connections in the middle of a request,
        with their locks held by a thread that it does not have.
        """
        self._paused = self._busy.acquire(timeout=JOINED)

    def go_on(self) -> None:
        """Flush again: the process has forked."""
        if self._paused:
            self._paused = False
            self._busy.release()

    def soon(self) -> None:
        """Flush what matters, off the caller's thread."""
        self._wanted.set()
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._work, name="gp-otel-flush", daemon=True
                    )
                    self._thread.start()

    def _work(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            with self._busy:
                guard("flush", records_and_spans)


def records_and_spans() -> None:
    """Flush the logs, then the spans, of whatever providers are set."""
    _flush(*_providers())


def everything() -> None:
    """Flush records and spans, then the metrics."""
    records_and_spans()
    _flush(metrics.get_meter_provider())


def _flush(*providers: object) -> None:
    for provider in providers:
        flush = getattr(provider, "force_flush", None)
        if flush is not None:
            guard("flush", flush)


def within(seconds: float, work: Callable[[], object]) -> bool:
    """Run on a daemon thread and wait at most so long; tell whether it finished."""
    thread = threading.Thread(
        target=guard, args=("flush", work), name="gp-otel-last-flush", daemon=True
    )
    try:
        thread.start()
    except RuntimeError:  # "can't start new thread at interpreter shutdown"
        return False
    thread.join(seconds)
    return not thread.is_alive()


def at_exit(release: Callable[[], object]) -> None:
    """At the end of the process release what is held, before the SDK shuts down."""
    atexit.register(_at_exit, release)


def _at_exit(release: Callable[[], object]) -> None:
    """Leave the flush to providers that shut down at exit themselves.

    Theirs comes next; where nobody takes what they export, to flush before it would
    make the process wait twice.
    """
    guard("release", release)
    waiting = [one for one in _providers() if not _shuts_down_at_exit(one)]
    if waiting:
        within(JOINED, lambda: _flush(*waiting))


def _providers() -> tuple[object, object]:
    return _logs.get_logger_provider(), trace.get_tracer_provider()


def _shuts_down_at_exit(provider: object) -> bool:
    """Read the SDK's own note of it (1.37 to 1.45), by either of its names."""
    names = ("_at_exit_handler", "_atexit_handler")
    return any(getattr(provider, name, None) is not None for name in names)


def last(release: Callable[[], object]) -> bool:
    """Release what is held and flush everything; tell whether that was done in time."""
    guard("release", release)
    return within(JOINED, everything)


FLUSHER: Final = Flusher()
soon = FLUSHER.soon
