"""Servers of several processes: each speaks for itself, once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from shopping import (
    BAD,
    GunicornShop,
    Shop,
    events,
    failures,
    wait_for_failures,
)

from gp_otel import catalogue as c
from gp_otel.demo.parts.http_client import HttpClient
from gp_otel.demo.parts.otlp import OtlpReceiver

WORKERS = 2
STARTED = "telemetry.started"


@dataclass(frozen=True)
class Server:
    """A way to serve with two workers."""

    kind: type[Shop]
    options: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict[str, str])
    failed_early: int = 0
    """How often the application fails in one process before there are workers."""


LOADED = {"SHOP_FAILS_EARLY": "yes"}
SERVERS = {
    "uvicorn": Server(Shop, ["--workers", "2"]),
    "gunicorn": Server(GunicornShop, ["--workers", "2"]),
    "gunicorn, preloaded": Server(
        GunicornShop, ["--workers", "2", "--preload"], LOADED, failed_early=1
    ),
}


def knock(shop: Shop) -> dict[str, str]:
    """Fail until each worker has done so twice: which request went to whom."""
    answered: dict[str, str] = {}
    until = time.monotonic() + 20.0
    while time.monotonic() < until:
        request = f"request-{len(answered)}"
        answered[request] = who_answers(shop, request)
        counts = Counter(answered.values())
        if len(counts) == WORKERS and min(counts.values()) > 1:
            break
    return answered


def who_answers(shop: Shop, request: str) -> str:
    """Knock with a stranger's token on a connection of its own."""
    import httpx  # noqa: PLC0415 - its answer's headers are wanted

    headers = {"authorization": f"Bearer {BAD}", "x-request-id": request}
    answer = httpx.get(f"{shop.url}/me", headers=headers, trust_env=False)
    return answer.headers["x-pid"]


def counted(shop: Shop, pids: set[str]) -> dict[str, dict[str, int]]:
    """Ask each worker for its own count."""
    found: dict[str, dict[str, int]] = {}
    until = time.monotonic() + 20.0
    while set(found) != pids and time.monotonic() < until:
        inside = HttpClient().call("GET", f"{shop.url}/inside").json()
        assert {} == inside["mistakes"]
        found[str(inside["pid"])] = inside["failures"]
    return found


@pytest.mark.provokes(c.TELEMETRY_STARTED)
@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
def test_two_workers(server: Server, tmp_path: Path, receiver: OtlpReceiver) -> None:
    """Records come from each of them, none twice, and each counts its own only."""
    before = receiver.mark()
    with server.kind(
        folder=tmp_path,
        endpoint=receiver.url,
        options=server.options,
        environment=server.environment,
    ) as shop:
        answered = knock(shop)
        counts = counted(shop, set(answered.values()))
        shop.terminate()
    expected = len(answered) + server.failed_early
    wait_for_failures(receiver, *["auth.jwt.invalid"] * expected, since=before)
    received = receiver.since(before)
    asked = [one["attributes"].get("connection_id") for one in failures(received)]

    assert WORKERS == len(counts)
    assert Counter([*answered, *["unknown"] * server.failed_early]) == Counter(asked)
    assert {
        pid: {"auth.jwt.invalid": count}
        for pid, count in Counter(answered.values()).items()
    } == counts
    assert WORKERS == len(events(received, STARTED))
