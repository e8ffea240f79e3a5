"""Callables of the application's own: named in settings, or decorated."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import logging
import pickle
import sys
import tomllib
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from fastapi import HTTPException, WebSocketException
from langgraph.errors import GraphInterrupt
from starlette.websockets import WebSocketDisconnect
from watching import connected, watching

from gp_otel import (
    FailurePoint,
    catalogue,
    guard,
    install,
    metrics,
    settings,
    targets,
    watch,
)
from gp_otel import catalogue as c
from gp_otel.failure import Fault, Impact, Level
from gp_otel.testing import Reports

FACTORY = "agent.factory.init_failed"
STATE = "agent.state.failed"


class RefusedError(Exception):
    """What the application's own code raises."""


REFUSED = f"{RefusedError.__module__}.{RefusedError.__qualname__}"


# -- shapes --------------------------------------------------------------------


def made(error: BaseException | None) -> str:
    """Return, or raise."""
    if error is not None:
        raise error
    return "made"


@watch(FACTORY)
def plain(error: BaseException | None = None) -> str:
    """Return, or raise."""
    return made(error)


async def made_later(error: BaseException | None) -> str:
    """Return, or raise, a little later."""
    await asyncio.sleep(0)
    return made(error)


@watch(FACTORY)
async def coroutine(error: BaseException | None = None) -> str:
    """Return, or raise, a little later."""
    return await made_later(error)


@watch(FACTORY)
def returns_a_coroutine(error: BaseException | None = None) -> Any:
    """Leave the work to what is returned."""
    return made_later(error)


@watch(FACTORY)
def generator(error: BaseException | None = None) -> Generator[str]:
    """Yield, then return or raise."""
    yield "made"
    made(error)


@watch(FACTORY)
async def async_generator(error: BaseException | None = None) -> AsyncGenerator[str]:
    """Yield, then return or raise, a little later."""
    yield "made"
    await asyncio.sleep(0)
    made(error)


@watch(FACTORY)
@contextmanager
def manager(error: BaseException | None = None) -> Generator[str]:
    """Hand something out, then return or raise."""
    yield "made"
    made(error)


@watch(FACTORY)
@asynccontextmanager
async def async_manager(error: BaseException | None = None) -> AsyncGenerator[str]:
    """Hand something out, then return or raise, a little later."""
    yield "made"
    made(error)


class Factory:
    """Callables on a class."""

    @watch(FACTORY)
    def method(self, error: BaseException | None = None) -> str:
        """Return, or raise."""
        return made(error)

    @watch(FACTORY)
    @classmethod
    def of_the_class(cls, error: BaseException | None = None) -> str:
        """Return, or raise."""
        return made(error)

    @staticmethod
    @watch(FACTORY)
    def static(error: BaseException | None = None) -> str:
        """Return, or raise."""
        return made(error)


async def drained(items: AsyncGenerator[str]) -> str:
    """Take all that it yields; return the last."""
    return [item async for item in items][-1]


async def entered(of: Any) -> str:
    """Enter and leave it; return what it hands out."""
    async with of as found:
        return str(found)


def entered_at_once(of: Any) -> str:
    """Enter and leave it; return what it hands out."""
    with of as found:
        return str(found)


async def now(value: Any) -> Any:
    """Wait for a value, where it is still to come."""
    return await value if asyncio.iscoroutine(value) else value


SHAPES: list[Callable[[BaseException | None], Any]] = [
    plain,
    coroutine,
    returns_a_coroutine,
    lambda error: list(generator(error))[-1],
    lambda error: drained(async_generator(error)),
    lambda error: entered_at_once(manager(error)),
    lambda error: entered(async_manager(error)),
    lambda error: Factory().method(error),
    Factory.of_the_class,
    Factory.static,
]
NAMES = [
    "function",
    "coroutine function",
    "function that returns a coroutine",
    "generator",
    "async generator",
    "context manager",
    "async context manager",
    "method",
    "classmethod",
    "staticmethod",
]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=NAMES)


@every_shape
async def test_it_raises(shape: Callable[[Any], Any], reports: Reports) -> None:
    """One record, and the exception leaves as the object that it was."""
    error = RefusedError("no such profile")

    with pytest.raises(RefusedError) as left:
        await now(shape(error))

    assert error is left.value
    assert [FACTORY] == reports.ids
    assert "no such profile" == reports.one(FACTORY)["factory_error"]


@every_shape
async def test_it_returns(shape: Callable[[Any], Any], reports: Reports) -> None:
    """No record, and the result is the same."""
    assert "made" == await now(shape(None))
    assert [] == reports.ids


@every_shape
async def test_it_is_cancelled(shape: Callable[[Any], Any], reports: Reports) -> None:
    """Whoever is cancelled has not failed."""
    with pytest.raises(asyncio.CancelledError):
        await now(shape(asyncio.CancelledError()))

    assert [] == reports.ids


async def test_a_generator_that_is_left(reports: Reports) -> None:
    """Its reader has had enough: nothing failed."""
    one, other = generator(RefusedError()), async_generator(RefusedError())

    assert ("made", "made") == (next(one), await anext(other))
    one.close()
    await other.aclose()

    assert [] == reports.ids


def test_the_body_of_a_context_manager(reports: Reports) -> None:
    """What its user raises is no failure of its own."""
    with pytest.raises(RefusedError), manager():
        raise RefusedError

    assert [] == reports.ids


def test_a_decorated_function_is_the_function(reports: Reports) -> None:
    """Its name, its documentation and its pickle are what they were."""
    assert "plain" == plain.__name__
    assert "Return, or raise." == plain.__doc__
    assert inspect.iscoroutinefunction(coroutine)
    assert plain is pickle.loads(pickle.dumps(plain))  # noqa: S301 - our own bytes


# -- verdicts ------------------------------------------------------------------


def ends(result: Any, **says: Any) -> None:
    """Call a watched function that returns this, or raises it."""
    asked: dict[str, Any] = {"failure": FACTORY, **says}

    @watch(**asked)
    def called(given: Any) -> Any:
        if isinstance(given, BaseException):
            raise given
        return given

    if isinstance(result, BaseException):
        with pytest.raises(type(result)) as left:
            called(result)
        assert result is left.value
    else:
        assert result is called(result)


def test_none_is_no_failure(reports: Reports) -> None:
    """A function that returns nothing has said nothing."""
    results: list[Any] = [None, False, 0, "", [], SimpleNamespace(error="no")]
    for result in results:
        ends(result)

    assert [] == reports.ids


def test_a_result_that_says_so(reports: Reports) -> None:
    """Then the rule stands where an exception's words would."""
    ends({"success": False}, outcomes="success == false")

    record = reports.one(FACTORY)
    assert "it returned, and result.success == false" == record["factory_error"]
    assert record["factory_error"] == record["error_details"]
    assert "error.type" not in record.attributes


def test_a_result_that_carries_its_error(reports: Reports) -> None:
    """Its words are in the record, without the secrets in them."""
    error = RefusedError("no: password=hunter2")
    ends(SimpleNamespace(error=error), outcomes=["error exists"])

    assert "hunter2" not in str(reports.one(FACTORY).attributes)
    assert (
        "it returned, and result.error exists: no: password="
        in (reports.one(FACTORY)["error_details"])
    )


def test_several_outcomes_of_one_callable(reports: Reports) -> None:
    """Each has its own failure point; the first that fits is what happened."""
    outcomes = [
        {"raises": "ValueError", "failure": STATE},
        {"when": "is None", "failure": "agent.timeout"},
        "raises",
        "is False",
    ]
    for result in (ValueError("v"), UnicodeError("u"), KeyError("k"), None, False):
        ends(result, outcomes=outcomes)

    assert [STATE, STATE, FACTORY, "agent.timeout", FACTORY] == reports.ids


def test_an_exception_that_nobody_names(reports: Reports) -> None:
    """It failed, but what it failed of is not for this watch to say."""
    failed = metrics.OPERATIONS.cell("agent", "failed")
    before = failed.n
    ends(KeyError("k"), outcomes=["raises ValueError"])

    assert [] == reports.ids
    assert before + 1 == failed.n


def test_an_exception_that_passes(reports: Reports) -> None:
    """The application's own business, and that of its heirs."""
    ends(RefusedError("r"), passes=[RefusedError])
    ends(UnicodeDecodeError("utf-8", b"", 0, 1, "u"), passes=["ValueError"])

    assert [] == reports.ids


def test_answers_of_a_web_framework(reports: Reports) -> None:
    """An HTTP answer below 500 is control flow; named as imported or as defined."""
    for answer in (
        HTTPException(404),
        HTTPException(401),
        WebSocketException(1008),
        WebSocketDisconnect(1006),
    ):
        ends(answer)
    ends(HTTPException(503), passes=["fastapi.HTTPException"])
    assert [] == reports.ids

    ends(HTTPException(503, "away"))
    ends(HTTPException(404), outcomes={"raises": "fastapi.HTTPException"})
    ends(WebSocketException(1011))
    assert [FACTORY] * 3 == reports.ids


def test_control_flow_of_a_graph(reports: Reports) -> None:
    """A graph that is interrupted has not failed."""
    ends(GraphInterrupt(()))

    assert [] == reports.ids


def test_what_a_generator_yields(reports: Reports) -> None:
    """Its result is what it yielded last; nothing at all is missing."""

    @watch(FACTORY, outcomes=["is missing", "error exists"])
    def stream(*items: object) -> Iterator[object]:
        yield from items

    list(stream("a", "b"))
    assert [] == reports.ids
    list(stream("a", {"error": "lost"}))
    list(stream())
    assert [FACTORY, FACTORY] == reports.ids


def test_what_a_context_manager_hands_out(reports: Reports) -> None:
    """Its result is that."""

    @watch(FACTORY, outcomes=["is None"])
    @contextmanager
    def session(made: object) -> Generator[object]:
        yield made

    with session("a session"):
        pass
    assert [] == reports.ids
    with session(None):
        pass
    assert [FACTORY] == reports.ids


def test_a_context_manager_as_a_decorator(reports: Reports) -> None:
    """`contextlib` allows it, and it goes on working."""

    @manager()
    def inside() -> str:
        return "ran"

    assert ("ran", "ran") == (inside(), inside())


# -- events --------------------------------------------------------------------


def test_a_result_that_means_an_event(reports: Reports) -> None:
    """Below WARNING it is said, and nothing has failed."""
    ends(None, outcomes={"when": "is None", "failure": "database.tier.cache_miss"})
    ends(KeyError("k"), failure="database.tier.cache_miss", outcomes="raises KeyError")

    assert [] == reports.ids
    assert ["database.tier.cache_miss"] * 2 == [one.id for one in reports.events]


def test_a_success_that_is_an_event(reports: Reports) -> None:
    """It is said once for each success, and not for a failure."""
    outcomes = ["raises", {"when": "succeeds", "failure": "agent.success"}]
    ends("made", outcomes=outcomes)
    ends(RefusedError(), outcomes=outcomes)

    assert [FACTORY] == reports.ids
    assert ["agent.success"] == [one.id for one in reports.events]


def test_a_success_that_deserves_a_warning(reports: Reports) -> None:
    """A bypass is recorded; the call that allowed it has not failed."""
    outcomes = "succeeds if demo == true"
    with connected() as around:
        for demo in (True, False):
            user = SimpleNamespace(demo=demo)
            ends(user, failure="auth.demo_mode.bypass", outcomes=outcomes)

    assert ["auth.demo_mode.bypass"] == reports.ids
    assert around.last is None
    assert reports.one("auth.demo_mode.bypass")["golden_path.root"]


def test_a_call_that_is_the_event(reports: Reports) -> None:
    """It is said when it is made, whatever comes of it."""

    @watch(
        "service.autoscaling.event",
        outcomes=['called if args.action == "out"'],
        fields={"scaling_action": "action"},
    )
    def scale(action: str) -> None:
        raise RefusedError

    for action in ("out", "in"):
        with pytest.raises(RefusedError):
            scale(action)

    assert [] == reports.ids
    assert ["out"] == [one["scaling_action"] for one in reports.events]


# -- deadlines -----------------------------------------------------------------


async def test_silence(reports: Reports) -> None:
    """It is reported while it lasts; the call goes on, and nothing is said twice."""

    @watch("agent.timeout", deadline=0.05)
    async def think(over: asyncio.Event) -> str:
        await over.wait()
        return "thought"

    over = asyncio.Event()
    task = asyncio.create_task(think(over))
    await asyncio.to_thread(reports.wait_for, lambda found: found.ids)
    over.set()

    assert "thought" == await task
    record = reports.one("agent.timeout")
    assert 0.05 == record["timeout_limit"]
    assert record["actual_duration"] >= 0.05
    assert "still running" in record["error_details"]


async def test_a_deadline_around_a_run(reports: Reports) -> None:
    """A run that is ended by one has timed out; the limit is in the record."""

    @watch(FACTORY, kind="run")
    async def run() -> None:
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run(), 0.05)

    assert 0.05 == reports.one("agent.timeout")["timeout_limit"]


async def test_it_ends_in_time(reports: Reports) -> None:
    """Nothing is said, and nothing is left behind to say it later."""

    @watch(FACTORY, deadline=60)
    async def think() -> None: ...

    await think()

    assert [] == reports.ids


# -- ids and fields ------------------------------------------------------------


def test_ids_from_the_arguments(reports: Reports) -> None:
    """They stand on the record, and on those of everything inside."""
    context = SimpleNamespace(run=UUID(int=7), thread="t-1")

    @watch(STATE)
    def inner() -> None:
        raise RefusedError

    class Made:
        user = "ada-lovelace"

        @watch(
            FACTORY,
            ids={
                "user_id": "self.user",
                "run_id": "context.run",
                "thread_id": "args[0].thread",
            },
        )
        def create(self, context: Any) -> None:
            assert context.thread
            inner()

    with pytest.raises(RefusedError):
        Made().create(context)

    for failure in (STATE, FACTORY):
        record = reports.one(failure)
        assert ("ada-love...", str(UUID(int=7)), "t-1") == (
            record["user_id"],
            record["run_id"],
            record["thread_id"],
        )


@pytest.mark.parametrize("kind", ["call", "run"])
def test_a_verified_user_outranks_an_argument(reports: Reports, kind: Any) -> None:
    """What a token has proved is not replaced by what a call was told."""

    @watch(FACTORY, kind=kind, ids={"user_id": "user", "thread_id": "thread"})
    def create(user: str, thread: str) -> None:
        raise RefusedError

    with connected("ada"), pytest.raises(RefusedError):
        create("mallory", "t-1")

    record = reports.one(FACTORY)
    assert ("ada", "c-1", "t-1") == (
        record["user_id"].removesuffix("..."),
        record["connection_id"],
        record["thread_id"],
    )


def test_fields_from_everywhere(reports: Reports) -> None:
    """Paths fill them, settings say the rest, and the callable names itself."""

    @watch(
        "database.result.save_failed",
        fields={"agent_name": "agent", "save_error": "error.args[0]"},
        says={"partial_save": False},
        fallback_available=True,
    )
    def save(agent: str) -> None:
        raise RefusedError("disk full")

    with pytest.raises(RefusedError):
        save("writer")

    record = reports.one("database.result.save_failed")
    assert ("writer", "disk full", False, True) == (
        record["agent_name"],
        record["save_error"],
        record["partial_save"],
        record["fallback_available"],
    )
    assert record["operation"].endswith(".save")
    assert ("result_size",) == record["golden_path.unknown"]


def test_a_run_is_a_span(reports: Reports) -> None:
    """It carries the outcome and the worst impact of all that failed in it."""

    @watch(FACTORY, kind="run", ids={"run_id": "run"})
    def answer(run: str) -> None:
        raise RefusedError

    with pytest.raises(RefusedError):
        answer("r-1")

    (span,) = reports.spans
    assert span.attributes is not None
    assert ("failed", "r-1") == (
        span.attributes["golden_path.outcome"],
        span.attributes["run_id"],
    )


# -- chains --------------------------------------------------------------------


def test_a_later_false_is_a_symptom(reports: Reports) -> None:
    """What failed inside is named as the cause, though only False came out."""

    @watch(STATE)
    def store() -> None:
        raise RefusedError("no route")

    @watch(FACTORY, outcomes=["is False"])
    def create() -> bool:
        try:
            store()
        except RefusedError:
            return False
        return True

    assert not create()

    root, symptom = reports.all
    assert (STATE, FACTORY) == (root.id, symptom.id)
    assert symptom["golden_path.cause_id"] == root["golden_path.record_id"]
    assert STATE == symptom["golden_path.root_failure"]


def test_one_failure_is_recorded_once(reports: Reports) -> None:
    """Where both name the same failure point there is one record."""

    @watch(FACTORY)
    def create() -> None:
        plain(RefusedError())

    with pytest.raises(RefusedError):
        create()

    assert [FACTORY] == reports.ids


# -- the decorator itself ------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        ({"failure": "agent.timout"}, None),
        ({"failure": "no.such.stage"}, "no failure point"),
        ({"outcomes": ["is flase"]}, "tells no outcome"),
        ({"fields": {"user_contxt": "x"}}, "did you mean user_context?"),
        ({"fields": {"user_context": "x["}}, "is no path"),
        ({"ids": {"session": "x"}}, "`session` is no key"),
        ({"kind": "walk"}, "write call, llm"),
        ({"deadline": "soon"}, "write a number"),
    ],
)
def test_what_makes_no_sense(
    says: dict[str, Any], problem: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, clearly, and the function is left as it is."""

    def function() -> str:
        return "made"

    asked: dict[str, Any] = {"failure": FACTORY, **says}
    found = watch(**asked)(function)

    assert "made" == found()
    if problem is None:
        return  # an id that settings may bring
    assert function is found
    (line,) = caplog.messages
    assert problem in line


def test_a_class_is_no_function(caplog: pytest.LogCaptureFixture) -> None:
    """A class stays a class."""

    class Agent: ...

    assert Agent is watch(FACTORY)(Agent)
    assert "is a class: decorate a method of it" in caplog.text


def test_a_failure_point_of_ones_own(reports: Reports) -> None:
    """It need not be in settings."""
    own = FailurePoint(
        id="agent.kitchen.burnt",
        title="The toast is burnt",
        category="AGENT",
        level=Level.ERROR,
        fault=Fault.SERVER,
        impact=Impact("LOW", "breakfast is late"),
        resolution_steps=("Turn it down.",),
    )
    ends(RefusedError("smoke"), failure=own)

    assert "🚨 AGENT FAILURE: The toast is burnt" == reports.one(own.id).body


def test_an_id_that_settings_never_brought(
    reports: Reports, caplog: pytest.LogCaptureFixture
) -> None:
    """The application goes on, and the log says which id it is."""
    guard.forget()
    with guard.strict(on=False):
        ends(RefusedError(), failure="agent.kitchen.burnt")

    assert "agent.kitchen.burnt" not in reports.ids
    assert "'agent.kitchen.burnt' is no failure point" in caplog.text


# -- named in settings ---------------------------------------------------------

SHOP = """
def open_shop(): raise OSError("closed")

class Shop:
    hours = 8

    def __init__(self, town): self.town = town

    def sell(self, what): raise LookupError(what)

    @classmethod
    def all(cls): return None

    @property
    def name(self): return self.town

class Branch(Shop):
    pass
"""


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], install.Library]]:
    """An application's module that nobody has imported yet, and settings for it."""
    (tmp_path / "corner_shop.py").write_text(SHOP)
    monkeypatch.syspath_prepend(tmp_path)
    library = install.Library("watch")
    before = settings.current()

    def name(toml: str) -> install.Library:
        settings.use(settings.parse(tomllib.loads(toml), "gp-otel.toml"))
        targets.watch(settings.current().watches, library)
        return library

    yield name
    library.patches.undo()
    settings.use(before)
    sys.modules.pop("corner_shop", None)


def imported() -> ModuleType:
    """Import the application's module."""
    return importlib.import_module("corner_shop")


def test_it_waits_for_the_import(
    shop: Callable[[str], install.Library], reports: Reports
) -> None:
    """The module is not imported for its sake; once it is, it is watched."""
    library = shop(
        f'[[watch]]\ntarget = "corner_shop:open_shop"\nfailure = "{FACTORY}"'
    )
    assert "corner_shop" not in sys.modules
    assert {"corner_shop:open_shop": install.PENDING} == library.states

    module = imported()
    with pytest.raises(OSError, match="closed"):
        module.open_shop()

    assert {"corner_shop:open_shop": install.PATCHED} == library.states
    assert [FACTORY] == reports.ids


def test_a_method_of_a_class(
    shop: Callable[[str], install.Library], reports: Reports
) -> None:
    """Objects made before and heirs are watched too."""
    shop(
        f"""
        [[watch]]
        target = "corner_shop:Shop.sell"
        failure = "{FACTORY}"
        outcomes = [{{ raises = "LookupError", failure = "{STATE}" }}]
        fields = {{ execution_state = "self.town" }}
        ids = {{ run_id = "what" }}
        """
    )
    branch = imported().Branch("Rome")

    with pytest.raises(LookupError):
        branch.sell("bread")

    record = reports.one(STATE)
    assert ("Rome", "bread") == (record["execution_state"], record["run_id"])


def test_undone(shop: Callable[[str], install.Library], reports: Reports) -> None:
    """Afterwards the class holds what it held before."""
    library = shop(
        f'[[watch]]\ntarget = "corner_shop:Shop.sell"\nfailure = "{FACTORY}"'
    )
    module = imported()
    library.patches.undo()

    with pytest.raises(LookupError):
        module.Shop("Rome").sell("bread")

    assert [] == reports.ids
    assert "function" == type(module.Shop.sell).__name__


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("open_shp", "corner_shop has no `open_shp`: did you mean open_shop"),
        ("Shp.sell", "corner_shop has no `Shp`: did you mean Shop"),
        ("Shop.sel", "Shop has no `sel`: did you mean"),
        ("Shop", "`Shop` is a class: name a method of it, `Shop.__init__`"),
        ("Shop.name", "`name` is a property: name what it calls"),
        ("Shop.hours", "`hours` cannot be called"),
    ],
)
def test_a_target_that_is_not_there(
    shop: Callable[[str], install.Library],
    path: str,
    problem: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is said once, clearly, and the application runs on."""
    library = shop(f'[[watch]]\ntarget = "corner_shop:{path}"\nfailure = "{FACTORY}"')
    module = imported()

    with pytest.raises(OSError, match="closed"):
        module.open_shop()

    assert {f"corner_shop:{path}": install.MISSING} == library.states
    (line,) = caplog.records
    assert (logging.ERROR, "gp_otel") == (line.levelno, line.name)
    assert line.getMessage().startswith("gp-otel.toml, watch ")
    assert problem in line.getMessage()


def test_a_named_callable_outranks_the_library(
    settings_of: Callable[[str], None],
) -> None:
    """What settings say of a library's own callable counts alone."""
    install.uninstall(["redis"])
    settings_of(
        f"""
        [[watch]]
        target = "redis.client:Redis.execute_command"
        failure = "{STATE}"
        """
    )
    try:
        install.install(["redis"])
        importlib.import_module("redis.client")
        states = install.libraries()["redis"].states
    finally:
        install.uninstall(["redis"])
        settings.use(None)
        install.install(["redis"])

    assert install.OUTRANKED == states["redis.client:Redis.execute_command"]


def test_every_catalogued_failure_can_be_watched(reports: Reports) -> None:
    """A watch can mean any failure point; each record carries what it has to."""
    for point in catalogue.CATALOGUE.values():
        ends(RefusedError(point.id), failure=point.id)

    assert list(catalogue.CATALOGUE) == [one.id for one in reports.everything]


class Driver:
    """A class whose methods are called both ways."""

    def fetch(self, query: str) -> None:
        """Fail."""
        raise ConnectionError(query)


@pytest.mark.parametrize("first", ["through the class", "through an instance"])
def test_arguments_of_a_method_called_both_ways(reports: Reports, first: str) -> None:
    """A pool calls `Class.method(instance, …)`; the names find the same arguments."""

    class Here(Driver):
        fetch = watching(
            lambda self, query: Driver.fetch(self, query),
            failures={"ConnectionError": c.DATABASE_REDIS_UNAVAILABLE},
            describe=lambda call: {c.DB_OPERATION_NAME: call.argument("query")},
        )

    ways = [lambda: Here.fetch(Here(), "GET"), lambda: Here().fetch("GET")]
    for way in ways if first == "through the class" else reversed(ways):
        with pytest.raises(ConnectionError):
            way()

    assert ["GET", "GET"] == [one["db.operation.name"] for one in reports.all]
