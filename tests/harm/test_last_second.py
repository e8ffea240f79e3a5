"""The end of a process: nothing is lost, and nobody waits long."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from shopping import GunicornShop, Shop, failed, failures, spans_of

from gp_otel.demo.parts.application import LAUNCHER, Application, script
from gp_otel.demo.parts.otlp import OtlpReceiver

UNHURRIED = {
    "OTEL_BSP_SCHEDULE_DELAY": "60000",
    "OTEL_BLRP_SCHEDULE_DELAY": "60000",
    "OTEL_METRIC_EXPORT_INTERVAL": "60000",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "10",
}
"""The SDK sends nothing by itself before the process has ended."""

PATIENCE = 2.0
"""Seconds that gp-otel may add to the end of a process."""
OWN = 2.0
"""Seconds that the servers take to end, on a machine that has other things to do."""


@pytest.mark.parametrize("kind", [Shop, GunicornShop])
def test_sigterm_right_after_a_failure(
    kind: type[Shop], tmp_path: Path, receiver: OtlpReceiver
) -> None:
    """The record arrives, with its span and its count."""
    before = receiver.mark()
    with kind(folder=tmp_path, endpoint=receiver.url, environment=UNHURRIED) as shop:
        shop.get("/cached")
        time.sleep(0.1)
        shop.terminate()
    received = receiver.since(before)
    (record,) = failures(received)
    (span,) = spans_of(received, "redis")
    counts = {
        point["attributes"]["golden_path.failure"]: point["value"]
        for point in received.latest("golden_path.failures")
        if point["value"]
    }

    assert "database.redis.unavailable" == record["attributes"]["golden_path.failure"]
    assert record["span_id"] == span["span_id"]
    assert (
        record["attributes"]["golden_path_impact"]
        == (span["attributes"]["golden_path_impact"])
    )
    assert {"database.redis.unavailable": 1} == counts


@pytest.fixture
def nobody() -> str:
    """An endpoint where nobody listens."""
    return "http://127.0.0.1:1"


@pytest.fixture
def silent() -> Iterator[str]:
    """An endpoint that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("kind", "endpoint"), [(GunicornShop, "nobody"), (Shop, "silent")]
)
def test_nobody_takes_the_telemetry(
    kind: type[Shop], endpoint: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The process ends all the same, two seconds later at most."""
    url: str = request.getfixturevalue(endpoint)
    with kind(folder=tmp_path, endpoint=url, environment=UNHURRIED) as shop:
        answers = [shop.fail().status, shop.get("/cached").text]
        asked = time.monotonic()
        shop.terminate(patience=30.0)
        took = time.monotonic() - asked

    assert [401, '"not cached"'] == answers
    assert took < PATIENCE + OWN


SCRIPT = """
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

cache = redis.Redis(port=1, retry=Retry(NoBackoff(), 0))
try:
    cache.get("greeting")
except redis.RedisError:
    print("not cached")
"""


def test_script_that_ends_by_itself(tmp_path: Path, receiver: OtlpReceiver) -> None:
    """What failed in it arrives, without a server's shutdown."""
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    before = receiver.mark()
    environment = Application(
        app="", endpoint=receiver.url, environment=UNHURRIED
    ).variables()
    printed = subprocess.run(
        [script(LAUNCHER), "--", sys.executable, file.name],
        check=True,
        capture_output=True,
        cwd=tmp_path,
        env=environment,
        text=True,
    ).stdout
    received = receiver.since(before)

    assert "not cached\n" == printed
    assert ["database.redis.unavailable"] == failed(received)
    assert 1 == sum(p["value"] for p in received.latest("golden_path.failures"))
