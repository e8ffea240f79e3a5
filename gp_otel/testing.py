"""Testing: catch what is reported, in anybody's tests.

`with catching() as reports`; with pytest the fixture of that name does the same
(`gp_otel.pytest_plugin`, found by its entry point).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition
from time import monotonic
from typing import Any, Final, cast

from opentelemetry import _logs, trace
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from gp_otel.failure import Level

_PREFIX: Final = "golden_path."


@dataclass(frozen=True)
class Reported:
    """One record, as it was handed to the SDK."""

    id: str
    attributes: Mapping[str, Any]
    severity: int
    severity_text: str
    body: str
    trace_id: int
    span_id: int
    timestamp: int

    @property
    def is_failure(self) -> bool:
        """Tell a failure from an audited event."""
        return self.severity >= Level.WARNING.value

    def __getitem__(self, name: str) -> Any:
        """One attribute; raises `KeyError` where the record has none of that name."""
        return self.attributes[name]


@dataclass
class Reports:
    """What has been reported since the test began."""

    everything: list[Reported] = field(default_factory=list[Reported])
    spans: list[ReadableSpan] = field(default_factory=list[ReadableSpan])
    _came: Condition = field(default_factory=Condition)

    @property
    def all(self) -> list[Reported]:
        """The failures: WARNING and above."""
        return [one for one in self.everything if one.is_failure]

    @property
    def events(self) -> list[Reported]:
        """What is below: audited successes and changes of state."""
        return [one for one in self.everything if not one.is_failure]

    @property
    def ids(self) -> list[str]:
        """The failure points of the failures, in their order."""
        return [one.id for one in self.all]

    def one(self, failure: str) -> Reported:
        """The only record of a failure point."""
        found = [one for one in self.everything if one.id == failure]
        if len(found) != 1:
            message = f"{len(found)} records of {failure}, of {self.ids}"
            raise AssertionError(message)
        return found[0]

    def wait_for(
        self, condition: Callable[[Reports], object], seconds: float = 10.0
    ) -> None:
        """Wait until the condition holds; raises `AssertionError` if it never does."""
        until = monotonic() + seconds
        with self._came:
            while not condition(self):
                left = until - monotonic()
                if left <= 0:
                    message = f"not within {seconds} s; reported: {self.ids}"
                    raise AssertionError(message)
                self._came.wait(min(left, 0.1))

    def add(self, one: Reported) -> None:
        """Take a record in."""
        with self._came:
            self.everything.append(one)
            self._came.notify_all()


class _Catcher:
    """A log record processor and a span processor in one, for one catch at a time."""

    def __init__(self) -> None:
        self.reports: Reports | None = None

    def on_emit(self, log_record: Any) -> None:
        record = log_record.log_record
        name = record.event_name or ""
        if self.reports is None or not name.startswith(_PREFIX):
            return
        self.reports.add(
            Reported(
                name.removeprefix(_PREFIX),
                dict(record.attributes or {}),
                record.severity_number.value,
                record.severity_text,
                str(record.body),
                record.trace_id or 0,
                record.span_id or 0,
                record.timestamp or 0,
            )
        )

    def enabled(self, **_: Any) -> bool:
        return True

    def on_start(self, span: Any, parent_context: Any = None) -> None: ...

    def _on_ending(self, span: Any) -> None: ...

    def on_end(self, span: ReadableSpan) -> None:
        if self.reports is not None:
            self.reports.spans.append(span)

    def shutdown(self) -> None: ...

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return timeout_millis >= 0


_catcher: _Catcher | None = None


def _set_up() -> _Catcher:
    """Set SDK providers once, where nobody has, and instrument."""
    global _catcher  # noqa: PLW0603 - providers are set once a process
    if _catcher is None:
        _catcher = _Catcher()
        logs = _logs.get_logger_provider()
        if not isinstance(logs, LoggerProvider):
            logs = LoggerProvider()
            _logs.set_logger_provider(logs)
        logs.add_log_record_processor(cast("LogRecordProcessor", _catcher))
        traces = trace.get_tracer_provider()
        if not isinstance(traces, TracerProvider):
            traces = TracerProvider()
            trace.set_tracer_provider(traces)
        traces.add_span_processor(cast("SpanProcessor", _catcher))
    from gp_otel import instrument  # noqa: PLC0415 - after the providers

    instrument()
    return _catcher


@contextmanager
def catching() -> Generator[Reports]:
    """Catch what is reported in the block; our own mistakes are raised in it."""
    from gp_otel import emission, guard, health, metrics, started  # noqa: PLC0415 - nothing at import

    catcher = _set_up()
    emission.STORM.reset()
    metrics.reset()
    health.HEALTH.reset()
    started.once()  # said once a process, and not by the test that happens to be first
    reports = catcher.reports = Reports()
    try:
        with guard.strict():
            yield reports
    finally:
        emission.release()
        catcher.reports = None
