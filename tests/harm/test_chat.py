"""The reference application: broken with, beside and without telemetry."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence

import pytest

from gp_otel.demo.conduct import RECOVERS_WITHIN, Conductor, Situation
from gp_otel.demo.fault import Fault, nothing
from gp_otel.demo.faults import FAULTS
from gp_otel.demo.harmless import HARMLESS
from gp_otel.demo.parts.otlp_decode import Data
from gp_otel.demo.result import Broken, Healthy, Unharmed
from gp_otel.demo.uses import QUESTION, wait_until
from gp_otel.demo.visitor import Visitor
from gp_otel.demo.world import USERS, World

SITUATIONS: Sequence[Situation] = (*FAULTS, *HARMLESS)

CONTRIB = ("asyncpg", "fastapi", "httpx", "httpx2", "redis", "threading")

# Each library once; the demo itself plays them all.
SOME = (
    "forged-token",
    "reset-mid-run",
    "tool-failing",
    "messages-gone",
    "redis-stopped",
    "supervisor-away",
)


class Notes:
    """Notes what came of each situation."""

    def __init__(self) -> None:
        self.wrong: dict[str, Sequence[str]] = {}
        self.records: dict[str, tuple[Data, ...]] = {}
        self.spans: tuple[Data, ...] = ()

    def take(self, when: str, problems: Sequence[str]) -> None:
        """Note what was wrong, if anything was."""
        if problems:
            self.wrong[when] = problems

    def begins(self, what: str) -> None:
        """Wait."""

    def healthy(self, healthy: Healthy) -> None:
        """Note what was wrong before anything was broken."""
        self.take("healthy", healthy.problems)

    def broken(self, broken: Broken) -> None:
        """Note a fault."""
        self._note(broken.fault.name, broken)

    def unharmed(self, unharmed: Unharmed) -> None:
        """Note something harmless."""
        self._note(unharmed.harmless.name, unharmed)

    def _note(self, name: str, one: Broken | Unharmed) -> None:
        self.take(name, one.problems)
        self.records[name] = one.observed.records
        self.spans = one.observed.spans


def play(without: tuple[str, ...]) -> Notes:
    """Break some things, with these instrumentations switched off."""
    notes = Notes()
    with World(without=without) as world:
        chosen = [one for one in SITUATIONS if one.name in SOME]
        assert len(SOME) == len(chosen)
        result = Conductor(world, notes).conduct(chosen)
    notes.take("at the end", result.late)
    return notes


@pytest.fixture(scope="module")
def beside() -> Notes:
    """What came beside contrib's instrumentations of the same libraries."""
    return play(())


@pytest.fixture(scope="module")
def alone() -> Notes:
    """What came with none of them."""
    return play(CONTRIB)


def test_beside_contrib(beside: Notes) -> None:
    """Every record comes once and complete, and nothing else does."""
    assert {} == beside.wrong
    assert len(SOME) == len(beside.records)


def test_alone(alone: Notes) -> None:
    """The same records come where contrib instruments nothing."""
    assert {} == alone.wrong
    assert len(SOME) == len(alone.records)


def counts(notes: Notes) -> Mapping[str, list[str]]:
    """The failure points of each fault."""
    return {
        name: sorted(str(one["attributes"]["golden_path.failure"]) for one in records)
        for name, records in notes.records.items()
    }


def test_as_many_with_contrib_as_without(beside: Notes, alone: Notes) -> None:
    """What others watch adds nothing, and takes nothing away."""
    assert counts(beside) == counts(alone)


def test_one_trace_for_a_run(alone: Notes) -> None:
    """Without any span of others', the records of one run share a trace."""
    traces: dict[str, set[str]] = {}
    for one in (one for records in alone.records.values() for one in records):
        run = one["attributes"].get("run_id", "unknown")
        if run != "unknown":
            traces.setdefault(run, set()).add(one["trace_id"])

    assert traces
    assert {1} == {len(found) for found in traces.values()}


@pytest.mark.parametrize(
    ("library", "fault", "point"),
    [
        ("asyncpg", "messages-gone", "database.query.failed"),
        ("redis", "redis-stopped", "database.redis.unavailable"),
    ],
)
def test_spans_of_contrib(library: str, fault: str, point: str, beside: Notes) -> None:
    """Its span of the call that failed says what that means for the user."""
    named = f"opentelemetry.instrumentation.{library}"
    failed = {one["span_id"] for one in beside.records[fault]}
    marked = [
        one["attributes"]["golden_path.failure"]
        for one in beside.spans
        if one["scope"]["name"] == named
        and one["span_id"] in failed
        and "golden_path_impact" in one["attributes"]
    ]

    assert point in marked


@pytest.fixture(scope="module")
def untouched() -> Iterator[World]:
    """The application as its author starts it: no launcher, no telemetry."""
    with World(instrumented=False) as world:
        yield world


def seen(world: World, situation: Situation, user: str) -> str:
    """Break it, and ask what was seen of that."""
    with Visitor(world, user, situation.name, world.token(user)) as visitor:
        steps = situation.use(visitor)
        next(steps)
        with situation.broken(world):
            try:
                next(steps)
            except StopIteration as end:
                return str(end.value)
    raise AssertionError(situation.name)


def is_broken(situation: Situation) -> bool:
    """Tell whether it leaves something to get over."""
    return isinstance(situation, Fault) and situation.broken is not nothing


def recover(world: World, situation: Situation) -> None:
    """Wait until there are answers again."""
    if isinstance(situation, Fault):
        time.sleep(situation.mends_by)
    visitor = Visitor(world, USERS[0], f"after-{situation.name}", world.token(USERS[0]))

    def answers() -> bool:
        chat = visitor.connect()
        return chat.client.is_open and "answer: " in chat.ask(QUESTION)

    with visitor:
        assert wait_until(answers, RECOVERS_WITHIN)


def test_user_sees_the_same_without_gp_otel(untouched: World) -> None:
    """What the demo's users see beside gp-otel is what its author wrote."""
    wrong: dict[str, str] = {}
    ordered = sorted(SITUATIONS, key=lambda one: (bool(one.environment), one.ends))
    for number, situation in enumerate(ordered):
        untouched.run(situation.environment)
        saw = seen(untouched, situation, USERS[number % len(USERS)])
        pattern = ".*".join(map(re.escape, situation.user_saw.split("…")))
        if not re.fullmatch(pattern, saw, re.DOTALL):
            wrong[situation.name] = saw
        if is_broken(situation) and untouched.application.is_running:
            recover(untouched, situation)

    assert {} == wrong
