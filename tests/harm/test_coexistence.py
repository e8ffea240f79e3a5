"""Beside contrib's instrumentations, FastAPI's own, or none: the same records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from shopping import Shop, failed, failures, spans_of, wait_for_failures

from gp_otel.demo.parts.otlp import OtlpReceiver

CONTRIB = ("asyncpg", "fastapi", "httpx", "httpx2", "redis", "threading")
OFF: Mapping[str, str] = {"SHOP_NATIVE_TELEMETRY": "off"}
EXPECTED = [
    "auth.jwt.invalid",
    "database.redis.unavailable",
    "websocket.internal_error",
]

BESIDE: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "contrib's and FastAPI's": ((), {}),
    "contrib's": ((), OFF),
    "FastAPI's": (CONTRIB, {}),
    "none": (CONTRIB, OFF),
}


@pytest.mark.parametrize(("without", "environment"), BESIDE.values(), ids=BESIDE)
def test_beside_others(
    without: tuple[str, ...],
    environment: Mapping[str, str],
    tmp_path: Path,
    receiver: OtlpReceiver,
) -> None:
    """Each failure gives one record, in a trace that has a span with its impact."""
    before = receiver.mark()
    with Shop(
        folder=tmp_path,
        endpoint=receiver.url,
        without=without,
        environment=environment,
    ) as shop:
        shop.fail()
        shop.get("/cached")
        with shop.connect() as client:
            client.send({"type": "fail"})
            assert client.wait_closed()
        mistakes = shop.inside()["mistakes"]
        shop.terminate()
    received = receiver.since(before)
    marked = {
        (span["trace_id"], span["attributes"]["golden_path.failure"])
        for span in received.spans
        if "golden_path_impact" in span["attributes"]
    }

    assert {} == mistakes
    assert EXPECTED == failed(received)
    assert {
        (one["trace_id"], one["attributes"]["golden_path.failure"])
        for one in failures(received)
    } == marked


UNSAMPLED = {
    "the caller's trace": ({}, {"traceparent": f"00-{'a' * 32}-{'b' * 16}-00"}),
    "all traces": ({"OTEL_TRACES_SAMPLER": "always_off"}, {}),
}


@pytest.mark.parametrize(("environment", "headers"), UNSAMPLED.values(), ids=UNSAMPLED)
def test_unsampled(
    environment: Mapping[str, str],
    headers: dict[str, str],
    tmp_path: Path,
    receiver: OtlpReceiver,
) -> None:
    """The record keeps the ids of its context, and no span is made for it."""
    before = receiver.mark()
    with Shop(
        folder=tmp_path, endpoint=receiver.url, environment=environment
    ) as shop:
        shop.get("/cached", **headers)
        wait_for_failures(receiver, "database.redis.unavailable", since=before)
        shop.terminate()
    received = receiver.since(before)
    (record,) = failures(received)

    assert record["attributes"]["golden_path.sampled"] is False
    assert 0 == record["flags"] & 1
    assert record["trace_id"] == (headers and "a" * 32 or record["trace_id"])
    assert 0 != int(record["trace_id"], 16)
    assert [] == received.trace(record["trace_id"])
