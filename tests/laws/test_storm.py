"""Many failures of one kind: few records, exact counters."""

from __future__ import annotations

import pytest
from watching import connected, watching

from gp_otel import catalogue as c
from gp_otel import emission, metrics
from gp_otel.storm import FIRST, Storm
from gp_otel.testing import Reports


def fails() -> None:
    """Fail as a driver does."""
    raise ConnectionError("no route")


STORE = watching(
    fails,
    failures={"ConnectionError": c.DATABASE_REDIS_UNAVAILABLE},
    dependency=lambda _: "redis://cache:6379/0",
)


def fail(times: int) -> None:
    """Fail so many times."""
    for _ in range(times):
        with pytest.raises(ConnectionError):
            STORE()


def counted() -> int:
    """What the counter says."""
    values = metrics.FAILURES.values().items()
    return sum(n for labels, n in values if labels[0] == "database.redis.unavailable")


def test_first_in_full_then_a_summary(reports: Reports) -> None:
    """Records and the summary's occurrences add up to what the counter says."""
    fail(FIRST + 80)
    in_full = len(reports.all)
    emission.STORM.flush()
    summary = reports.all[-1]

    assert (FIRST, FIRST + 1) == (in_full, len(reports.all))
    assert 80 == summary["golden_path.occurrences"]
    assert FIRST + 80 == counted()
    assert "database.redis.unavailable" == summary.id
    assert summary["golden_path.root"]
    assert "redis://cache:6379/0" == summary["golden_path.dependency"]


def test_summary_names_users(reports: Reports) -> None:
    """It says whom it stands for, a bounded number of them."""
    for user in ("ada", "ben"):
        with connected(user):
            fail(FIRST)
    emission.STORM.flush()

    assert 1 == len(reports.all[-1]["golden_path.users"])
    assert "unknown" == reports.all[-1]["user_id"]


def test_symptom_of_what_got_no_record(reports: Reports) -> None:
    """It names one that did."""
    fail(FIRST)
    run = watching(
        lambda: STORE(),
        compound=True,
        failures={"Exception": c.DATABASE_MESSAGE_SAVE_FAILED},
    )
    with connected(), pytest.raises(ConnectionError):
        run()
    symptom = reports.one("database.message.save_failed")

    assert symptom["golden_path.cause_id"] in {
        one["golden_path.record_id"] for one in reports.all
    }


def test_a_minute_later(reports: Reports) -> None:
    """The storm is over: records in full again."""
    now = [0.0]
    storm = Storm(lambda _: None, lambda: now[0])
    key = ("database.redis.unavailable", "database.redis.unavailable")
    during = [storm.admits(key) for _ in range(FIRST + 1)]
    now[0] = 61.0

    assert reports.all == []
    assert ([True] * FIRST + [False], True) == (during, storm.admits(key))


def test_each_root_has_its_own(reports: Reports) -> None:
    """A storm of one kind hides no other."""
    fail(FIRST + 5)
    other = watching(fails, failures={"ConnectionError": c.SERVICE_LLM_FAILED})
    with pytest.raises(ConnectionError):
        other()

    assert "service.llm.failed" == reports.ids[-1]


def test_begun_anew(reports: Reports) -> None:
    """A summary that was due belongs to the storm before, and does not come."""
    fail(FIRST + 3)
    emission.STORM.reset()
    emission.STORM.summary(("database.redis.unavailable", "database.redis.unavailable"))

    assert FIRST == len(reports.all)
