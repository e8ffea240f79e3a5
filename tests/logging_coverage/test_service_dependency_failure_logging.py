"""How the services that an application depends on fail, and what is reported then."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import httpx2
import openai
import pybreaker
import pytest
import tenacity
from agents import ASKED, MODEL, RUN, START_OF_RUN, ask, asking, chain, graph, traces
from openai import AsyncOpenAI, OpenAI
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

from gp_otel import catalogue as c
from gp_otel import health, metrics
from gp_otel.demo.parts.http_server import Reply
from gp_otel.demo.parts.http_service import HttpService
from gp_otel.demo.parts.llm import Llm
from gp_otel.testing import Reports

LLM_FAILED = "service.llm.failed"
RUN_FAILED = "agent.supervisor.orchestration_failed"
OPENED = "service.circuit_breaker.opened"

both = pytest.mark.parametrize("http", [httpx, httpx2], ids=["httpx", "httpx2"])


@pytest.fixture
def llm() -> Iterator[Llm]:
    """A model that a test may break."""
    with Llm() as server:
        yield server


@pytest.fixture
def client(llm: Llm) -> Iterator[OpenAI]:
    """A client that does not try again."""
    with OpenAI(base_url=llm.url, api_key="none", max_retries=0, timeout=5) as client:
        yield client


@pytest.fixture
async def aclient(llm: Llm) -> AsyncIterator[AsyncOpenAI]:
    """The same, asynchronous."""
    async with AsyncOpenAI(
        base_url=llm.url, api_key="none", max_retries=0, timeout=5
    ) as client:
        yield client


def counted() -> dict[Any, int]:
    """What has been counted of dependencies, by their name and the outcome."""
    found = metrics.DEPENDENCY_OPERATIONS.values()
    return {labels: count for labels, count in found.items() if count}


def by_mesh(*, service_time: bool) -> Callable[[Any], Reply]:
    """Answer 503 as Envoy does, itself or for what is behind it."""
    headers = {"server": "envoy", "x-envoy-response-flags": "UF,URX"}
    if service_time:
        headers["x-envoy-upstream-service-time"] = "3"
    return lambda _: Reply(503, b"", headers)


@pytest.fixture
def service() -> Iterator[HttpService]:
    """A service that a test may break."""
    answers = {
        "/token": {"ok": True},
        "/mesh": by_mesh(service_time=False),
        "/behind-mesh": by_mesh(service_time=True),
    }
    with HttpService(answers) as server:
        yield server


@pytest.fixture
def auth(service: HttpService, settings_of: Callable[[str], None]) -> HttpService:
    """The service, which settings name as the one for signing in."""
    settings_of(f"""
        [[services]]
        name = "auth"
        hosts = ["127.0.0.1:{service.port}"]
        failure = "auth.service.unavailable"
    """)
    return service


# -- services by name -----------------------------------------------------------------


@both
@pytest.mark.provokes(c.AUTH_SERVICE_UNAVAILABLE)
def test_auth_service_is_down(reports: Reports, auth: HttpService, http: Any) -> None:
    """Whoever asked, signing in is what does not work."""
    auth.refuse()

    with http.Client(timeout=2.5) as client, pytest.raises(http.ConnectError):
        client.get(f"{auth.url}/token?secret=x")
    only = reports.one("auth.service.unavailable")

    assert ["auth.service.unavailable root"] == chain(reports)
    assert ("auth", f"{auth.url}/token", 2.5, False) == (
        only["service"],
        only["service_url"],
        only["timeout_duration"],
        only["retry_attempted"],
    )
    assert auth.url == only["golden_path.dependency"]
    assert f"{http.__name__}.ConnectError" == only["error.type"]
    assert {(auth.url, "failed"): 1} == counted()


@both
@pytest.mark.provokes(c.AUTH_SERVICE_UNAVAILABLE)
async def test_auth_service_hangs(
    reports: Reports, auth: HttpService, http: Any
) -> None:
    """The limit is that of the phase which took too long."""
    auth.behave(kind="hang")
    limits = http.Timeout(5, read=0.1)

    async with http.AsyncClient(timeout=limits) as client:
        with pytest.raises(http.ReadTimeout):
            await client.get(f"{auth.url}/token")

    assert ["auth.service.unavailable root"] == chain(reports)
    assert 0.1 == reports.one("auth.service.unavailable")["timeout_duration"]


@both
@pytest.mark.provokes(c.AUTH_SERVICE_UNAVAILABLE)
def test_auth_service_answers_503(
    reports: Reports, auth: HttpService, http: Any
) -> None:
    """An answer can be a failure that raises nothing."""
    auth.behave(kind="status", status=503)

    with http.Client() as client:
        answer = client.get(f"{auth.url}/token")
    only = reports.one("auth.service.unavailable")

    assert 503 == answer.status_code == only["http.response.status_code"]
    assert ["auth.service.unavailable root"] == chain(reports)


@both
def test_auth_service_refuses(reports: Reports, auth: HttpService, http: Any) -> None:
    """What is below 500 is an answer, and the application's business."""
    auth.behave(kind="status", status=401)

    with http.Client() as client:
        client.get(f"{auth.url}/token")

    assert [] == reports.ids
    assert {(auth.url, "success"): 1} == counted()


@both
@pytest.mark.provokes(c.SERVICE_CROSS_SERVICE_TIMEOUT)
def test_a_stranger_hangs(
    reports: Reports, service: HttpService, http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that settings do not name: a time-out is certain, all else is not."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "chat")
    service.behave(kind="hang")

    with http.Client(timeout=0.1) as client, pytest.raises(http.ReadTimeout):
        client.get(f"{service.url}/token")
    only = reports.one("service.cross_service.timeout")

    assert ["service.cross_service.timeout root"] == chain(reports)
    assert ("chat", "127.0.0.1", 0.1) == (
        only["source_service"],
        only["target_service"],
        only["timeout_duration"],
    )


@both
def test_a_stranger_is_down(reports: Reports, service: HttpService, http: Any) -> None:
    """Nobody said that it matters."""
    service.behave(kind="status", status=500)
    with http.Client() as client:
        client.get(f"{service.url}/token")
        service.refuse()
        with pytest.raises(http.ConnectError):
            client.get(f"{service.url}/token")

    assert [] == reports.ids
    assert {} == counted()


@both
@pytest.mark.provokes(c.SERVICE_MESH_FAILED)
def test_mesh_answers_itself(reports: Reports, service: HttpService, http: Any) -> None:
    """Envoy says why it could not pass the call on."""
    with http.Client() as client:
        client.get(f"{service.url}/mesh")
        client.get(f"{service.url}/behind-mesh")
    only = reports.one("service.mesh.failed")

    assert ["service.mesh.failed root"] == chain(reports)
    assert "/mesh" == only["url.path"]
    assert ("UF", "URX") == only["communication_errors"]
    assert ("unknown", ("routing_rules",)) == (
        only["mesh_config"],
        only["golden_path.unknown"],
    )


@both
@pytest.mark.provokes(c.SERVICE_CLOUD_RUN_FAILED)
def test_no_instance_on_cloud_run(
    reports: Reports, service: HttpService, http: Any
) -> None:
    """The platform answers for a service of which there is no instance."""
    service.behave(kind="status", status=429)

    with http.Client(proxy=service.url) as client:
        client.get("http://chat-1234.europe-west1.run.app/token")
    only = reports.one("service.cloud_run.failed")

    assert ["service.cloud_run.failed root"] == chain(reports)
    assert ("chat-1234", "europe-west1", "status 429") == (
        only["service_name"],
        only["region"],
        only["error_type"],
    )


def test_span_of_another_instrumentation(
    reports: Reports, auth: HttpService, contrib: None
) -> None:
    """Contrib's span is current when the call fails: it carries the impact, once."""
    auth.behave(kind="status", status=503)

    httpx.get(f"{auth.url}/token")
    span = reports.spans[-1]
    assert span.instrumentation_scope is not None
    assert span.context is not None

    assert ["auth.service.unavailable root"] == chain(reports)
    assert "opentelemetry.instrumentation.httpx" == span.instrumentation_scope.name
    assert "auth.service.unavailable" == (span.attributes or {})["golden_path.failure"]
    assert reports.all[0].span_id == span.context.span_id


@pytest.fixture
def contrib() -> Iterator[None]:
    """Contrib's own instrumentation of httpx, put on top of ours."""
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument()
    yield
    instrumentor.uninstrument()


def test_service_fails_inside_a_run(
    reports: Reports, auth: HttpService, llm: Llm
) -> None:
    """The run names it as its cause."""
    auth.refuse()

    def sign_in(state: Any) -> None:
        httpx.get(f"{auth.url}/token")

    with pytest.raises(httpx.ConnectError):
        graph(sign_in).invoke(START_OF_RUN, RUN)

    assert [
        "auth.service.unavailable root",
        f"{RUN_FAILED} symptom quiet",
    ] == chain(reports)
    assert 1 == traces(reports)


# -- the model: calls -----------------------------------------------------------------


def read(client: OpenAI, api: str) -> None:
    """Ask in one of the ways there are, and read the answer to its end."""
    chat = client.chat.completions
    if api == "completion":
        chat.create(model=MODEL, messages=ASKED)
    elif api == "raw completion":
        chat.with_raw_response.create(model=MODEL, messages=ASKED).parse()
    elif api == "completion stream":
        list(chat.create(model=MODEL, messages=ASKED, stream=True))
    elif api == "response":
        client.responses.create(model=MODEL, input="the weather")
    else:
        list(client.responses.create(model=MODEL, input="the weather", stream=True))


@pytest.mark.provokes(c.SERVICE_LLM_FAILED)
@pytest.mark.parametrize(
    ("rule", "code", "raises"),
    [
        ({"kind": "status", "status": 401}, "invalid_api_key", "AuthenticationError"),
        (
            {"kind": "status", "status": 429, "code": "insufficient_quota"},
            "insufficient_quota",
            "RateLimitError",
        ),
        ({"kind": "status", "status": 500}, "server_error", "InternalServerError"),
        ({"kind": "reset"}, "APIConnectionError", "APIConnectionError"),
        ({"kind": "cut"}, "APIConnectionError", "APIConnectionError"),
    ],
    ids=lambda value: value.get("status", value["kind"]) if "kind" in value else "",
)
@pytest.mark.parametrize("api", ["completion", "response"])
def test_model_refuses(  # noqa: PLR0913, PLR0917 - rules and ways
    reports: Reports,
    llm: Llm,
    client: OpenAI,
    rule: Any,
    code: str,
    raises: str,
    api: str,
) -> None:
    """What the provider says is told, and what was said to it is not."""
    llm.behave(**rule)

    with pytest.raises(getattr(openai, raises)):
        read(client, api)
    only = reports.one(LLM_FAILED)

    assert [f"{LLM_FAILED} root"] == chain(reports)
    assert ("127.0.0.1", MODEL, code, False, 1) == (
        only["provider"],
        only["model"],
        only["error_code"],
        only["retry_attempted"],
        only["attempts"],
    )
    assert f"http://127.0.0.1:{llm.port}" == only["golden_path.dependency"]
    assert "weather" not in json.dumps(dict(only.attributes), default=str)


@pytest.mark.provokes(c.SERVICE_LLM_FAILED)
async def test_model_hangs(reports: Reports, llm: Llm, aclient: AsyncOpenAI) -> None:
    """A deadline around the call is the call's, with its limit."""
    llm.behave(kind="hang")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await aclient.chat.completions.create(model=MODEL, messages=ASKED)
    only = reports.one(LLM_FAILED)

    assert [f"{LLM_FAILED} root"] == chain(reports)
    assert "timeout" == only["error_code"]
    assert "0.2 s" in only["error_details"]


def any_client(http: httpx.Client) -> Any:
    """Take the SDK at its word: its types name httpx2 only."""
    return http


def test_model_is_asked_through_the_old_client(
    reports: Reports, llm: Llm, contrib: None
) -> None:
    """An application may hand its own httpx client to the SDK; its tries show."""
    llm.behave(kind="status", status=429, retry_after=0.01, times=1)

    with (
        httpx.Client() as http,
        OpenAI(
            base_url=llm.url, api_key="none", http_client=any_client(http)
        ) as client,
    ):
        ask(client)
    tried = [span.attributes or {} for span in reports.spans]

    assert [] == reports.ids
    assert 2 == reports.one("service.llm.retried")["attempts"]
    assert ["status 429", None] == [one.get("golden_path.attempt") for one in tried]
    assert [None, None] == [one.get("golden_path_impact") for one in tried]


@pytest.mark.provokes(c.SERVICE_LLM_RETRIED)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_second_try_helps(
    reports: Reports, llm: Llm, client: OpenAI, *, stream: bool
) -> None:
    """The user was served: no failure, and one event that says how often."""
    llm.behave(kind="status", status=429, retry_after=0.01, times=2)

    answer = client.with_options(max_retries=2).chat.completions.create(
        model=MODEL, messages=ASKED, stream=stream
    )
    if stream:
        assert list(answer)
    event = reports.one("service.llm.retried")

    assert [429, 429, 200] == [request.status for request in llm.requests]
    assert [] == reports.ids
    assert ("127.0.0.1", MODEL, 3, 0.01) == (
        event["provider"],
        event["model"],
        event["attempts"],
        event["retry_delay"],
    )


def test_delay_is_the_clients_own(reports: Reports, llm: Llm, client: OpenAI) -> None:
    """Where the server asks for none, the client waits as it sees fit."""
    llm.behave(kind="status", status=500, times=1)

    ask(client.with_options(max_retries=1))

    assert 0.3 < reports.one("service.llm.retried")["retry_delay"] <= 0.5


# -- the model: answers ---------------------------------------------------------------


ways = pytest.mark.parametrize(
    "api",
    [
        "completion",
        "raw completion",
        "completion stream",
        "response",
        "response stream",
    ],
)


@ways
def test_good_answer(reports: Reports, llm: Llm, client: OpenAI, api: str) -> None:
    """However it is asked for, a good answer is no failure."""
    read(client, api)

    assert [] == reports.ids
    assert 1 == llm.count(200)


@ways
@pytest.mark.provokes(c.SERVICE_LLM_EMPTY_ANSWER)
def test_empty_answer(reports: Reports, llm: Llm, client: OpenAI, api: str) -> None:
    """Nothing is raised, and the user sees nothing."""
    llm.behave(kind="empty")

    read(client, api)
    only = reports.one("service.llm.empty_answer")

    assert ["service.llm.empty_answer root"] == chain(reports)
    assert only["finish_reason"] in ("stop", "completed")
    assert (MODEL, "127.0.0.1") == (only["model"], only["provider"])


@ways
@pytest.mark.provokes(c.SERVICE_LLM_FILTERED)
def test_answer_is_filtered(
    reports: Reports, llm: Llm, client: OpenAI, api: str
) -> None:
    """The provider withheld it."""
    llm.behave(kind="filtered")

    read(client, api)

    assert ["service.llm.filtered root"] == chain(reports)
    assert "content_filter" == reports.one("service.llm.filtered")["finish_reason"]


@pytest.mark.provokes(c.SERVICE_LLM_FILTERED)
def test_question_is_filtered(reports: Reports, llm: Llm, client: OpenAI) -> None:
    """Azure refuses the request with 400 and a code of its own."""
    llm.behave(kind="status", status=400, code="content_filter")

    with pytest.raises(openai.BadRequestError):
        ask(client)
    only = reports.one("service.llm.filtered")

    assert ["service.llm.filtered root"] == chain(reports)
    assert ("content_filter", "content_filter") == (
        only["finish_reason"],
        only["error_code"],
    )


@ways
@pytest.mark.provokes(c.SERVICE_LLM_TRUNCATED)
def test_answer_is_cut_off(
    reports: Reports, llm: Llm, client: OpenAI, api: str
) -> None:
    """The model stopped at its limit of tokens."""
    llm.behave(kind="length")

    read(client, api)
    only = reports.one("service.llm.truncated")

    assert ["service.llm.truncated root"] == chain(reports)
    assert only["finish_reason"] in ("length", "max_output_tokens")
    if api == "completion stream":  # only `stream_options` would tell
        assert ("output_tokens",) == only["golden_path.unknown"]
    else:
        assert 0 < only["output_tokens"] < 10


@ways
@pytest.mark.provokes(c.SERVICE_LLM_MALFORMED)
@pytest.mark.parametrize(
    ("kind", "content_type"), [("html", "text/html"), ("foreign", "application/json")]
)
def test_answer_is_not_the_providers(  # noqa: PLR0913, PLR0917 - ways and kinds
    reports: Reports, llm: Llm, client: OpenAI, api: str, kind: Any, content_type: str
) -> None:
    """The status is 200, and the SDK raises nothing; the caller will."""
    llm.behave(kind=kind)

    read(client, api)
    only = reports.one("service.llm.malformed")

    assert ["service.llm.malformed root"] == chain(reports)
    assert (content_type, MODEL) == (only["content_type"], only["model"])


async def collect(stream: AsyncIterator[Any], pieces: list[Any]) -> None:
    """Read a stream to its end."""
    async for piece in stream:
        pieces.append(piece)  # noqa: PERF401 - what came before the end counts


@pytest.mark.provokes(c.SERVICE_LLM_FAILED)
@pytest.mark.parametrize("kind", ["cut", "reset", "error_event"])
async def test_stream_dies(
    reports: Reports, llm: Llm, aclient: AsyncOpenAI, kind: Any
) -> None:
    """The answer began with 200, and ended in the middle."""
    llm.behave(kind=kind, chunks=3)
    stream = await aclient.chat.completions.create(
        model=MODEL, messages=ASKED, stream=True
    )
    pieces: list[Any] = []

    with pytest.raises(openai.APIError):
        await collect(stream, pieces)

    assert pieces
    assert [f"{LLM_FAILED} root"] == chain(reports)


@pytest.mark.provokes(c.SERVICE_LLM_TRUNCATED)
def test_stream_ends_without_its_last_piece(reports: Reports) -> None:
    """A proxy that closes the connection cleanly makes a short answer of a long one."""
    piece = {
        "object": "chat.completion.chunk",
        "choices": [{"delta": {"content": "I"}}],
    }

    with sent(f"data: {json.dumps(piece)}\n\n") as client:
        read(client, "completion stream")

    assert ["service.llm.truncated root"] == chain(reports)
    assert "unknown" == reports.one("service.llm.truncated")["finish_reason"]


@pytest.mark.provokes(c.SERVICE_LLM_MALFORMED)
def test_stream_of_half_a_json(reports: Reports) -> None:
    """The SDK cannot read it, and raises what its parser raises."""
    with (
        sent('data: {"choices": [{"del\n\n') as client,
        pytest.raises(json.JSONDecodeError),
    ):
        read(client, "completion stream")

    assert ["service.llm.malformed root"] == chain(reports)


@pytest.mark.provokes(c.SERVICE_LLM_FAILED)
def test_response_says_that_it_failed(reports: Reports) -> None:
    """The status is 200, and the failure is in the answer."""
    answer = {
        "object": "response",
        "status": "failed",
        "error": {"code": "server_error", "message": "overloaded"},
        "output": [],
    }

    with sent(json.dumps(answer), "application/json") as client:
        read(client, "response")

    assert [f"{LLM_FAILED} root"] == chain(reports)
    assert "server_error" == reports.one(LLM_FAILED)["error_code"]


@contextmanager
def sent(body: str, content_type: str = "text/event-stream") -> Generator[OpenAI]:
    """Make a client whose every question is answered with this body."""
    answer = Reply(200, body.encode(), {}, content_type)
    with (
        HttpService({"/": lambda _: answer}) as service,
        OpenAI(base_url=service.url, api_key="none") as client,
    ):
        yield client


async def test_reader_stops(reports: Reports, llm: Llm, aclient: AsyncOpenAI) -> None:
    """A stream that nobody reads on is abandoned, not failed."""
    stream = await aclient.chat.completions.create(
        model=MODEL, messages=ASKED, stream=True
    )
    async for _ in stream:
        break
    await stream.close()
    del stream
    gc.collect()
    await asyncio.sleep(0)

    assert [] == reports.ids


@pytest.mark.provokes(c.SERVICE_LLM_TRUNCATED)
def test_reader_stops_after_the_last_piece(
    reports: Reports, llm: Llm, client: OpenAI
) -> None:
    """What the last piece said counts, whoever reads on."""
    llm.behave(kind="length")

    for piece in client.chat.completions.create(
        model=MODEL, messages=ASKED, stream=True
    ):
        if piece.choices[0].finish_reason:
            break
    gc.collect()

    assert ["service.llm.truncated root"] == chain(reports)


# -- breakers -------------------------------------------------------------------------


@pytest.fixture
def breaker() -> pybreaker.CircuitBreaker:
    """A breaker that opens at the second failure."""
    return pybreaker.CircuitBreaker(2, 0.1, name="llm")


def guarded(breaker: pybreaker.CircuitBreaker, client: OpenAI) -> Any:
    """Make an agent that asks the model behind the breaker."""
    step = asking(client)

    def think(state: Any) -> Any:
        with breaker.calling():
            return step(state)

    return graph(think)


def fail(agent: Any, raises: type[Exception]) -> None:
    """Run the agent, which fails."""
    with pytest.raises(raises):
        agent.invoke(START_OF_RUN, RUN)


@pytest.mark.provokes(c.SERVICE_CIRCUIT_BREAKER_OPENED)
def test_breaker_opens(
    reports: Reports, llm: Llm, client: OpenAI, breaker: pybreaker.CircuitBreaker
) -> None:
    """A CRITICAL symptom of the call that tripped it: it pages, the run not again."""
    llm.behave(kind="status", status=500)
    agent = guarded(breaker, client)
    fail(agent, openai.InternalServerError)
    reports.everything.clear()

    fail(agent, pybreaker.CircuitBreakerError)
    opened = reports.one(OPENED)

    assert [
        "agent.llm.call_failed root",
        f"{OPENED} symptom",
        f"{RUN_FAILED} symptom quiet",
    ] == chain(reports)
    assert 1 == traces(reports)
    assert ("llm", 2, 2, 0.1) == (
        opened["service"],
        opened["failure_count"],
        opened["threshold"],
        opened["recovery_duration"],
    )
    assert "openai.InternalServerError" == opened["error.type"]
    url = f"http://127.0.0.1:{llm.port}"
    assert {"llm": url} == health.HEALTH.open_breakers
    assert 0.0 == health.HEALTH.scores()[url]


def test_open_breaker_refuses(
    reports: Reports, llm: Llm, client: OpenAI, breaker: pybreaker.CircuitBreaker
) -> None:
    """Another run fails for the reason that the breaker opened for."""
    breaker.reset_timeout = 60
    llm.behave(kind="status", status=500)
    agent = guarded(breaker, client)
    fail(agent, openai.InternalServerError)
    fail(agent, pybreaker.CircuitBreakerError)
    root = [one for one in reports.all if one.id == "agent.llm.call_failed"][-1]
    reports.everything.clear()
    asked = llm.count()

    fail(agent, pybreaker.CircuitBreakerError)
    only = reports.one(RUN_FAILED)

    assert asked == llm.count()
    assert [f"{RUN_FAILED} symptom quiet"] == chain(reports)
    assert root["golden_path.record_id"] == only["golden_path.cause_id"]
    assert root["golden_path.dependency"] == only["golden_path.dependency"]
    assert "agent.llm.call_failed" == only["golden_path.root_failure"]


@pytest.mark.provokes(c.SERVICE_CIRCUIT_BREAKER_HALF_OPEN)
@pytest.mark.provokes(c.SERVICE_CIRCUIT_BREAKER_CLOSED)
def test_breaker_tries_again(
    reports: Reports, llm: Llm, client: OpenAI, breaker: pybreaker.CircuitBreaker
) -> None:
    """The trial is told and pages nobody; opening again is the same failure still."""
    breaker.reset_timeout = 0
    llm.behave(kind="status", status=500)
    agent = guarded(breaker, client)
    fail(agent, openai.InternalServerError)
    fail(agent, pybreaker.CircuitBreakerError)
    reports.everything.clear()

    fail(agent, pybreaker.CircuitBreakerError)

    assert [
        "service.circuit_breaker.half_open symptom quiet",
        "agent.llm.call_failed root",
        f"{RUN_FAILED} symptom",
    ] == chain(reports)
    assert {"llm"} == set(health.HEALTH.open_breakers)

    reports.everything.clear()
    llm.normal()
    agent.invoke(START_OF_RUN, RUN)
    closed = reports.one("service.circuit_breaker.closed")

    assert ["service.circuit_breaker.half_open symptom quiet"] == chain(reports)
    assert (2, 2, "closed") == (
        closed["failure_count"],
        closed["threshold"],
        closed["circuit_state"],
    )
    assert 0 < closed["recovery_duration"] < 30
    assert {} == health.HEALTH.open_breakers


@pytest.mark.parametrize("form", ["call", "decorator"])
def test_forms_of_a_breaker(
    reports: Reports, breaker: pybreaker.CircuitBreaker, form: str
) -> None:
    """What trips it is nothing that is watched: then the breaker is the root."""

    def divide() -> float:
        return 1 / 0

    divided = breaker(divide) if form == "decorator" else lambda: breaker.call(divide)
    with pytest.raises(ZeroDivisionError):
        divided()
    with pytest.raises(pybreaker.CircuitBreakerError):
        divided()

    assert [f"{OPENED} root"] == chain(reports)
    assert "ZeroDivisionError" == reports.one(OPENED)["error.type"]


# -- retries --------------------------------------------------------------------------

RULES: Any = {"stop": tenacity.stop_after_attempt(3), "wait": tenacity.wait_none()}
trying: Any = tenacity.retry(**RULES)


def decorated(client: OpenAI) -> None:
    """Try again by decorator."""
    trying(ask)(client)


def written_out(client: OpenAI) -> None:
    """Try again in a loop that is written out."""
    for attempt in tenacity.Retrying(**RULES):
        with attempt:
            ask(client)


def left_early(client: OpenAI) -> str | None:
    """Try again in a loop that ends with its first success."""
    for attempt in tenacity.Retrying(**RULES):
        with attempt:
            answer: str | None = ask(client)
            return answer
    return None


async def decorated_async(client: AsyncOpenAI) -> None:
    """Try again by decorator."""

    async def once() -> None:
        await client.chat.completions.create(model=MODEL, messages=ASKED)

    await trying(once)()


async def written_out_async(client: AsyncOpenAI) -> None:
    """Try again in a loop that is written out."""
    async for attempt in tenacity.AsyncRetrying(**RULES):
        with attempt:
            await client.chat.completions.create(model=MODEL, messages=ASKED)


loops = pytest.mark.parametrize("loop", [decorated, written_out, left_early])
async_loops = pytest.mark.parametrize("loop", [decorated_async, written_out_async])


@loops
@pytest.mark.provokes(c.AGENT_RECOVERY_ATTEMPT)
def test_third_try_helps(
    reports: Reports, llm: Llm, client: OpenAI, loop: Callable[[OpenAI], None]
) -> None:
    """What failed before is dropped; one event says how often it was tried."""
    llm.behave(kind="status", status=500, times=2)

    loop(client)
    event = reports.one("agent.recovery.attempt")

    assert 3 == llm.count()
    assert [] == reports.ids
    assert (2, "wait_none, stop_after_attempt") == (
        event["retry_count"],
        event["recovery_strategy"],
    )


@loops
def test_loop_gives_up(
    reports: Reports, llm: Llm, client: OpenAI, loop: Callable[[OpenAI], None]
) -> None:
    """The first failure is released, and stands for those that followed."""
    llm.behave(kind="status", status=500)

    with pytest.raises(tenacity.RetryError):
        loop(client)
    only = reports.one(LLM_FAILED)

    assert [f"{LLM_FAILED} root"] == chain(reports)
    assert (3, True) == (only["golden_path.occurrences"], only["retry_attempted"])


@async_loops
async def test_asynchronous_loop(
    reports: Reports, llm: Llm, aclient: AsyncOpenAI, loop: Callable[..., Any]
) -> None:
    """It holds and releases as the others do."""
    llm.behave(kind="status", status=500, times=2)
    await loop(aclient)

    assert [] == reports.ids
    assert 2 == reports.one("agent.recovery.attempt")["retry_count"]

    llm.behave(kind="status", status=500)
    with pytest.raises(tenacity.RetryError):
        await loop(aclient)

    assert [f"{LLM_FAILED} root"] == chain(reports)
    assert 3 == reports.one(LLM_FAILED)["golden_path.occurrences"]


def test_run_dies_of_a_loop_that_gave_up(
    reports: Reports, llm: Llm, client: OpenAI
) -> None:
    """The run names the record that was released, not one that was dropped."""
    llm.behave(kind="status", status=500)

    def think(state: Any) -> None:
        decorated(client)

    fail(graph(think), tenacity.RetryError)
    root, died = reports.all

    assert ["agent.llm.call_failed root", f"{RUN_FAILED} symptom"] == chain(reports)
    assert root["golden_path.record_id"] == died["golden_path.cause_id"]
    assert 3 == root["golden_path.occurrences"]


def test_loop_and_client_both_try_again(
    reports: Reports, llm: Llm, client: OpenAI
) -> None:
    """One event tells of it, that of the client."""
    llm.behave(kind="status", status=500, times=3)
    patient = client.with_options(max_retries=1)

    trying(ask)(patient)

    assert 4 == llm.count()
    assert [] == reports.ids
    assert ["service.llm.retried"] == [
        one.id for one in reports.events if one.id != "telemetry.started"
    ]


def test_nobody_watches_what_is_tried(reports: Reports) -> None:
    """The event counts the tries all the same."""
    tries = iter([ValueError, ValueError, None])

    def once() -> None:
        if (raises := next(tries)) is not None:
            raise raises

    trying(once)()

    assert [] == reports.ids
    assert 2 == reports.one("agent.recovery.attempt")["retry_count"]
