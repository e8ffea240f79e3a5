"""Services, the proxy and the OTLP receiver, driven by real clients."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import asyncpg
import httpx
import pytest
import redis
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from redis.backoff import NoBackoff
from redis.retry import Retry

from gp_otel.demo.parts.http_client import HttpAnswer, HttpClient
from gp_otel.demo.parts.http_server import Request
from gp_otel.demo.parts.http_service import HttpService, Served, ServiceRule
from gp_otel.demo.parts.otlp import OtlpReceiver
from gp_otel.demo.parts.ports import free_port
from gp_otel.demo.parts.postgres import Postgres
from gp_otel.demo.parts.proxy import Proxy
from gp_otel.demo.parts.valkey import Valkey

ONCE = Retry(NoBackoff(), 0)
USER = HttpClient(timeout=2.0)
RESOURCE = Resource({"service.name": "shop"})
SPAN = SpanContext(0xAB, 0xCD, is_remote=False, trace_flags=TraceFlags(1))


# -- services ----------------------------------------------------------------


def found(request: Request) -> dict[str, str]:
    """Answer a search."""
    return {"found": request.query["q"][0]}


@pytest.fixture
def service() -> Iterator[HttpService]:
    """A service that behaves."""
    answers = {
        "/health": {"status": "ok"},
        "/search": found,
        "POST /threads": {"id": 1},
    }
    with HttpService(answers) as service:
        yield service


def test_a_service_that_is_well(service: HttpService) -> None:
    """Known paths are answered, other paths and methods are not."""
    answers = [
        USER.call("GET", f"{service.url}/health"),
        USER.call("GET", f"{service.url}/search?q=rome"),
        USER.call("POST", f"{service.url}/threads", {"title": "x"}),
        USER.call("GET", f"{service.url}/threads"),
    ]

    assert [
        HttpAnswer(200, '{"status": "ok"}'),
        HttpAnswer(200, '{"found": "rome"}'),
        HttpAnswer(200, '{"id": 1}'),
        HttpAnswer(404, '{"detail": "not found"}'),
    ] == answers
    assert Served("POST", "/threads", 200) == service.requests[2]


def test_a_service_that_answers_with_an_error(service: HttpService) -> None:
    """Only the path that the rule names, and only so many times."""
    service.behave(path="/search", status=503, kind="status", retry_after=2, times=1)
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        refused = client.get("/search?q=x")
        statuses = [client.get(path).status_code for path in ("/search?q=x", "/health")]

    assert (503, "2") == (refused.status_code, refused.headers["retry-after"])
    assert [200, 200] == statuses
    assert (1, 2) == (service.count("/search", 503), service.count("/search"))


def test_several_rules(service: HttpService) -> None:
    """The first that fits decides."""
    service.behave(
        ServiceRule(kind="status", path="/search", status=500),
        ServiceRule(kind="status", status=418),
    )

    assert (500, 418) == (
        USER.call("GET", f"{service.url}/search?q=x").status,
        USER.call("GET", f"{service.url}/health").status,
    )


def test_a_service_that_is_slow(service: HttpService) -> None:
    """Latency within the client's patience is none of its business, beyond it is."""
    service.behave(latency=0.1)
    fine = USER.call("GET", f"{service.url}/health")
    service.behave(latency=5)
    late = HttpClient(timeout=0.1).call("GET", f"{service.url}/health")

    assert (200, "ReadTimeout") == (fine.status, late.error)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("cut", "RemoteProtocolError"), ("reset", "ReadError")],
)
def test_a_service_whose_connection_ends(
    service: HttpService, kind: str, error: str
) -> None:
    """Closed half way, or reset before a word."""
    service.behave(kind=kind)

    assert error == USER.call("GET", f"{service.url}/health").error


def test_a_service_that_sends_html(service: HttpService) -> None:
    """The status says 200."""
    service.behave(kind="invalid")
    answer = USER.call("GET", f"{service.url}/health")

    assert 200 == answer.status
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()


def test_a_service_that_hangs(service: HttpService) -> None:
    """It answers when it is told to."""
    service.behave(kind="hang")
    answers: list[HttpAnswer] = []
    url = f"{service.url}/health"
    patient = threading.Thread(
        target=lambda: answers.append(HttpClient(timeout=20).call("GET", url))
    )
    patient.start()
    assert service.wait_for(lambda requests: len(requests) == 1)
    assert [None] == [request.status for request in service.requests]

    service.release()
    patient.join(20)

    assert [200] == [answer.status for answer in answers]


def test_a_service_that_is_down(service: HttpService) -> None:
    """Its port is closed, and open again when it is back."""
    url = f"{service.url}/health"
    service.refuse()
    down = USER.call("GET", url)
    service.normal()

    assert ("ConnectError", 200) == (down.error, USER.call("GET", url).status)


# -- proxy -------------------------------------------------------------------


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """A server to stand in front of."""
    with Valkey() as valkey:
        yield valkey


@pytest.fixture
def proxy(valkey: Valkey) -> Iterator[Proxy]:
    """A proxy in front of it."""
    with Proxy(valkey.port) as proxy:
        yield proxy


@pytest.fixture
def through(proxy: Proxy) -> Iterator[redis.Redis]:
    """A client that comes through the proxy."""
    with redis.Redis(
        host="127.0.0.1", port=proxy.port, retry=ONCE, socket_timeout=0.5
    ) as client:
        client.ping()
        yield client


def test_a_proxy_that_passes(proxy: Proxy, through: redis.Redis) -> None:
    """Megabytes come through as they were."""
    value = b"0123456789abcdef" * 100_000
    through.set("big", value)

    assert value == through.get("big")
    assert 1 == proxy.accepted


def test_a_proxy_that_refuses(proxy: Proxy, through: redis.Redis) -> None:
    """Open connections end, new ones are refused, later ones pass."""
    proxy.behave("refuse")
    with pytest.raises(redis.ConnectionError, match="refused"):
        through.ping()
    proxy.normal()

    assert through.ping()


def test_a_proxy_that_resets(proxy: Proxy, through: redis.Redis) -> None:
    """Whoever waits for an answer gets a reset; the next connection passes."""
    with through.pubsub() as subscriber:  # type: ignore[no-untyped-call]
        subscriber.subscribe("news")
        subscriber.get_message(timeout=1)
        proxy.behave("reset")

        with pytest.raises(redis.ConnectionError, match="reset by peer"):
            subscriber.get_message(timeout=5)
    assert through.ping()


def test_a_proxy_that_swallows(proxy: Proxy, through: redis.Redis) -> None:
    """Connections stand and are silent, old ones and new ones."""
    proxy.behave("blackhole")
    for _ in range(2):
        with pytest.raises(redis.TimeoutError):
            through.ping()
    proxy.normal()

    assert through.ping()


def test_a_proxy_that_delays(proxy: Proxy, through: redis.Redis) -> None:
    """There and back is twice the delay."""
    proxy.behave("delay", seconds=0.1)
    assert through.ping()
    proxy.behave("delay", seconds=0.3)

    with pytest.raises(redis.TimeoutError):
        through.ping()


def test_a_proxy_in_front_of_nothing() -> None:
    """The connection is accepted, and ends."""
    with Proxy(free_port()) as proxy:
        client = redis.Redis(host="127.0.0.1", port=proxy.port, retry=ONCE)
        with client, pytest.raises(redis.ConnectionError):
            client.ping()


async def test_a_proxy_in_front_of_postgres() -> None:
    """A statement under way is lost with its connection."""
    with Postgres() as postgres, Proxy(postgres.port) as proxy:
        url = postgres.url.replace(str(postgres.port), str(proxy.port))
        connection = await asyncpg.connect(url)
        assert 1 == await connection.fetchval("SELECT 1")
        proxy.behave("reset")

        with pytest.raises((OSError, asyncpg.ConnectionDoesNotExistError)):
            await connection.fetchval("SELECT 1")


# -- OTLP --------------------------------------------------------------------


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    """A receiver that has heard nothing."""
    with OtlpReceiver() as receiver:
        yield receiver


def emit_log(url: str, name: str, compression: Compression | None = None) -> None:
    """Send one record."""
    provider = LoggerProvider(RESOURCE)
    exporter = OTLPLogExporter(f"{url}/v1/logs", compression=compression)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    provider.get_logger("tests", "1.2", "https://example.org/schema").emit(
        LogRecord(
            timestamp=1_760_000_000_000_000_001,
            context=set_span_in_context(NonRecordingSpan(SPAN)),
            severity_number=SeverityNumber.ERROR,
            severity_text="ERROR",
            body={"what": ["it", 1]},
            event_name=name,
            attributes={
                "text": "a",
                "int": 1,
                "double": 0.5,
                "yes": True,
                "list": ["a", "b"],
            },
        )
    )
    provider.shutdown()


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_a_record_arrives(receiver: OtlpReceiver, compression: Compression) -> None:
    """All of it, as plain data."""
    emit_log(receiver.url, "shop.failed", compression)

    (record,) = receiver.received.logs
    assert record.pop("observed_time_unix_nano") > 0
    assert "shop" == record.pop("resource")["service.name"]
    assert {
        "event_name": "shop.failed",
        "severity_number": 17,
        "severity_text": "ERROR",
        "body": {"what": ["it", 1]},
        "trace_id": "000000000000000000000000000000ab",
        "span_id": "00000000000000cd",
        "time_unix_nano": 1_760_000_000_000_000_001,
        "flags": 1,
        "attributes": {
            "text": "a",
            "int": 1,
            "double": 0.5,
            "yes": True,
            "list": ["a", "b"],
        },
        "scope": {
            "name": "tests",
            "version": "1.2",
            "schema_url": "https://example.org/schema",
            "attributes": {},
        },
    } == record


def test_a_trace_arrives(receiver: OtlpReceiver) -> None:
    """Spans with parent, kind, status, events and links."""
    provider = TracerProvider(resource=RESOURCE)
    exporter = OTLPSpanExporter(f"{receiver.url}/v1/traces")
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("before") as before:
        pass
    with tracer.start_as_current_span("outer", kind=SpanKind.SERVER) as outer:
        link = Link(before.get_span_context(), {"why": "x"})
        with tracer.start_as_current_span("inner", links=[link]) as inner:
            inner.set_status(Status(StatusCode.ERROR, "no"))
            inner.add_event("tried", {"n": 1}, timestamp=7)
    provider.shutdown()

    trace = receiver.received.trace(f"{outer.get_span_context().trace_id:032x}")
    assert ["outer", "inner"] == [span["name"] for span in trace]
    first, second = trace
    assert ("SERVER", "INTERNAL") == (first["kind"], second["kind"])
    assert ("", first["span_id"]) == (first["parent_span_id"], second["parent_span_id"])
    assert {"code": "ERROR", "message": "no"} == second["status"]
    assert [{"name": "tried", "time_unix_nano": 7, "attributes": {"n": 1}}] == second[
        "events"
    ]
    assert [
        {
            "trace_id": f"{before.get_span_context().trace_id:032x}",
            "span_id": f"{before.get_span_context().span_id:016x}",
            "attributes": {"why": "x"},
        }
    ] == second["links"]
    assert first["start_time_unix_nano"] <= second["start_time_unix_nano"]
    assert "shop" == first["resource"]["service.name"]


def test_metrics_arrive(receiver: OtlpReceiver) -> None:
    """Flat points; of each series the last one can be asked for."""
    exporter = OTLPMetricExporter(f"{receiver.url}/v1/metrics")
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=60_000)
    provider = MeterProvider([reader], resource=RESOURCE)
    meter = provider.get_meter("tests")
    count = meter.create_counter("failures", unit="1")
    count.add(1, {"id": "a"})
    count.add(5, {"id": "b"})
    meter.create_histogram("duration").record(0.25)
    meter.create_gauge("health").set(0.5)
    provider.force_flush()
    count.add(2, {"id": "a"})
    provider.shutdown()

    received = receiver.received
    assert {("a", 3), ("b", 5)} == {
        (point["attributes"]["id"], point["value"])
        for point in received.latest("failures")
    }
    assert [("sum", "cumulative", "1")] == sorted(
        {(p["type"], p["temporality"], p["unit"]) for p in received.latest("failures")}
    )
    assert [(0.25, 1)] == [
        (point["value"], point["count"]) for point in received.latest("duration")
    ]
    assert [("gauge", 0.5)] == [
        (point["type"], point["value"]) for point in received.latest("health")
    ]


def test_what_came_since(receiver: OtlpReceiver) -> None:
    """A mark parts what came before from what comes after."""
    emit_log(receiver.url, "first")
    mark = receiver.mark()
    sender = threading.Thread(target=emit_log, args=(receiver.url, "second"))
    sender.start()

    assert receiver.wait_for_logs(["second"], since=mark)
    sender.join()
    assert ["second"] == [log["event_name"] for log in receiver.since(mark).logs]
    assert not receiver.wait_for_logs(["first"], timeout=0.01, since=mark)


def test_nonsense_is_refused(receiver: OtlpReceiver) -> None:
    """What is no OTLP gets 400, and is not kept."""
    with httpx.Client(base_url=receiver.url, trust_env=False) as client:
        statuses = [
            client.post("/v1/logs", content=b"\xff\xff").status_code,
            client.post(
                "/v1/logs", content=b"x", headers={"content-encoding": "gzip"}
            ).status_code,
            client.post("/v1/profiles", content=b"").status_code,
        ]

    assert [400, 400, 404] == statuses
    assert () == receiver.received.logs


def test_a_second_collector(receiver: OtlpReceiver) -> None:
    """It gets what arrived, packed as it was."""
    with OtlpReceiver(forward_to=receiver.url) as first:
        emit_log(first.url, "forwarded", Compression.Gzip)
        assert receiver.wait_for_logs(["forwarded"])

    assert first.forward is not None
    assert (1, 0) == (first.forward.sent, first.forward.failures)
    assert first.received == receiver.received


def test_a_second_collector_that_is_away() -> None:
    """Nobody notices, apart from the count."""
    with OtlpReceiver(forward_to=f"http://127.0.0.1:{free_port()}") as first:
        emit_log(first.url, "kept")

    assert first.forward is not None
    assert (0, 1) == (first.forward.sent, first.forward.failures)
    assert ["kept"] == [log["event_name"] for log in first.received.logs]
