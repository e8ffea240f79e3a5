"""Whose failure it is: ids across tasks, threads, connections and callbacks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from watching import connected, watching

from gp_otel import bind, report
from gp_otel import catalogue as c
from gp_otel.scope import Scope, user_hash
from gp_otel.testing import Reports, catching


def fails() -> None:
    """Fail as a driver does."""
    raise ConnectionError


STORE = watching(fails, failures={"ConnectionError": c.DATABASE_REDIS_UNAVAILABLE})


def fail() -> None:
    """Fail, and go on."""
    with pytest.raises(ConnectionError):
        STORE()


def seen(reports: Reports) -> list[tuple[str, str]]:
    """Who the records are about, and on which connection."""
    return [(one["user_id"], one["connection_id"]) for one in reports.all]


@given(st.lists(st.sampled_from(["task", "thread", "executor", "here"]), max_size=9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_two_users_never_mix(ways: list[str]) -> None:
    """Interleaved tasks, threads and connections: each record is its own user's."""

    async def serve(user: str) -> None:
        with connected(user, f"connection-of-{user}"):
            for way in ways:
                await asyncio.sleep(0)
                await WAYS[way]()

    async def both() -> None:
        await asyncio.gather(serve("ada"), serve("ben"))

    with catching() as reports:
        asyncio.run(both())

    assert sorted(seen(reports)) == sorted(
        [("ada...", "connection-of-ada"), ("ben...", "connection-of-ben")] * len(ways)
    )


async def in_a_task() -> None:
    """Fail in a task of its own."""

    async def work() -> None:
        await asyncio.sleep(0)
        fail()

    await asyncio.create_task(work())


async def in_a_thread() -> None:
    """Fail in a thread that asyncio starts."""
    await asyncio.to_thread(fail)


async def in_an_executor() -> None:
    """Fail in an executor that was given the context."""
    with ThreadPoolExecutor(1) as executor:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(executor, copy_context().run, fail)


async def here() -> None:
    """Fail where the caller is."""
    fail()


WAYS: dict[str, Callable[[], Any]] = {
    "task": in_a_task,
    "thread": in_a_thread,
    "executor": in_an_executor,
    "here": here,
}


async def test_late_callback(reports: Reports) -> None:
    """What comes after the connection is over still knows whose it was."""
    done = asyncio.Event()

    def later() -> None:
        fail()
        done.set()

    with connected("ada", "c-9") as around:
        asyncio.get_running_loop().call_later(0.01, later)
        around.last = None
    await done.wait()

    assert [("ada...", "c-9")] == seen(reports)


def test_generator_resumed_by_somebody_else(reports: Reports) -> None:
    """Between its steps the caller's own context is in place."""

    def events() -> Any:
        fail()
        yield 1
        fail()
        yield 2

    watched = watching(events, compound=True, kind="step")
    with connected("ada", "c-1"):
        stream = watched()
        next(stream)
    with connected("ben", "c-2"):
        fail()
        next(stream)
        fail()

    assert ["ada...", "ben...", "ada...", "ben..."] == [u for u, _ in seen(reports)]


def test_ids_are_written_once() -> None:
    """The first verified user wins, and what is empty teaches nothing."""
    scope = Scope(connection_id="c-1")
    run = Scope(scope, is_run=True)

    run.verified_user("")
    run.verified_user("ada")
    scope.verified_user("ben")
    run.learn("run_id", "r-1")

    assert {"user_id": "ada", "connection_id": "c-1", "run_id": "r-1"} == run.ids()
    assert {"user_id": "ada", "connection_id": "c-1"} == scope.ids()


def test_message_in_hand() -> None:
    """Its ids hold until the next message; those of a run are the run's."""
    scope = Scope(connection_id="c-1")
    scope.in_hand = {"run_id": "r-1"}
    run = Scope(scope, is_run=True)
    run.learn("run_id", scope.get("run_id"))
    scope.in_hand = {"run_id": "r-2"}

    assert ("r-1", "r-2") == (run.get("run_id"), scope.get("run_id"))


def test_bind(reports: Reports) -> None:
    """It names what the block is about, and changes nothing above."""
    with connected("ada", "c-1"):
        with bind(run_id="r-7", thread_id="t-7"):
            fail()
        fail()
    inner, outer = reports.all

    assert ("ada...", "r-7", "t-7") == (
        inner["user_id"],
        inner["run_id"],
        inner["thread_id"],
    )
    assert "run_id" not in outer.attributes


def test_users_that_eight_characters_do_not_tell_apart(reports: Reports) -> None:
    """The hash does."""
    users = ("google-oauth2|1001", "google-oauth2|1002")
    for user in users:
        with connected(user):
            fail()
    one, two = reports.all

    assert one["user_id"] == two["user_id"] == "google-o..."
    assert [user_hash(user) for user in users] == [one["user.hash"], two["user.hash"]]


def test_thread_without_a_context(reports: Reports) -> None:
    """Nobody can tell whose it is: it is recorded all the same."""
    with connected("ada", "c-1"):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()

    assert ["unknown"] == [one["user_id"] for one in reports.all]


def test_own_report(reports: Reports) -> None:
    """An application can report by itself, with the ids of where it stands."""
    with connected("ada", "c-1"):
        record_id = report("agent.context.isolation_violated", security_violation="x")

    record = reports.one("agent.context.isolation_violated")
    assert record_id == record["golden_path.record_id"]
    assert ("ada...", "x") == (record["user_id"], record["security_violation"])
