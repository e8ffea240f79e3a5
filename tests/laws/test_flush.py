"""The flush in the background, and a fork that comes in the middle of it."""

from __future__ import annotations

import threading

import pytest

from gp_otel import flush
from gp_otel.flush import Flusher


def test_fork_waits_for_a_flush_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child would inherit a request that nobody finishes."""
    begun, go, order = threading.Event(), threading.Event(), list[str]()

    def slow() -> None:
        begun.set()
        go.wait(5)
        order.append("flushed")

    monkeypatch.setattr(flush, "records_and_spans", slow)
    flusher = Flusher()
    flusher.soon()
    assert begun.wait(5)
    threading.Timer(0.05, go.set).start()
    flusher.pause()
    order.append("forked")
    flusher.go_on()

    assert ["flushed", "forked"] == order


def test_flush_after_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent goes on flushing."""
    done = threading.Event()
    monkeypatch.setattr(flush, "records_and_spans", done.set)
    flusher = Flusher()
    flusher.pause()
    flusher.soon()
    assert not done.wait(0.05)
    flusher.go_on()

    assert done.wait(5)
