"""Laws of the guard: our mistakes are counted, said once, and stay ours."""

from __future__ import annotations

import asyncio
import gc
import logging
import subprocess
import sys
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.instrumentation.utils import suppress_instrumentation

from gp_otel import guard

HOUR = 3600.0
PLACES = st.sampled_from(["describe", "verdict", "flush"])


class Ours(Exception):  # noqa: N818 - a mistake of ours
    """A mistake that can be referred to weakly."""


def fail(text: str = "ours") -> None:
    """Make a mistake."""
    raise Ours(text)


def answer(fails: bool) -> str:  # noqa: FBT001 - generated
    """Make a mistake, or answer."""
    if fails:
        fail()
    return ""


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """Begin each test with nothing counted and nothing said."""
    guard.forget()
    before = guard.on_failure(None)
    yield
    guard.on_failure(before)
    guard.forget()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What our logger has said."""
    return [one.getMessage() for one in caplog.records if one.name == "gp_otel"]


def test_what_works_is_passed_through() -> None:
    """Arguments go in, the answer comes out, and nothing is counted."""
    assert 3 == guard.guard("place", int, "11", base=2)
    assert {} == guard.failures()


@given(st.lists(st.tuples(PLACES, st.booleans(), st.booleans())))
def test_counts_are_exact(calls: list[tuple[str, bool, bool]]) -> None:
    """Every failure is counted where it happened, and None is the answer."""
    guard.forget()
    for place, fails, as_block in calls:
        if as_block:
            with guard.guarding(place):
                answer(fails)
        else:
            assert (None if fails else "") == guard.guard(place, answer, fails)

    assert Counter(place for place, fails, _ in calls if fails) == guard.failures()


def test_counts_are_exact_across_threads(caplog: pytest.LogCaptureFixture) -> None:
    """No failure is lost between threads, and only one of them speaks."""
    with ThreadPoolExecutor(8) as pool:
        for _ in range(800):
            pool.submit(guard.guard, "place", fail)

    assert {"place": 800} == guard.failures()
    assert 1 == len(lines(caplog))


@pytest.mark.parametrize(
    "error",
    [
        KeyboardInterrupt(),
        SystemExit(3),
        GeneratorExit(),
        asyncio.CancelledError(),
        BaseExceptionGroup("both", [ValueError(), KeyboardInterrupt()]),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("block", [False, True], ids=["call", "block"])
def test_who_stops_the_program_is_obeyed(error: BaseException, block: bool) -> None:  # noqa: FBT001 - parametrized
    """What is no `Exception` passes as the same object, and is not ours to count."""

    def stop() -> None:
        raise error

    def run() -> None:
        if block:
            with guard.guarding("place"):
                stop()
        else:
            guard.guard("place", stop)

    with pytest.raises(type(error)) as caught:
        run()

    assert error is caught.value
    assert {} == guard.failures()


def test_said_once_an_hour_and_place(caplog: pytest.LogCaptureFixture) -> None:
    """The same place is silent for an hour, another one is not."""
    for place, now in (
        ("describe", 0.0),
        ("describe", HOUR - 1),
        ("verdict", HOUR - 1),
        ("describe", HOUR),
        ("describe", HOUR + 1),
    ):
        guard.failed(place, Ours("why"), clock=iter([now]).__next__)

    assert ["describe", "verdict", "describe"] == [
        line.split()[3].rstrip(",") for line in lines(caplog)
    ]
    assert {"describe": 4, "verdict": 1} == guard.failures()


def test_what_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """It names the place, the class and the line, and no secret."""
    guard.guard("describe", fail, "no way to postgresql://ada:hunter2@db:5432/chat")

    (line,) = lines(caplog)
    head, *stack = line.splitlines()

    assert (
        "gp-otel failed in describe, the application goes on: "
        f"{__name__}.Ours: no way to postgresql://[redacted]@db:5432/chat"
    ) == head
    assert stack[-1].endswith(":fail")
    assert logging.ERROR == caplog.records[-1].levelno


def test_the_hook_is_told_as_often_as_the_log() -> None:
    """Once per place and hour, with the error itself."""
    told: list[tuple[str, str]] = []
    guard.on_failure(lambda place, error: told.append((place, str(error))))

    for place in ("describe", "describe", "verdict"):
        guard.guard(place, fail, place)

    assert [("describe", "describe"), ("verdict", "verdict")] == told


def test_the_hook_may_fail_too(caplog: pytest.LogCaptureFixture) -> None:
    """It harms nobody, and its failing under guard says nothing more."""

    def hook(_place: str, _error: BaseException) -> None:
        guard.guard("hook", fail)
        fail("hook")

    guard.on_failure(hook)

    guard.guard("place", fail)

    assert {"place": 1, "hook": 1} == guard.failures()
    assert 1 == len(lines(caplog))


def test_a_log_handler_that_calls_us() -> None:
    """Whose failing under guard would be logged through it again: it is not."""

    class Ouroboros(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            guard.guard(f"handler of {record.name}", fail)

    handler = Ouroboros()
    guard.LOG.addHandler(handler)

    guard.guard("place", fail)
    guard.LOG.removeHandler(handler)

    assert {"place": 1, "handler of gp_otel": 1} == guard.failures()


def test_inside_an_exporter(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is said where it would be exported next; the first word is not spent."""
    told: list[str] = []
    guard.on_failure(lambda place, _error: told.append(place))

    with suppress_instrumentation():
        guard.guard("export", fail)
    inside = lines(caplog), list(told)
    guard.guard("export", fail)

    assert ([], []) == inside
    assert (1, ["export"]) == (len(lines(caplog)), told)
    assert {"export": 2} == guard.failures()


@pytest.mark.parametrize(
    "run",
    [
        lambda error: guard.guard("place", raising(error)),
        lambda error: in_block(raising(error)),
    ],
    ids=["call", "block"],
)
def test_the_error_is_not_kept(
    run: Callable[[Exception], object], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither it nor its frames live on, in the log neither."""
    error = Ours("kept?")
    alive = weakref.ref(error)

    run(error)
    del error
    gc.collect()

    assert 1 == len(lines(caplog))
    assert None is alive()


def raising(error: Exception) -> Callable[[], None]:
    """Make a function that raises this."""
    errors = [error]

    def raise_it() -> None:
        raise errors.pop()

    return raise_it


def in_block(function: Callable[[], None]) -> None:
    """Call it inside a guarded block."""
    with guard.guarding("place"):
        function()


def test_strict() -> None:
    """Under test the mistake itself is raised, and counted as well."""
    error = Ours("ours")

    with guard.strict(), pytest.raises(Ours) as caught:
        guard.guard("place", raising(error))
    with guard.strict(), guard.strict(on=False):
        guard.guard("place", fail)
    with guard.strict(), pytest.raises(Ours):
        in_block(fail)
    guard.guard("place", fail)

    assert error is caught.value
    assert {"place": 4} == guard.failures()


FORKED = """
import os, logging
from gp_otel import guard

logging.disable()
guard.guard("parent", int, "x")
ledger = guard._ledger()
ledger.lock.acquire()  # as another thread would hold it at the fork
child = os.fork()
if not child:
    guard.guard("child", int, "x")
    os._exit(0 if guard.failures() == {"child": 1} else 1)
ledger.lock.release()
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
raise SystemExit(status or guard.failures() != {"parent": 1})
"""


def test_a_fork() -> None:
    """The child counts its own from zero, whoever held the lock in the parent."""
    done = subprocess.run([sys.executable, "-c", FORKED], timeout=30, check=False)

    assert 0 == done.returncode


def test_deep_in_a_recursion() -> None:
    """Where the stack is nearly full it takes the room of a call or two, no more."""
    overflows = 0

    def sink() -> None:
        nonlocal overflows
        try:
            sink()
        except RecursionError:
            overflows += 1
        guard.guard("deep", fail)

    sink()

    assert 4 >= overflows
    assert 500 < guard.failures()["deep"]
