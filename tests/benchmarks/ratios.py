"""What a watched call costs, beside what cannot be avoided.

Run by pyperf in several processes. A value is no time but a ratio: both sides are
timed in turn in one process, many times, and the median of the quotients is taken,
because the machine's speed drifts and a quotient of neighbours does not.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter, time_ns
from typing import Any

import pyperf
import wrapt
from opentelemetry import _logs, trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    LogRecordExporter,
    LogRecordExportResult,
)
from opentelemetry.sdk.trace import TracerProvider

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from watching import connected, watching

from gp_otel import catalogue as c
from gp_otel import emission, record, started
from gp_otel.draft import Draft

PAIRS = 60
CALLS = 1000
EMITS = 60
ADDRESS = {
    c.SERVER_ADDRESS: "10.0.0.7",
    c.SERVER_PORT: 6379,
    c.DB_OPERATION_NAME: "GET",
}

Timed = Callable[[], float]


class Nowhere(LogRecordExporter):
    """An exporter that costs nothing."""

    def export(self, batch: Any) -> LogRecordExportResult:
        """Take everything."""
        del batch
        return LogRecordExportResult.SUCCESS

    def shutdown(self) -> None:
        """Hold nothing."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Hold nothing."""
        return timeout_millis >= 0


def providers() -> None:
    """Set up the SDK as in production, with an exporter that does nothing."""
    logs = LoggerProvider()
    logs.add_log_record_processor(BatchLogRecordProcessor(Nowhere()))
    _logs.set_logger_provider(logs)
    trace.set_tracer_provider(TracerProvider())
    started.told = True


class Store:
    """A client with methods like a driver's."""

    def get(self) -> int:
        """Answer."""
        return 1

    async def fetch(self) -> int:
        """Answer, asynchronously."""
        return 1

    def broken(self) -> None:
        """Fail."""
        raise ConnectionError("connection to 10.0.0.7:6379 refused")


def empty(wrapped: Any, _instance: Any, args: Any, kwargs: Any) -> Any:
    """Wrap and do nothing."""
    return wrapped(*args, **kwargs)


async def empty_async(wrapped: Any, _instance: Any, args: Any, kwargs: Any) -> Any:
    """Wrap an asynchronous call and do nothing but await it."""
    return await wrapped(*args, **kwargs)


def store(name: str, wrapper: Any) -> Store:
    """Make a client whose method is wrapped like this."""
    made: Store = type("Wrapped", (Store,), {name: wrapper})()
    return made


def dependency(_call: object) -> str:
    """Name what the calls go to."""
    return "redis://10.0.0.7:6379/0"


def calls(client: Store, name: str) -> Timed:
    """Time many calls of one method."""

    def timed() -> float:
        begun = perf_counter()
        for _ in range(CALLS):
            getattr(client, name)()
        return perf_counter() - begun

    return timed


def awaits(client: Store) -> Timed:
    """Time many awaited calls of one method."""

    async def many() -> float:
        begun = perf_counter()
        for _ in range(CALLS):
            await client.fetch()
        return perf_counter() - begun

    return lambda: asyncio.run(many())


def failures(client: Store, *, storm: bool) -> Timed:
    """Time many failing calls, beyond the storm's limit or each as the first."""

    def timed() -> float:
        total = 0.0
        for _ in range(EMITS):
            if not storm:
                emission.STORM.reset()
            begun = perf_counter()
            with suppress(ConnectionError):
                client.broken()
            total += perf_counter() - begun
        return total

    return timed


def raised() -> BaseException:
    """Catch what the client raises."""
    try:
        Store().broken()
    except ConnectionError as error:
        return error
    raise AssertionError


def emits() -> Timed:
    """Time as many emits of the very record, without an exception to format."""
    with connected() as around:
        draft = Draft(
            c.DATABASE_REDIS_UNAVAILABLE,
            raised(),
            fields={field.name: value for field, value in ADDRESS.items()},
            scope=around.scope,
            dependency=dependency(None),
        )
    attributes, body = record.attributes(draft), record.body(draft)
    attributes["golden_path.sampled"] = True
    logger = _logs.get_logger("reference")

    def timed() -> float:
        begun = perf_counter()
        for _ in range(EMITS):
            logger.emit(
                LogRecord(
                    timestamp=time_ns(),
                    severity_number=SeverityNumber.WARN,
                    severity_text="WARNING",
                    body=body,
                    attributes=attributes,
                    event_name=draft.point.event_name,
                )
            )
        return perf_counter() - begun

    return timed


def pairs() -> dict[str, tuple[Timed, Timed]]:
    """The measured and the unavoidable, by the budget's name."""
    wrap = wrapt.FunctionWrapper
    fails = store(
        "broken",
        watching(
            Store.broken,
            failures={"ConnectionError": c.DATABASE_REDIS_UNAVAILABLE},
            describe=lambda _: ADDRESS,
            dependency=dependency,
        ),
    )
    plain = calls(store("get", wrap(Store.get, empty)), "get")
    plain_async = awaits(store("fetch", wrap(Store.fetch, empty_async)))
    reference = emits()
    return {
        "call": (
            calls(store("get", watching(Store.get, dependency=dependency)), "get"),
            plain,
        ),
        "call, async": (
            awaits(store("fetch", watching(Store.fetch, dependency=dependency))),
            plain_async,
        ),
        "compound": (
            calls(store("get", watching(Store.get, compound=True)), "get"),
            plain,
        ),
        "compound, async": (
            awaits(store("fetch", watching(Store.fetch, compound=True))),
            plain_async,
        ),
        "failure": (failures(fails, storm=False), reference),
        "failure in a storm": (failures(fails, storm=True), reference),
    }


def ratio(measured: Timed, unavoidable: Timed) -> float:
    """The median quotient of many pairs, each side first in half of them."""
    quotients = []
    for number in range(PAIRS):
        if number % 2:
            below = unavoidable()
            above = measured()
        else:
            above = measured()
            below = unavoidable()
        quotients.append(above / below)
    return statistics.median(quotients)


def main() -> None:
    """Let pyperf run every pair in several processes."""
    runner = pyperf.Runner(processes=5, values=1, warmups=1, loops=1)
    providers()
    tracer = trace.get_tracer("benchmark")
    for name, (measured, unavoidable) in pairs().items():

        def sample(
            loops: int, above: Timed = measured, below: Timed = unavoidable
        ) -> float:
            with connected(), tracer.start_as_current_span("request"):
                return loops * ratio(above, below)

        runner.bench_time_func(name, sample)


if __name__ == "__main__":
    main()
