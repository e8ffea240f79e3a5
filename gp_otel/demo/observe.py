"""What comes over OTLP while something happens to the application."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from gp_otel.demo.parts.otlp import OtlpReceiver, Received
from gp_otel.demo.parts.otlp_decode import Data
from gp_otel.failure import Level

ARRIVES_WITHIN = 6.0
"""Seconds: what is held for the longest, the verdict on a token, is held for 5."""

FLUSHED_WITHIN = 3.0

_METRIC = "golden_path.failures"

Series = tuple[str, ...]
"""The process, the failure point, and the labels."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything of one situation; `counted` is the process's own count."""

    records: tuple[Data, ...] = ()
    events: tuple[Data, ...] = ()
    spans: tuple[Data, ...] = ()
    counted: Counter[str] = field(default_factory=Counter[str])

    @property
    def stood_for(self) -> Counter[str]:
        """How many failures the records stand for, by failure point."""
        return occurrences(self.records)


class Observer:
    """Looks at one situation after the other."""

    def __init__(self, receiver: OtlpReceiver) -> None:
        self._receiver = receiver
        self._mark = receiver.mark()
        self._before: dict[Series, int] = {}

    def begin(self) -> None:
        """A situation begins; what comes from now on belongs to it."""
        self._before |= last_values(self._receiver.since(self._mark))
        self._mark = self._receiver.mark()

    def settle(self, expected: Iterable[str], *, ended: bool) -> Observed:
        """Wait for what is expected, then for a last flush, and hand over what came.

        A process that lives flushes as often as its interval says; one that has
        ended did it then.
        """
        wanted = Counter(expected)
        self._receiver.wait_for(
            lambda got: occurrences(records_in(got)) >= wanted,
            ARRIVES_WITHIN,
            self._mark,
        )
        now = time.time_ns()

        def is_settled(got: Received) -> bool:
            flushed = ended or _is_flushed(got, now)
            return flushed and self._agrees(got) and self._is_traced(got)

        self._receiver.wait_for(is_settled, FLUSHED_WITHIN, self._mark)
        return self._observed(self._receiver.since(self._mark))

    def _agrees(self, got: Received) -> bool:
        """Compare the process's own count with the records that have come."""
        return self._counted(got) == occurrences(records_in(got))

    def _is_traced(self, got: Received) -> bool:
        """Tell whether the spans of the records have come, or that of a run goes on."""
        wanted = {(log["trace_id"], log["span_id"]) for log in records_in(got)}
        there = ((span["trace_id"], span["span_id"]) for span in got.spans)
        return wanted.issubset(there)

    def _counted(self, got: Received) -> Counter[str]:
        """How far the process's own counters have moved, by failure point."""
        moved: Counter[str] = Counter()
        for series, value in last_values(got).items():
            moved[series[1]] += value - self._before.get(series, 0)
        return +moved

    def _observed(self, got: Received) -> Observed:
        events = (log for log in got.logs if _is_ours(log) and not _is_failure(log))
        return Observed(
            records=tuple(records_in(got)),
            events=tuple(events),
            # A connection's span began long before, and belongs to its trace too.
            spans=self._receiver.received.spans,
            counted=self._counted(got),
        )


def records_in(got: Received) -> list[Data]:
    """The failures' records: WARNING and above."""
    return [log for log in got.logs if _is_ours(log) and _is_failure(log)]


def occurrences(records: Iterable[Data]) -> Counter[str]:
    """Sum up how many failures the records stand for, by failure point."""
    found: Counter[str] = Counter()
    for record in records:
        about = record["attributes"]
        found[str(about["golden_path.failure"])] += int(
            about.get("golden_path.occurrences", 1)
        )
    return found


def last_values(got: Received) -> dict[Series, int]:
    """Read the processes' own counts of failures, each series as it was last."""
    return {
        _series(point): int(point["value"])
        for point in got.points
        if point["name"] == _METRIC
    }


def _series(point: Data) -> Series:
    about = point["attributes"]
    process = str(point["resource"].get("service.instance.id"))
    return process, str(about["golden_path.failure"]), *map(str, about.values())


def _is_flushed(got: Received, moment: int) -> bool:
    return any(
        point["name"] == _METRIC and point["time_unix_nano"] > moment
        for point in got.points
    )


def _is_ours(log: Data) -> bool:
    return str(log["event_name"]).startswith("golden_path.")


def _is_failure(log: Data) -> bool:
    return int(log["severity_number"]) >= Level.WARNING.value
