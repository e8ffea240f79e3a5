"""Environment variables switch off what they name, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from shopping import Shop, failed, spans_of

from gp_otel.demo.parts.otlp import OtlpReceiver

JWT = "jwt.api_jwt:PyJWT.decode_complete"
REDIS = "redis.client:Redis.execute_command"

BOTH = ("auth.jwt.invalid", "database.redis.unavailable")


@dataclass(frozen=True)
class Switched:
    """What the environment says, and what is left."""

    environment: Mapping[str, str]
    patched: tuple[bool, bool] = (False, False)
    records: tuple[str, ...] = ()
    contrib: frozenset[str] = field(default=frozenset({"fastapi", "redis"}))


def disabled(names: str) -> Mapping[str, str]:
    """Name instrumentations that stay off."""
    return {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": names}


NOTHING: frozenset[str] = frozenset()

SITUATIONS = {
    "the SDK": Switched({"OTEL_SDK_DISABLED": "TRUE"}, contrib=NOTHING),
    "everything": Switched(disabled("*"), contrib=NOTHING),
    "all of ours": Switched(disabled("golden_path_*")),
    "our table of redis": Switched(
        disabled("fastapi, golden_path_redis"),
        (True, False),
        BOTH[:1],
        frozenset({"redis"}),
    ),
    "contrib's redis": Switched(
        disabled("redis"), (True, True), BOTH, frozenset({"fastapi"})
    ),
}


@pytest.mark.parametrize("switched", SITUATIONS.values(), ids=SITUATIONS)
def test_switched_off(
    switched: Switched, tmp_path: Path, receiver: OtlpReceiver
) -> None:
    """What is off is not patched and says nothing; the application answers."""
    before = receiver.mark()
    with Shop(
        folder=tmp_path, endpoint=receiver.url, environment=switched.environment
    ) as shop:
        patched = shop.patched(JWT, REDIS)
        answers = [shop.fail().status, shop.get("/cached").text]
        shop.terminate()
    received = receiver.since(before)

    assert [401, '"not cached"'] == answers
    assert list(switched.patched) == patched
    assert list(switched.records) == failed(received)
    assert switched.contrib == {
        name for name in ("fastapi", "redis") if spans_of(received, name)
    }
    if switched.contrib == NOTHING:
        assert [] == [one for one in received.logs if one["event_name"]]
