"""Failures that no connection, request or run is around."""

from __future__ import annotations

from typing import Any

import pytest
from watching import watching

from gp_otel import catalogue as c
from gp_otel import nowhere
from gp_otel.testing import Reports

FAILURES = {"ConnectionError": c.DATABASE_REDIS_UNAVAILABLE}


def store() -> Any:
    """Make a call that raises one object again and again, as a breaker does."""
    kept = ConnectionError("stored by a breaker")

    def raises_the_same() -> None:
        raise kept

    return watching(raises_the_same, failures=FAILURES)


def test_one_call_seen_by_two_layers(reports: Reports) -> None:
    """It is one failure."""
    inner = store()
    with pytest.raises(ConnectionError):
        watching(lambda: inner(), failures=FAILURES)()

    assert ["database.redis.unavailable"] == reports.ids


def test_the_same_object_later(
    reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is another failure: silence would hide an outage behind its first record."""
    monkeypatch.setattr(nowhere, "KNOWN_FOR", 0.0)
    call = store()
    for _ in range(3):
        with pytest.raises(ConnectionError):
            call()

    assert ["database.redis.unavailable"] * 3 == reports.ids
