"""Storm: many failures of one kind at once, without as many records.

Per failure point and root, the first twenty within a minute are emitted in full;
what follows is counted, and a summary every ten seconds stands for it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from gp_otel import watchdog
from gp_otel.chain import Link

if TYPE_CHECKING:
    from gp_otel.draft import Draft

FIRST: Final = 20
"""Records in full, per failure point and root failure, within `WINDOW`."""
WINDOW: Final = 60.0
SUMMARY_EVERY: Final = 10.0
NAMED: Final = 20
"""Users, and runs, that a summary names."""

Key = tuple[str, str]


class _Kind:
    """The failures of one failure point with one root failure."""

    __slots__ = ("count", "last", "left_out", "runs", "since", "timer", "users")

    def __init__(self, now: float) -> None:
        self.since = now
        self.count = 0
        self.left_out = 0
        self.users: dict[str, None] = {}
        self.runs: dict[str, None] = {}
        self.last: Draft | None = None
        self.timer: watchdog.Timer | None = None


class Storm:
    """Decides which failures get a record of their own."""

    def __init__(
        self,
        summarise: Callable[[Draft], object],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._summarise = summarise
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Begin anew: a fork's child has seen no storm."""
        for kind in getattr(self, "_kinds", {}).values():
            if kind.timer is not None:
                kind.timer.cancel()
        self._lock = Lock()
        self._kinds: dict[Key, _Kind] = {}

    def admits(self, key: Key) -> bool:
        """Tell whether one more of this kind is emitted in full, and count it."""
        now = self._clock()
        with self._lock:
            kind = self._kinds.get(key)
            if kind is None or now - kind.since >= WINDOW:
                kind = self._begin(key, kind, now)
            kind.count += 1
            return kind.count <= FIRST

    def _begin(self, key: Key, before: _Kind | None, now: float) -> _Kind:
        if before is not None and before.left_out:
            before.since, before.count = now, 0
            return before
        kind = self._kinds[key] = _Kind(now)
        return kind

    def keep(self, key: Key, draft: Draft) -> None:
        """Remember the latest full record: summaries look like it."""
        kind = self._kinds.get(key)
        if kind is not None:
            kind.last = draft

    def leave_out(
        self, key: Key, user: str | None, run: str | None, count: int = 1
    ) -> Link:
        """Count one that gets no record; return the link of one that did."""
        with self._lock:
            kind = self._kinds[key]
            kind.left_out += count
            if user and len(kind.users) < NAMED:
                kind.users[user] = None
            if run and len(kind.runs) < NAMED:
                kind.runs[run] = None
            if kind.timer is None:
                kind.timer = watchdog.after(SUMMARY_EVERY, lambda: self.summary(key))
            last = kind.last
        if last is not None:
            return last.link
        return Link("", key[0], "", key[1], None, 0)

    def summary(self, key: Key) -> None:
        """Emit one record for all that were left out since the last."""
        with self._lock:
            kind = self._kinds.get(key)
            if kind is None:
                return
            kind.timer = None
            count, kind.left_out = kind.left_out, 0
            users, runs = tuple(kind.users), tuple(kind.runs)
            kind.users, kind.runs = {}, {}
            last = kind.last
        if count and last is not None:
            self._summarise(last.summary(count, users, runs))

    def flush(self) -> None:
        """Emit the summaries that are due later now."""
        for key in list(self._kinds):
            self.summary(key)
