"""The tables of the demo: what is broken, what is harmless, what may be unknown."""

from __future__ import annotations

from collections import Counter

import pytest

from gp_otel.catalogue import CATALOGUE
from gp_otel.demo.conduct import Situation
from gp_otel.demo.fault import Fault
from gp_otel.demo.faults import FAULTS
from gp_otel.demo.harmless import HARMLESS
from gp_otel.demo.trace import traces_of
from gp_otel.demo.unknown import REASONS
from gp_otel.failure import Stage

every_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)


def test_names() -> None:
    """Each names one thing: `--only` has to mean it."""
    situations: tuple[Situation, ...] = (*FAULTS, *HARMLESS)
    names = Counter(one.name for one in situations)

    assert [] == [name for name, count in names.items() if count > 1]


def test_all_stages() -> None:
    """At least 20 faults, and some of every stage of the path."""
    assert len(FAULTS) >= 20
    assert set(Stage) - {Stage.TELEMETRY} == {fault.stage for fault in FAULTS}


def test_what_is_harmless() -> None:
    """At least five, among them both ways to close a tab."""
    assert len(HARMLESS) >= 5
    assert {"tab-closed", "signed-off"} <= {one.name for one in HARMLESS}


@every_fault
def test_expectations(fault: Fault) -> None:
    """A chain begins with a root, and a symptom names one that is expected too."""
    roots = {one.point.id for one in fault.expected if one.root}
    causes = {one.cause.id for one in fault.expected if one.cause is not None}

    assert fault.expected
    assert causes <= roots
    assert all(one.escalates for one in fault.expected if one.root)
    assert all((one.cause is None) is one.root for one in fault.expected)


@every_fault
def test_pages(fault: Fault) -> None:
    """Of one chain each level escalates once, whatever came of it."""
    escalating = Counter(
        ((one.cause or one.point).id, one.point.level)
        for one in fault.expected
        if one.escalates
    )

    assert [] == [what for what, count in escalating.items() if count > 1]


def test_reasons() -> None:
    """A reason is for a required field of a failure point, and says something."""
    required = {
        (point.id, field.name)
        for point in CATALOGUE.values()
        for field in point.required
    }

    assert set() == set(REASONS) - required
    assert all(len(reason) > 20 for reason in REASONS.values())


def test_a_trace_is_drawn_around_its_failure() -> None:
    """Of many spans those that lead to the failure stay, and the others make room."""

    def span(number: int, parent: int, end: int) -> dict[str, object]:
        return {
            "name": f"span {number}",
            "kind": "INTERNAL",
            "trace_id": "aa",
            "span_id": str(number),
            "parent_span_id": str(parent) if parent else "",
            "start_time_unix_nano": number * 1_000_000,
            "end_time_unix_nano": end * 1_000_000,
            "status": {"code": "UNSET"},
            "attributes": {},
            "links": [],
        }

    long_ones = [span(number, 1, 100 + number) for number in range(2, 40)]
    spans = [span(1, 0, 200), *long_ones, span(40, 39, 41)]

    (trace,) = traces_of([{"trace_id": "aa", "span_id": "40"}], spans)

    assert "span 1 / span 39 / span 40" == trace.path
    assert 40 == len(trace.rows) + trace.left_out
    assert [("span 40", 2, 39.0, 1.0)] == [
        (row.name, row.depth, row.start, row.length) for row in trace.rows if row.failed
    ]
