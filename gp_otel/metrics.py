"""Metrics: plain integers, read by observable instruments.

`Counter.add` costs 3 to 7 µs, an integer 0.1 µs; that is the difference between
counting every call and counting none. The integers belong to one process: a fork's
child starts at zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Final
from weakref import ref

from gp_otel.failure import FailurePoint, Level
from gp_otel.outcome import Outcome

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation


SERIES: Final = 2000
"""Combinations of label values that one family keeps apart."""
OTHER: Final = "other"


class Cell:
    """One integer.

    `cell.n += 1` is one load, add and store with no call in between: the
    interpreter lock of CPython 3.11 to 3.13 is not given up there.
    """

    __slots__ = ("__weakref__", "n")

    def __init__(self) -> None:
        self.n = 0


class Family:
    """The integers of one instrument, by the values of its labels."""

    def __init__(
        self, name: str, unit: str, text: str, labels: tuple[str, ...]
    ) -> None:
        self.name = name
        self.unit = unit
        self.text = text
        self.labels = labels
        self._cells: dict[tuple[str | bool, ...], Cell] = {}
        self._lock = Lock()

    def cell(self, *values: str | bool) -> Cell:
        """Find the integer with these label values, or make it at 0.

        A program that calls ever new hosts has ever new values: beyond `SERIES` they
        are counted as `other`, as SDKs do at their own limit.
        """
        found = self._cells.get(values)
        if found is None:
            if len(self._cells) >= SERIES:
                values = tuple(OTHER if isinstance(v, str) else v for v in values)
            with self._lock:
                found = self._cells.setdefault(values, Cell())
        return found

    def add(self, *values: str | bool, count: int = 1) -> None:
        """Count exactly, from any thread."""
        self.add_to(self.cell(*values), count)

    def add_to(self, cell: Cell, count: int) -> None:
        """Count exactly on a cell found before."""
        with self._lock:
            cell.n += count

    def values(self) -> dict[tuple[str | bool, ...], int]:
        """Read every integer."""
        return {values: cell.n for values, cell in list(self._cells.items())}

    def reset(self) -> None:
        """Start at zero, in place: watched calls hold on to their cells."""
        self._lock = Lock()
        for cell in self._cells.values():
            cell.n = 0

    def _attributes(self, values: tuple[str | bool, ...]) -> dict[str, str | bool]:
        """Name the values; members of our enumerations become plain strings."""
        plain = (str(one) if isinstance(one, str) else one for one in values)
        return dict(zip(self.labels, plain, strict=True))

    def observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        """Hand the integers to the SDK."""
        from opentelemetry.metrics import Observation  # noqa: PLC0415 - read path only

        return [
            Observation(count, self._attributes(values))
            for values, count in self.values().items()
        ]


FAILURES: Final = Family(
    "golden_path.failures",
    "{failure}",
    "Failures, by failure point; exact, whatever a storm leaves out of the records.",
    (
        "golden_path.failure",
        "golden_path.stage",
        "golden_path.level",
        "golden_path.fault",
        "golden_path.escalates",
        "golden_path.root_failure",
        "golden_path.dependency",
    ),
)
OPERATIONS: Final = Family(
    "golden_path.operations",
    "{operation}",
    "Watched operations, by outcome: what the thresholds are shares of.",
    ("golden_path.stage", "golden_path.outcome"),
)
DEPENDENCY_OPERATIONS: Final = Family(
    "golden_path.dependency.operations",
    "{operation}",
    "Operations on what lies outside the process, by outcome.",
    ("golden_path.dependency", "golden_path.outcome"),
)
RUNS: Final = Family(
    "golden_path.runs", "{run}", "Agent runs, by outcome.", ("golden_path.outcome",)
)
FAMILIES: Final = (FAILURES, OPERATIONS, DEPENDENCY_OPERATIONS, RUNS)


class ByInstance:
    """The success counters of one watched call, by the dependency of its instance.

    `describe` is asked once per instance; afterwards a success costs one weak
    reference and one look-up.
    """

    __slots__ = ("cells",)

    key = staticmethod(ref)

    def __init__(self) -> None:
        self.cells: dict[object, Cell] = {}

    def first(self, instance: object, name: Callable[[], str | None]) -> None:
        """Count the first success of an instance, and find its cell."""
        dependency = name()
        if dependency is None:
            return
        cell = DEPENDENCY_OPERATIONS.cell(dependency, Outcome.SUCCESS.value)
        cell.n += 1
        with suppress(TypeError):
            self.cells[ref(instance, self._forget)] = cell

    def _forget(self, key: object) -> None:
        self.cells.pop(key, None)


def register(meter: Meter) -> None:
    """Make the observable instruments; once a process."""
    for family in FAMILIES:
        meter.create_observable_counter(
            family.name, [family.observe], unit=family.unit, description=family.text
        )


def zero(points: Iterable[FailurePoint]) -> None:
    """Let every CRITICAL failure exist at 0: else its first one is no increase."""
    for point in points:
        if point.level is Level.CRITICAL:
            FAILURES.cell(*failure_labels(point, None, None, escalates=True))


_failure_cells: dict[tuple[int, bool, str, str], Cell] = {}


def count_failure(
    point: FailurePoint,
    root_failure: str,
    dependency: str | None,
    *,
    escalates: bool,
    count: int = 1,
) -> None:
    """Count one failure, or so many of its like."""
    key = (id(point), escalates, root_failure, dependency or "")
    cell = _failure_cells.get(key)
    if cell is None:
        labels = failure_labels(point, root_failure, dependency, escalates=escalates)
        cell = FAILURES.cell(*labels)
        if len(_failure_cells) < SERIES:
            _failure_cells[key] = cell
            _points_counted.append(point)  # its id stays its own
    FAILURES.add_to(cell, count)


_points_counted: list[FailurePoint] = []


def failure_labels(
    point: FailurePoint,
    root_failure: str | None,
    dependency: str | None,
    *,
    escalates: bool,
) -> tuple[str | bool, ...]:
    """The label values of one failure, in the family's order."""
    return (
        point.id,
        point.stage.value,
        point.level.name,
        point.fault.value,
        escalates,
        root_failure or point.id,
        dependency or "",
    )


def reset() -> None:
    """Start at zero: a fork's child has not failed yet."""
    for family in FAMILIES:
        family.reset()
