"""Which failure is the root, which are its symptoms, and what is recorded once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from watching import connected, watching

from gp_otel import catalogue as c
from gp_otel.testing import Reported, Reports


class StoreDownError(Exception):
    """What a driver raises."""


class WrappedError(Exception):
    """What a layer above makes of it, by `orig`."""

    def __init__(self, orig: BaseException) -> None:
        super().__init__("wrapped")
        self.orig = orig


def down(*_: object) -> None:
    """Fail as a driver does."""
    raise StoreDownError("no route")


NAME = f"{StoreDownError.__module__}.{StoreDownError.__qualname__}"
REDIS = watching(down, failures={NAME: c.DATABASE_REDIS_UNAVAILABLE})
POSTGRES = watching(down, failures={NAME: c.DATABASE_POSTGRES_CONNECTION_FAILED})
LLM = watching(down, failures={NAME: c.AGENT_LLM_CALL_FAILED})


def supervised(function: Any) -> Any:
    """A run whose every exception breaks the orchestration."""
    return watching(
        function,
        compound=True,
        kind="run",
        failures={"Exception": c.AGENT_SUPERVISOR_ORCHESTRATION_FAILED},
        times_out=c.AGENT_TIMEOUT,
    )


def tool(function: Any) -> Any:
    """A tool that fails with whatever leaves it."""
    return watching(
        function,
        compound=True,
        kind="tool",
        failures={"Exception": c.AGENT_TOOL_FAILED},
    )


def shape(record: Reported) -> tuple[str, bool, bool]:
    """What a chain says of a record."""
    return record.id, record["golden_path.root"], record["golden_path.escalates"]


def test_root_then_symptom(reports: Reports) -> None:
    """An outage that pages nobody becomes a broken run that pages once."""
    with pytest.raises(StoreDownError):
        supervised(lambda: LLM())()
    root, symptom = reports.all

    assert [
        ("agent.llm.call_failed", True, True),
        ("agent.supervisor.orchestration_failed", False, True),
    ] == [shape(one) for one in reports.all]
    assert root["golden_path.record_id"] == symptom["golden_path.cause_id"]
    assert "agent.llm.call_failed" == symptom["golden_path.root_failure"]


def test_text_only_re_raise(reports: Reports) -> None:
    """A new exception without a cause is still the failure of what failed inside."""

    def run() -> None:
        text = ""
        try:
            LLM()
        except StoreDownError as error:
            text = f"StoreDownError: {error}"
        raise RuntimeError(text)

    with pytest.raises(RuntimeError):
        supervised(run)()

    assert [True, False] == [one["golden_path.root"] for one in reports.all]


def test_second_tier_is_a_root_of_its_own(reports: Reports) -> None:
    """It is called while the first one's exception is handled, which proves nothing."""

    def history() -> str:
        try:
            REDIS()
        except StoreDownError:
            try:
                POSTGRES()
            except StoreDownError:
                return "from the cold tier"
        return ""

    with connected():
        assert "from the cold tier" == history()
    first, second = reports.all

    assert [
        ("database.redis.unavailable", True, True),
        ("database.postgres.connection_failed", True, True),
    ] == [shape(first), shape(second)]
    assert first["golden_path.record_id"] == second["golden_path.related_id"]


@pytest.mark.parametrize(
    "make",
    [
        WrappedError,
        lambda error: ExceptionGroup("several", [ValueError(), error]),
    ],
    ids=["orig", "group"],
)
def test_made_of_another(reports: Reports, make: Any) -> None:
    """What wraps an exception, or groups it, is a symptom of its record."""
    fails = watching(
        lambda error: (_ for _ in ()).throw(make(error)),
        failures={"Exception": c.DATABASE_TRANSACTION_FAILED},
    )

    def use() -> None:
        kept: BaseException | None = None
        try:
            POSTGRES()
        except StoreDownError as error:
            kept = error
        fails(kept)

    with connected(), pytest.raises(Exception, match=r"wrapped|several"):
        watching(use, compound=True)()

    assert [True, False] == [one["golden_path.root"] for one in reports.all]


def test_same_exception_seen_twice(reports: Reports) -> None:
    """Two layers that see one object with one meaning make one record."""
    outer = watching(
        lambda: POSTGRES(), failures={NAME: c.DATABASE_POSTGRES_CONNECTION_FAILED}
    )
    with connected(), pytest.raises(StoreDownError):
        outer()

    assert ["database.postgres.connection_failed"] == reports.ids


def test_one_exception_for_two_users(reports: Reports) -> None:
    """A future or a breaker raises one object many times: each user has a record."""
    error = StoreDownError("shared")

    def shared() -> None:
        raise error

    fails = watching(shared, failures={NAME: c.DATABASE_POSTGRES_CONNECTION_FAILED})
    for user in ("ada", "ben"):
        with connected(user, user), pytest.raises(StoreDownError):
            fails()

    assert ["ada...", "ben..."] == [one["user_id"] for one in reports.all]
    assert [True, True] == [one["golden_path.root"] for one in reports.all]


def test_tool_whose_node_went_on(reports: Reports) -> None:
    """It is no cause of what the run dies of later."""

    def node() -> None:
        with pytest.raises(StoreDownError):
            tool(lambda: down())()

    def run() -> None:
        watching(node, compound=True, kind="step")()
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        supervised(run)()

    assert [
        ("agent.tool.failed", True, True),
        ("agent.supervisor.orchestration_failed", True, True),
    ] == [shape(one) for one in reports.all]


def retrying(attempts: int, work: Any, **says: Any) -> Any:
    """A client that tries again inside."""

    def client() -> str:
        for left in reversed(range(attempts)):
            try:
                work()
            except StoreDownError:
                if not left:
                    raise
            else:
                break
        return "served"

    return watching(client, compound=True, holds=True, kind="llm", **says)


def flaky(failures: int) -> Any:
    """A transport that fails so often, then works."""
    left = [failures]

    def attempt() -> None:
        if left[0]:
            left[0] -= 1
            raise StoreDownError

    return watching(attempt, failures={NAME: c.DATABASE_POSTGRES_CONNECTION_FAILED})


def test_client_that_retries_and_succeeds(reports: Reports) -> None:
    """The user was served: one event with the number of attempts, no record."""
    client = retrying(3, flaky(2), retried=c.SERVICE_LLM_RETRIED)
    with connected():
        assert "served" == client()

    assert reports.ids == []
    assert 3 == reports.one("service.llm.retried")["attempts"]


def test_client_that_gives_up(reports: Reports) -> None:
    """The first of each kind is released, and counts its like."""
    client = retrying(3, flaky(9), failures={NAME: c.SERVICE_LLM_FAILED})
    with connected(), pytest.raises(StoreDownError):
        client()
    root, own = reports.all

    assert [
        ("database.postgres.connection_failed", True, True),
        ("service.llm.failed", False, False),
    ] == [shape(root), shape(own)]
    assert (3, 1) == (root["golden_path.occurrences"], own["golden_path.occurrences"])


def test_client_whose_failure_is_its_attempts(reports: Reports) -> None:
    """Where both mean the same, one record has the fields of both."""
    client = retrying(
        2,
        flaky(9),
        failures={NAME: c.DATABASE_POSTGRES_CONNECTION_FAILED},
        describe=lambda _: {c.RETRY_STATUS: "gave up", c.HOST: "db"},
    )
    with connected(), pytest.raises(StoreDownError):
        client()
    record = reports.one("database.postgres.connection_failed")

    assert ["database.postgres.connection_failed"] == reports.ids
    assert ("db", 2) == (record["host"], record["golden_path.occurrences"])


async def test_siblings_cancelled_in_a_graph(reports: Reports) -> None:
    """One node fails, the others are cancelled: one root."""

    async def fails() -> None:
        await asyncio.sleep(0)
        LLM()

    async def waits() -> None:
        await asyncio.sleep(60)

    async def graph() -> None:
        async with asyncio.TaskGroup() as tasks:
            for node in (fails, waits, waits):
                tasks.create_task(watching(node, compound=True, kind="step")())

    with pytest.raises(ExceptionGroup):
        await supervised(graph)()

    assert [
        ("agent.llm.call_failed", True, True),
        ("agent.supervisor.orchestration_failed", False, True),
    ] == [shape(one) for one in reports.all]


async def test_deadline_round_the_run(reports: Reports) -> None:
    """The outermost operation inside the deadline says so, with the limit."""

    async def call() -> None:
        await asyncio.sleep(60)

    inner = watching(call, compound=True, kind="llm", times_out=c.SERVICE_LLM_FAILED)

    async def run() -> None:
        await inner()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await supervised(run)()

    assert ["agent.timeout"] == reports.ids
    assert "0.05 s" in reports.all[0]["error_details"]


async def test_deadline_inside_the_run(reports: Reports) -> None:
    """The call is the root; the run that dies of it is its symptom."""

    async def call() -> None:
        await asyncio.sleep(60)

    inner = watching(call, compound=True, kind="llm", times_out=c.SERVICE_LLM_FAILED)

    async def run() -> None:
        await asyncio.wait_for(inner(), 0.05)

    with pytest.raises(TimeoutError):
        await supervised(run)()

    assert [
        ("service.llm.failed", True),
        ("agent.supervisor.orchestration_failed", False),
    ] == [(one.id, one["golden_path.root"]) for one in reports.all]


async def test_cancelled_by_hand(reports: Reports) -> None:
    """Somebody changed his mind: nobody's failure."""

    async def run() -> None:
        await asyncio.sleep(60)

    task = asyncio.create_task(supervised(run)())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert reports.ids == []


async def test_cancelled_holder_hands_over(reports: Reports) -> None:
    """What it held is judged by the operation around it."""
    fails = flaky(1)

    async def client() -> None:
        with pytest.raises(StoreDownError):
            fails()
        await asyncio.sleep(60)

    holder = watching(client, compound=True, holds=True)

    async def run() -> None:
        await asyncio.wait_for(holder(), 0.05)

    with pytest.raises(TimeoutError):
        await supervised(run)()

    assert [
        "database.postgres.connection_failed",
        "agent.supervisor.orchestration_failed",
    ] == reports.ids


def test_result_that_says_so(reports: Reports) -> None:
    """A False that follows from a recorded failure is its symptom, not a root."""

    def save() -> bool:
        try:
            POSTGRES()
        except StoreDownError:
            return False
        return True

    judged = watching(
        save,
        compound=True,
        judge=lambda call: None if call.result else c.DATABASE_MESSAGE_SAVE_FAILED,
    )
    with connected():
        assert judged() is False

    assert [True, False] == [one["golden_path.root"] for one in reports.all]


def test_what_does_not_escalate(reports: Reports) -> None:
    """A symptom pages only where its level is above all before it in the chain."""
    middle = watching(
        lambda: POSTGRES(), compound=True, failures={"Exception": c.AGENT_TOOL_FAILED}
    )
    with pytest.raises(StoreDownError):
        supervised(lambda: middle())()

    assert [True, False, False] == [one["golden_path.escalates"] for one in reports.all]
    assert {"database.postgres.connection_failed"} == {
        one["golden_path.root_failure"] for one in reports.all
    }
