"""The application's own log lines: they gain ids, and lose nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shopping import GOOD, Shop, wait_for_failures

from gp_otel.demo.parts.otlp import OtlpReceiver

OWN = {
    "user_id": "the application's own",
    "connection_id": 17,
    "run_id": ["a", "list"],
    "thread_id": None,
}


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, receiver: OtlpReceiver
) -> Iterator[Shop]:
    """The application, under the launcher, with the distro's instrumentations."""
    folder: Path = tmp_path_factory.mktemp("shop")
    with Shop(folder=folder, endpoint=receiver.url) as shop:
        yield shop
        assert {} == shop.inside()["mistakes"]


def say(shop: Shop, **message: Any) -> dict[str, Any]:
    """Have a line logged on a connection, and give it."""
    shop.get("/lines")
    with shop.connect() as client:
        client.send({"type": "say", **message})

        assert client.wait_for("said"), shop.output()

        line: dict[str, Any] = client.conversation.events[0]["lines"][0]
        return line


def test_extra_with_all_four_names(shop: Shop) -> None:
    """What the application says of itself stands, whatever its type."""
    line = say(shop, run_id="run-1", thread_id="thread-1", extra=OWN)

    assert {"message": "said", **OWN} == line


def test_extra_with_one_of_them(shop: Shop) -> None:
    """The others are filled in."""
    line = say(shop, run_id="run-1", extra={"user_id": "mine"})

    assert ("mine", "run-1") == (line["user_id"], line["run_id"])
    assert line["connection_id"].startswith("ws-")


def test_no_extra(shop: Shop) -> None:
    """A line that is logged on a connection says whose it is."""
    line = say(shop, run_id="run-1", thread_id="thread-1")

    assert ("ada-love...", "run-1", "thread-1") == (
        line["user_id"],
        line["run_id"],
        line["thread_id"],
    )
    assert line["connection_id"].startswith("ws-")


def test_sync_dependency_and_sync_endpoint(shop: Shop) -> None:
    """In the thread pool the ids are those of the request, the user's too."""
    shop.get("/lines")
    lines = shop.get("/sync", GOOD, x_request_id="request-1").json()

    assert ["middleware", "dependency", "endpoint of ada-lovelace-1815"] == [
        line["message"] for line in lines
    ]
    assert ["request-1"] * 3 == [line["connection_id"] for line in lines]
    assert [None, "ada-love...", "ada-love..."] == [line["user_id"] for line in lines]


def test_other_threads_and_late_callbacks(shop: Shop) -> None:
    """The ids go where contrib's threading instrumentation takes the context.

    The application's own context variables go where they went before, and not there.
    """
    seen = shop.get("/elsewhere", GOOD, x_request_id="request-2").json()
    lines = shop.get("/lines").json()
    known = {line["message"]: line["connection_id"] for line in lines}

    assert {
        "to_thread": "ada-lovelace-1815",
        "run_in_executor": "nobody",
        "Thread": "nobody",
        "submit": "nobody",
        "call_soon": "ada-lovelace-1815",
    } == seen
    assert dict.fromkeys(seen, "request-2") == {name: known[name] for name in seen}


def test_alembic_has_silenced_every_logger(shop: Shop, receiver: OtlpReceiver) -> None:
    """Records go through OpenTelemetry's own interface, which has no loggers."""
    before = receiver.mark()
    shop.get("/silence")
    shop.fail()
    received = wait_for_failures(receiver, "auth.jwt.invalid", since=before)

    assert ["auth.jwt.invalid"] == [
        one["attributes"]["golden_path.failure"]
        for one in received.logs
        if one["severity_number"] >= 13
    ]
