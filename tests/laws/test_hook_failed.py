"""A mistake of ours: counted, said once, and the application goes on."""

from __future__ import annotations

import pytest
from watching import connected, watching

from gp_otel import catalogue as c
from gp_otel import guard
from gp_otel.failure import Field
from gp_otel.testing import Reports


def fails() -> None:
    """Fail as a driver does."""
    raise ConnectionError("no route")


def mistaken(_: object) -> dict[Field, object]:
    """Describe a call wrongly."""
    raise KeyError("our own mistake")


STORE = watching(
    fails,
    failures={"ConnectionError": c.DATABASE_REDIS_UNAVAILABLE},
    describe=mistaken,
)


@pytest.mark.provokes(c.TELEMETRY_HOOK_FAILED)
def test_table_that_raises(reports: Reports) -> None:
    """The failure is recorded without its fields, and so is our mistake, once."""
    guard.forget()
    with guard.strict(False), connected():
        for _ in range(3):
            with pytest.raises(ConnectionError, match="no route"):
                STORE()
    record = reports.one("telemetry.hook.failed")

    assert 3 == reports.ids.count("database.redis.unavailable")
    assert 3 == guard.failures()["describe"]
    assert "describe" == record["hook"]
    assert "KeyError: 'our own mistake'" == record["error_details"]
    guard.forget()
