"""The judge of the demo: it takes nothing for granted, and overlooks nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from gp_otel import catalogue as c
from gp_otel.demo.judge import Due, incomplete, judge
from gp_otel.demo.observe import Observed
from gp_otel.failure import FailurePoint

REDIS = c.DATABASE_REDIS_UNAVAILABLE
POSTGRES = c.DATABASE_POSTGRES_CONNECTION_FAILED
SAVED = c.DATABASE_THREAD_SAVE_FAILED

COMMON: Mapping[str, Any] = {
    "user_id": "ada-love...",
    "connection_id": "ws-1",
    "run_id": "run-1",
    "thread_id": "thread-1",
    "error_details": "Connection refused",
    "resolution_steps": ["ping it"],
    "retry_attempted": True,
    "fallback_available": True,
    "golden_path.fault": "dependency",
    "golden_path.priority": "P1",
    "golden_path.sampled": True,
    "golden_path.occurrences": 1,
    "error.type": "ConnectionRefusedError",
    "exception.message": "Connection refused",
    "exception.stacktrace": "chat/runs.py:40:Runner.run",
}
OWN: Mapping[FailurePoint, Mapping[str, Any]] = {
    REDIS: {"fallback_strategy": "PostgreSQL", "performance_impact": "slower"},
    POSTGRES: {
        "host": "127.0.0.1",
        "connection_error": "Connection refused",
        "retry_status": "not retried",
        "server.port": 5432,
    },
    SAVED: {
        "data_size": 18,
        "save_error": "Connection refused",
        "context_loss_risk": "HIGH: gone",
    },
}


def record(
    point: FailurePoint, cause: FailurePoint | None = None, **changes: Any
) -> dict[str, Any]:
    """Write a record as it comes over OTLP, complete and correlated."""
    attributes: dict[str, Any] = {
        **COMMON,
        **OWN[point],
        "golden_path_impact": str(point.impact),
        "golden_path.failure": point.id,
        "golden_path.stage": point.stage.value,
        "golden_path.root": cause is None,
        "golden_path.root_failure": (cause or point).id,
        "golden_path.escalates": cause is None,
        "golden_path.record_id": f"id of {point.id}",
        **({} if cause is None else {"golden_path.cause_id": f"id of {cause.id}"}),
    }
    attributes |= {name.replace("__", "."): value for name, value in changes.items()}
    return {
        "event_name": point.event_name,
        "severity_number": point.level.value,
        "severity_text": point.level.name,
        "body": f"🚨 {point.category} FAILURE: {point.title}",
        "trace_id": "aa",
        "span_id": "bb",
        "time_unix_nano": 1,
        "attributes": {k: v for k, v in attributes.items() if v is not None},
    }


def observed(*records: dict[str, Any], counted: int = 1) -> Observed:
    """Everything that came, with the span that the records point to."""
    span = {
        "trace_id": "aa",
        "span_id": "bb",
        "attributes": {"golden_path_impact": "CRITICAL - lost"},
    }
    ids = {str(one["attributes"]["golden_path.failure"]) for one in records}
    return Observed(records, (), (span,), Counter(dict.fromkeys(ids, counted)))


def due(point: FailurePoint, cause: FailurePoint | None = None, **fields: Any) -> Due:
    """What has to arrive."""
    return Due(
        point=point,
        root=cause is None,
        escalates=cause is None,
        fields={name.replace("__", "."): value for name, value in fields.items()},
        about=("user_id", "connection_id", "run_id", "thread_id"),
        cause=cause,
    )


CHAIN: Sequence[Due] = (due(POSTGRES, server__port=5432), due(SAVED, POSTGRES))


def test_everything_came() -> None:
    """A root and its symptom, both complete: there is nothing to say."""
    came = observed(record(POSTGRES), record(SAVED, POSTGRES))

    assert [] == judge(CHAIN, came)


def test_nothing_was_expected_and_nothing_came() -> None:
    """Harmless."""
    assert [] == judge((), Observed())


def test_a_record_is_missing() -> None:
    """It is named."""
    came = observed(record(POSTGRES))

    assert [f"{SAVED.id} did not arrive"] == judge(CHAIN, came)


def test_a_record_came_twice() -> None:
    """Once is once, even where the process counted two."""
    came = observed(record(REDIS), record(REDIS), counted=2)

    (problem,) = judge((due(REDIS),), came)

    assert problem.startswith(f"{REDIS.id} came once more: ")


def test_a_stranger_came() -> None:
    """What nobody expected is a problem, as good as it may be."""
    came = observed(record(REDIS), record(POSTGRES))

    (problem,) = judge((due(REDIS),), came)

    assert problem.startswith(f"{POSTGRES.id} was not expected: ")


def test_more_was_counted_than_came() -> None:
    """The process's own count is the witness for what was lost on the way."""
    came = replace(observed(record(REDIS)), counted=Counter({REDIS.id: 3}))

    expected = f"the process counted 3 × {REDIS.id}, and its records stand for 1"
    assert [expected] == judge((due(REDIS),), came)


def test_one_record_stands_for_many() -> None:
    """The count is compared with what the records stand for."""
    many = record(REDIS, golden_path__occurrences=3)
    came = observed(many, counted=3)

    assert [] == judge((due(REDIS, golden_path__occurrences=3),), came)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"user_id": "grace-ho..."}, "user_id is 'grace-ho...' and not 'ada-love...'"),
        ({"connection_id": None}, "connection_id is missing"),
        ({"thread_id": None}, "thread_id is missing"),
        ({"golden_path__root": False}, "golden_path.root is False and not True"),
        (
            {"golden_path__escalates": False},
            "golden_path.escalates is False and not True",
        ),
        (
            {"golden_path__occurrences": 2},
            "golden_path.occurrences is 2 and not 1",
        ),
        ({"fallback_strategy": "unknown"}, "fallback_strategy is unknown"),
        ({"fallback_strategy": None}, "fallback_strategy is missing"),
        ({"performance_impact": ""}, "performance_impact is empty"),
        ({"performance_impact": 3}, "performance_impact is no string: 3"),
        ({"resolution_steps": "ping it"}, "resolution_steps is no string[]: 'ping it'"),
        ({"golden_path__sampled": None}, "golden_path.sampled is missing"),
        ({"exception__stacktrace": None}, "exception.stacktrace is missing"),
        ({"golden_path__cause_id": "some"}, "it is a root and names a cause"),
        (
            {"golden_path__root_failure": POSTGRES.id},
            f"its root is {POSTGRES.id} and not {REDIS.id}",
        ),
    ],
)
def test_a_field_is_not_as_it_has_to_be(
    changes: Mapping[str, Any], problem: str
) -> None:
    """It is named, with what it should have been."""
    came = observed(record(REDIS, **changes))
    if changes.get("golden_path__occurrences"):
        came = replace(came, counted=Counter({REDIS.id: 2}))

    assert [f"{REDIS.id}: {problem}"] == judge(
        (due(REDIS, user_id="ada-love..."),), came
    )


def test_a_number_that_is_unknown() -> None:
    """Naming it as unknown makes it no better, unless a reason is written down."""
    unknown = record(
        SAVED, POSTGRES, data_size=None, golden_path__unknown=["data_size"]
    )
    reasons = {(SAVED.id, "data_size"): "nobody measures it"}

    assert ["data_size is unknown"] == incomplete(unknown, {})
    assert [] == incomplete(unknown, reasons)


def test_a_symptom_that_leads_nowhere() -> None:
    """Its cause has to be the very record of its root."""
    lost = record(SAVED, POSTGRES, golden_path__cause_id="gone")

    assert [
        f"{SAVED.id}: it does not name the record of {POSTGRES.id} as its cause"
    ] == judge(CHAIN, observed(record(POSTGRES), lost))


def test_a_span_that_was_never_received() -> None:
    """A trace id that leads to nothing is no correlation."""
    came = replace(observed(record(REDIS)), spans=())

    assert [f"{REDIS.id}: span bb of its trace was not received"] == judge(
        (due(REDIS),), came
    )


def test_a_trace_that_says_nothing() -> None:
    """Somebody who looks at the trace has to find the failure there too."""
    span = {"trace_id": "aa", "span_id": "bb", "attributes": {}}
    came = replace(observed(record(REDIS)), spans=(span,))

    assert [f"{REDIS.id}: no span of its trace carries golden_path_impact"] == judge(
        (due(REDIS),), came
    )


def test_another_level() -> None:
    """The severity is the failure point's."""
    louder = {**record(REDIS), "severity_number": 21, "severity_text": "CRITICAL"}

    assert [
        f"{REDIS.id}: its severity is (21, 'CRITICAL') and not (13, 'WARNING')"
    ] == judge((due(REDIS),), observed(louder))
