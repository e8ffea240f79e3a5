"""What would be silent without gp-otel: the same scenarios, other people's output.

With `--without-gp-otel` nothing of ours is installed. What the application logs, and
what OpenTelemetry's own instrumentations emit, is captured instead, and a failure
point is silent in a scenario where neither has anything to say of a failure: no log
line of WARNING or above, no OTel log record of that severity, no span that ended with
an error or an exception. That is generous: whatever they say counts, also where it
does not say whose failure it was.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, cast

import pytest
from opentelemetry import _logs, trace
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import StatusCode

from gp_otel.failure import FailurePoint, Level
from gp_otel.testing import Reports

OPTION = "--without-gp-otel"
CONTRIB = (
    ("opentelemetry.instrumentation.asyncpg", "AsyncPGInstrumentor"),
    ("opentelemetry.instrumentation.redis", "RedisInstrumentor"),
    ("opentelemetry.instrumentation.fastapi", "FastAPIInstrumentor"),
    ("opentelemetry.instrumentation.httpx", "HTTPXClientInstrumentor"),
)
PATIENCE = 1.0
"""Seconds that a scenario waits for a record that cannot come."""


@dataclass
class Said:
    """What others said of failures during one scenario."""

    lines: list[str] = field(default_factory=list[str])
    records: list[str] = field(default_factory=list[str])
    spans: list[str] = field(default_factory=list[str])

    def by_whom(self) -> str:
        """Name the kinds of output that say something."""
        parts = {
            "log line": self.lines,
            "OTel record": self.records,
            "span": self.spans,
        }
        return ", ".join(name for name, found in parts.items() if found)


class Listener(logging.Handler):
    """Hears stdlib lines, OTel records and spans."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said = Said()

    def emit(self, record: logging.LogRecord) -> None:
        """Hear a line of the application or a library."""
        self.said.lines.append(record.getMessage())

    def on_emit(self, log_record: Any) -> None:
        """Hear an OTel log record."""
        severity = log_record.log_record.severity_number
        if severity is not None and severity.value >= Level.WARNING.value:
            self.said.records.append(str(log_record.log_record.body))

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        """Nothing is known of a span that starts."""

    def _on_ending(self, span: Any) -> None: ...

    def on_end(self, span: ReadableSpan) -> None:
        """Hear a span that ended."""
        failed = span.status.status_code is StatusCode.ERROR
        if failed or any(event.name == "exception" for event in span.events):
            self.said.spans.append(span.name)

    def shutdown(self) -> None:
        """Hold nothing."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Hold nothing."""
        return timeout_millis >= 0


class Silence:
    """The plugin that listens to one session."""

    def __init__(self) -> None:
        self.listener = Listener()
        self.found: dict[str, dict[str, str]] = {}
        logging.getLogger().addHandler(self.listener)
        logs, traces = LoggerProvider(), TracerProvider()
        logs.add_log_record_processor(cast("LogRecordProcessor", self.listener))
        traces.add_span_processor(cast("SpanProcessor", self.listener))
        _logs.set_logger_provider(logs)
        trace.set_tracer_provider(traces)
        for module, name in CONTRIB:
            getattr(import_module(module), name)().instrument()

    @pytest.fixture
    def reports(self) -> Reports:
        """Nothing is reported: nothing of ours is there."""
        self.listener.said = Said()
        return Impatient()

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(
        self, pyfuncitem: pytest.Function
    ) -> Generator[None, object, object]:
        """Run the scenario for what it does; what it asserts cannot hold."""
        try:
            return (yield)
        except (AssertionError, LookupError, ValueError):
            return True
        finally:
            for mark in pyfuncitem.iter_markers("provokes"):
                for point in mark.args:
                    self._note(point, pyfuncitem.name)

    def _note(self, point: FailurePoint, scenario: str) -> None:
        self.found.setdefault(point.id, {})[scenario] = self.listener.said.by_whom()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Only scenarios that bring about a failure can tell who speaks of it."""
        items[:] = [
            item
            for item in items
            if any(
                point.level.is_failure
                for mark in item.iter_markers("provokes")
                for point in mark.args
            )
        ]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """List every failure point: silent, or who speaks of it."""
        write = terminalreporter.write_line
        terminalreporter.section("without gp-otel")
        silent = 0
        for failure in sorted(self.found):
            speakers = {by for by in self.found[failure].values() if by}
            quiet = [name for name, by in self.found[failure].items() if not by]
            silent += not speakers
            verdict = "silent" if not speakers else ", ".join(sorted(speakers))
            some = f" (silent in {len(quiet)})" if speakers and quiet else ""
            write(f"{failure:45} {verdict}{some}")
        write(f"{silent} of {len(self.found)} failure points would be silent")


class Impatient(Reports):
    """Reports that never come are not waited for long."""

    def wait_for(self, condition: Any, seconds: float = PATIENCE) -> None:
        """Give the scenario the time that a record would take."""
        super().wait_for(condition, min(seconds, PATIENCE))
