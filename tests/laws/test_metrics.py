"""The counters: exact, and bounded."""

from __future__ import annotations

import pytest
from watching import watching

from gp_otel import catalogue as c
from gp_otel import counting, guard, metrics
from gp_otel.failure import Stage
from gp_otel.metrics import SERIES, Family
from gp_otel.outcome import Outcome
from gp_otel.watched import Watched


def test_ever_new_values() -> None:
    """Memory is bounded, and nothing goes uncounted."""
    family = Family("x", "1", "", ("host",))
    for number in range(SERIES + 500):
        family.add(f"host-{number}")

    assert SERIES + 1 == len(family.values())
    assert SERIES + 500 == sum(family.values().values())
    assert 500 == family.values()[("other",)]


class Odd:
    """A client that a table does not know how to name."""

    def get(self) -> str:
        """Answer."""
        return "answer"


def test_table_that_cannot_name_the_owner() -> None:
    """The application has its answer all the same."""
    get = watching(
        Odd.get,
        owner=lambda instance: instance.no_such_attribute,
        dependency=lambda _: "redis://h:1/0",
    )
    guard.forget()
    with guard.strict(False):
        assert "answer" == get(Odd())

    assert {"dependency": 1} == guard.failures()
    guard.forget()


@pytest.mark.parametrize("outcome", ["success", "failed"])
def test_counted_by_stage(outcome: str) -> None:
    """A watched call counts for its stage."""
    before = metrics.OPERATIONS.cell("agent", outcome).n
    watched = Watched(stage=Stage.AGENT, succeeded=c.AGENT_SUCCESS)
    counting.count_known(watched, Outcome(outcome), None)

    assert before + 1 == metrics.OPERATIONS.cell("agent", outcome).n
