"""Beside contrib's instrumentations, FastAPI's own, or none: the same records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from shopping import Shop, failed, failures, wait_for_failures

from gp_otel.demo.parts.otlp import OtlpReceiver

CONTRIB = ("asyncpg", "fastapi", "httpx", "httpx2", "redis", "threading")
OFF: Mapping[str, str] = {"SHOP_NATIVE_TELEMETRY": "off"}
EXPECTED = [
    "auth.jwt.invalid",
    "database.redis.unavailable",
    "service.cross_service.timeout",
    "websocket.internal_error",
]
SETTINGS = """
[[services]]
name = "search"
hosts = ["127.0.0.1:1"]
"""


@dataclass(frozen=True)
class Beside:
    """Who else is there, and whose spans the records point to, in their order."""

    spans: Sequence[str]
    without: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


BESIDE = {
    "contrib's and FastAPI's": Beside(["fastapi", "redis", "httpx", "fastapi"]),
    "contrib's": Beside(["fastapi", "redis", "httpx", "fastapi"], environment=OFF),
    "FastAPI's": Beside(["fastapi"] * 4, CONTRIB),
    "none": Beside(["gp_otel"] * 4, CONTRIB, OFF),
}


def is_marked(span: Mapping[str, Any]) -> bool:
    """Tell whether a span says what a failure means."""
    return "golden_path_impact" in span["attributes"]


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)
def test_beside_others(beside: Beside, tmp_path: Path, receiver: OtlpReceiver) -> None:
    """Each failure gives one record, and its trace one span that says its impact."""
    (tmp_path / "gp-otel.toml").write_text(SETTINGS)
    before = receiver.mark()
    with Shop(
        folder=tmp_path,
        endpoint=receiver.url,
        without=beside.without,
        environment=beside.environment,
    ) as shop:
        shop.fail()
        shop.get("/cached")
        shop.get("/called")
        with shop.connect() as client:
            client.send({"type": "fail"})
            assert client.wait_closed()
        mistakes = shop.inside()["mistakes"]
        shop.terminate()
    received = receiver.since(before)
    marked = {
        (span["trace_id"], span["attributes"]["golden_path.failure"]): span
        for span in received.spans
        if is_marked(span)
    }
    owners = [
        marked[one["trace_id"], one["attributes"]["golden_path.failure"]]["scope"]
        for one in failures(received)
    ]

    assert {} == mistakes
    assert EXPECTED == failed(received)
    assert list(beside.spans) == [one["name"].rpartition(".")[2] for one in owners]
    assert len(EXPECTED) == len([one for one in received.spans if is_marked(one)])


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
    with Shop(folder=tmp_path, endpoint=receiver.url, environment=environment) as shop:
        shop.get("/cached", **headers)
        wait_for_failures(receiver, "database.redis.unavailable", since=before)
        shop.terminate()
    received = receiver.since(before)
    (record,) = failures(received)

    assert record["attributes"]["golden_path.sampled"] is False
    assert 0 == record["flags"] & 1
    assert 0 != int(record["trace_id"], 16)
    assert [] == received.trace(record["trace_id"])
    if headers:
        assert headers["traceparent"].split("-")[1] == record["trace_id"]
