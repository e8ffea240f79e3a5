"""Health: how well a dependency has answered lately, from 0 to 1."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Final

from gp_otel.metrics import DEPENDENCY_OPERATIONS
from gp_otel.outcome import Outcome

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation

_WINDOW: Final = 300.0
"""Seconds over which the share of successes is taken."""


class Health:
    """The share of successes per dependency in the last five minutes."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, Mapping[str, tuple[int, int]]]] = deque()
        self.open_breakers: dict[str, str | None] = {}
        """Open circuit breakers by name, with the dependency behind each."""

    def scores(self) -> dict[str, float]:
        """Take the totals, and compare them with those at the window's start."""
        now, totals = self._clock(), _totals()
        while len(self._seen) > 1 and now - self._seen[1][0] >= _WINDOW:
            self._seen.popleft()
        before: Mapping[str, tuple[int, int]] = self._seen[0][1] if self._seen else {}
        self._seen.append((now, totals))
        scores = dict(_shares(totals, before))
        for name, dependency in list(self.open_breakers.items()):
            scores[dependency or name] = 0.0
        return scores

    def observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        """Hand the scores to the SDK."""
        from opentelemetry.metrics import Observation  # noqa: PLC0415 - read path only

        return [
            Observation(score, {"golden_path.dependency": dependency})
            for dependency, score in self.scores().items()
        ]

    def reset(self) -> None:
        """Forget everything: another process starts afresh."""
        self._seen.clear()
        self.open_breakers.clear()


def _totals() -> dict[str, tuple[int, int]]:
    totals: dict[str, tuple[int, int]] = {}
    for (dependency, outcome), count in DEPENDENCY_OPERATIONS.values().items():
        good, bad = totals.get(str(dependency), (0, 0))
        if outcome in (Outcome.SUCCESS, Outcome.DEGRADED):
            good += count
        elif outcome == Outcome.FAILED:
            bad += count
        totals[str(dependency)] = good, bad
    return totals


def _shares(
    totals: Mapping[str, tuple[int, int]], before: Mapping[str, tuple[int, int]]
) -> Iterator[tuple[str, float]]:
    for dependency, (good, bad) in totals.items():
        good_before, bad_before = before.get(dependency, (0, 0))
        since = good + bad - good_before - bad_before
        yield dependency, (good - good_before) / since if since else 1.0


HEALTH: Final = Health()


def register(meter: Meter) -> None:
    """Make the observable instrument; once a process."""
    meter.create_observable_gauge(
        "golden_path.dependency.health",
        [HEALTH.observe],
        unit="1",
        description="Share of successes in five minutes; 0 while a breaker is open.",
    )
