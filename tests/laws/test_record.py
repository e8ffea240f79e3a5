"""The record contract, on every failure point of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from watching import connected

from gp_otel import catalogue as c
from gp_otel import report
from gp_otel.failure import FailurePoint, Level
from gp_otel.testing import Reports, catching

FAILURES = [point for point in c.CATALOGUE.values() if point.level.is_failure]
every_failure = pytest.mark.parametrize("point", FAILURES, ids=lambda one: one.id)

ALWAYS: Mapping[str, type] = {
    "golden_path_impact": str,
    "user_id": str,
    "error_details": str,
    "resolution_steps": tuple,
    "retry_attempted": bool,
    "fallback_available": bool,
    "golden_path.failure": str,
    "golden_path.stage": str,
    "golden_path.fault": str,
    "golden_path.priority": str,
    "golden_path.root_failure": str,
    "golden_path.root": bool,
    "golden_path.escalates": bool,
    "golden_path.sampled": bool,
    "golden_path.occurrences": int,
    "golden_path.record_id": str,
}
KINDS: Mapping[str, type] = {
    "string": str,
    "int": int,
    "double": float,
    "boolean": bool,
    "string[]": tuple,
}


@every_failure
def test_nothing_known(reports: Reports, point: FailurePoint) -> None:
    """Every field is there, says `unknown`, or is named as unknown; none is made up."""
    report(point)
    record = reports.one(point.id)
    missing = {
        field.name
        for field in point.required
        if field.name not in record.attributes
        and field.name not in record.attributes.get("golden_path.unknown", ())
    }

    assert set() == missing
    assert ALWAYS == {name: type(record[name]) for name in ALWAYS}
    assert "unknown" == record["user_id"]


@every_failure
def test_types(reports: Reports, point: FailurePoint) -> None:
    """One field, one type, always."""
    given: dict[str, Any] = {field.name: "7" for field in point.fields}
    report(point, ValueError("why"), **given)
    record = reports.one(point.id)

    assert {} == {
        field.name: record[field.name]
        for field in point.fields
        if field.name in record.attributes
        and type(record[field.name]) is not KINDS[field.kind]
    }


@every_failure
def test_severity_and_headline(reports: Reports, point: FailurePoint) -> None:
    """The report's word beside the severity number, and the headline's shape."""
    with connected("ada-lovelace", "c-1"):
        report(point)
    record = reports.one(point.id)

    assert (point.level.value, point.level.name) == (
        record.severity,
        record.severity_text,
    )
    assert re.fullmatch(
        r"🚨 [A-Z0-9 ]+ FAILURE: .+ for user ada-love\.\.\. connection c-1", record.body
    )
    assert re.fullmatch(
        r"(CRITICAL|HIGH|MEDIUM|LOW) - .+", record["golden_path_impact"]
    )


def test_trace_of_a_connection(reports: Reports) -> None:
    """Records outside any span share one trace, and each can be found in it."""
    with connected():
        report("database.redis.unavailable")
        report("service.llm.failed")
    one, two = reports.all

    assert one.trace_id == two.trace_id != 0
    assert {one.span_id, two.span_id} == {
        span.context.span_id for span in reports.spans if span.context
    }


def test_what_is_not_named_stays(reports: Reports) -> None:
    """The fields are an include-list."""
    report("database.redis.unavailable", card_number="4111111111111111")

    assert "card_number" not in reports.all[0].attributes


@given(
    st.dictionaries(
        st.sampled_from([field.name for point in FAILURES for field in point.fields]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=8,
        ),
    ),
    st.sampled_from(FAILURES),
)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=200)
def test_whatever_is_given(fields: dict[str, Any], point: FailurePoint) -> None:
    """It never raises, and what comes out has the types that it should."""
    fields.pop("self", None)
    with catching() as reports:
        report(point, **fields)
    record = reports.one(point.id)

    for field in point.fields:
        if field.name in record.attributes:
            assert type(record[field.name]) is KINDS[field.kind]


def test_secrets_do_not_leave(reports: Reports) -> None:
    """Neither by the message, nor by a field, nor by the span."""
    secret = "hunter2-hunter2"
    error = ConnectionError(f"cannot reach postgresql://chat:{secret}@db:5432/chat")
    with connected():
        report(
            c.DATABASE_POSTGRES_CONNECTION_FAILED,
            error,
            connection_error=f"password={secret}",
        )

    everything = f"{reports.all[0]} {[span.to_json() for span in reports.spans]}"
    assert secret not in everything
    assert "db:5432/chat" in everything


def test_steps_name_what_failed(reports: Reports) -> None:
    """A step is a command to copy, with the names of what failed in it."""
    report("database.postgres.connection_failed", host="db-7")

    assert "pg_isready -h db-7" in reports.all[0]["resolution_steps"][0]


def test_events_are_quiet(reports: Reports) -> None:
    """An audited success has no alarm in it and marks no span."""
    report("auth.success", auth_method="jwt")
    event = reports.one("auth.success")

    assert Level.INFO.value == event.severity
    assert "🚨" not in event.body
    assert [] == reports.all


def test_level_by_setting(reports: Reports, settings_of: Callable[[str], None]) -> None:
    """Levels can be changed per id; the id stays."""
    settings_of('[points."auth.jwt.expired"]\nlevel = "WARNING"')
    report("auth.jwt.expired")

    assert "WARNING" == reports.one("auth.jwt.expired").severity_text
