"""The application's exceptions: the same with gp-otel and without it."""

from __future__ import annotations

import asyncio
import gc
import re
import traceback
import weakref
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from failing import CALLS, Failing, Place
from watching import connected

import gp_otel
from gp_otel import credentials
from gp_otel.demo.parts.llm import Llm
from gp_otel.demo.parts.ports import free_port
from gp_otel.demo.parts.postgres import Postgres
from gp_otel.testing import Reports

every_call = pytest.mark.parametrize("failing", CALLS.values(), ids=CALLS)

OURS = ("/gp_otel/", "/gp_otel_instrumentors/", "/wrapt/")
PASSED_BY = (*OURS, "<frozen")


@dataclass(frozen=True)
class Seen:
    """An exception as its catcher sees it, and those behind it."""

    kind: type[BaseException]
    args: str
    notes: tuple[str, ...]
    frames: tuple[tuple[str, int | None, str], ...]
    """Where it passed, without our own frames."""
    cause: Seen | None
    context: Seen | None
    suppresses_context: bool


def lasting(text: str) -> str:
    """Leave out what differs from one time to the next: addresses and ids."""
    return re.sub(r"0x[0-9a-f]+|[0-9a-f-]{36}", "…", text)


def see(error: BaseException | None) -> Seen | None:
    """Look at an exception, and at those behind it."""
    if error is None:
        return None
    frames = tuple(
        (frame.filename, frame.lineno, frame.name)
        for frame in traceback.extract_tb(error.__traceback__)
        if not any(part in frame.filename for part in PASSED_BY)
    )
    return Seen(
        type(error),
        lasting(repr(error.args)),
        tuple(lasting(note) for note in getattr(error, "__notes__", ())),
        frames,
        see(error.__cause__),
        see(error.__context__),
        error.__suppress_context__,
    )


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Real servers to fail at."""
    with Postgres() as postgres, Llm() as model:
        model.behave(kind="status", status=500)
        url = postgres.url.removeprefix("postgresql")
        yield Place(database=url, model=model.url, closed=free_port())


async def caught(failing: Failing, place: Place) -> Seen | None:
    """Catch what the call raises."""
    try:
        await failing.call(place)
    except Exception as error:  # noqa: BLE001 - whatever it is
        return see(error)
    return None


@every_call
def test_call_that_fails(failing: Failing, place: Place, reports: Reports) -> None:
    """Type, arguments, notes, causes and frames are those without gp-otel."""
    gp_otel.uninstrument()
    without = asyncio.run(caught(failing, place))
    unwatched = reports.ids
    gp_otel.instrument()
    watched = asyncio.run(caught(failing, place))

    assert without is not None
    assert without == watched
    assert [] == unwatched
    assert failing.recorded == bool(reports.ids)


class Precious:
    """Something large in a frame of the application's."""


@every_call
def test_nothing_is_kept_alive(
    failing: Failing, place: Place, reports: Reports
) -> None:
    """Once it is recorded, neither the exception nor its frames are referred to."""

    async def lose() -> weakref.ref[Precious]:
        precious = Precious()
        with suppress(Exception):
            await failing.call(place)
        return weakref.ref(precious)

    with connected() as around:
        credentials.hold(around)
        lost = asyncio.run(lose())
        gc.collect()

        assert lost() is None
