"""Console: each record as two lines for people, beside whatever else exports it.

`OTEL_LOGS_EXPORTER=otlp,golden_path_console` prints to stderr the headline, and what
is known of the failure as JSON. An event is one line. Other records are not ours.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TextIO

from opentelemetry.sdk._logs import export as sdk

from gp_otel.record import iso

if TYPE_CHECKING:
    from opentelemetry._logs import LogRecord
    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk._logs.export import LogRecordExporter as Exporter
    from opentelemetry.sdk._logs.export import LogRecordExportResult as Result
else:
    # they had other names in older SDKs
    Exporter = getattr(sdk, "LogRecordExporter", None) or sdk.LogExporter
    Result = getattr(sdk, "LogRecordExportResult", None) or sdk.LogExportResult

REPORT: Final = (
    "timestamp",
    "golden_path_impact",
    "user_id",
    "connection_id",
    "run_id",
    "thread_id",
    "error_details",
    "resolution_steps",
    "retry_attempted",
    "fallback_available",
)
"""The coverage report's fields, in its order; the others follow."""

_PREFIX: Final = "golden_path."
_SIREN: Final = "🚨 "


class ConsoleExporter(Exporter):
    """Prints records; never raises, whatever becomes of stderr."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out

    def export(self, batch: Sequence[ReadableLogRecord]) -> Result:
        """Print those that are ours."""
        try:
            for one in batch:
                if (one.log_record.event_name or "").startswith(_PREFIX):
                    self._print(lines(one.log_record))
        except Exception:  # noqa: BLE001 - whoever exports must not log
            return Result.FAILURE
        return Result.SUCCESS

    def _print(self, text: str) -> None:
        """Write it in one go: other threads and processes write there too."""
        out = self._out or sys.stderr
        if out is None:
            return  # a process without a console
        try:
            out.write(text)
        except UnicodeEncodeError:
            out.write(text.encode("ascii", "backslashreplace").decode())
        out.flush()

    def shutdown(self) -> None:
        """Nothing is kept back."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Nothing is kept back."""
        with suppress(Exception):
            (self._out or sys.stderr).flush()
        return timeout_millis >= 0


def lines(record: LogRecord) -> str:
    """Write a record for people: the headline, then what is known of the failure."""
    headline = " ".join(str(record.body).split())
    if not headline.startswith(_SIREN):
        return f"{headline}\n"
    category = headline.removeprefix(_SIREN).partition(" FAILURE:")[0]
    known = json.dumps(context(record), ensure_ascii=False, default=str)
    return f"{headline}\n🔍 {category} FAILURE CONTEXT: {known}\n"


def context(record: LogRecord) -> dict[str, Any]:
    """Put the attributes in the report's order."""
    attributes: Mapping[str, Any] = record.attributes or {}
    found: dict[str, Any] = {"timestamp": iso(record.timestamp or 0)}
    found |= {name: attributes[name] for name in REPORT[1:] if name in attributes}
    found |= {name: attributes[name] for name in attributes if name not in found}
    if record.trace_id:
        found["trace_id"] = f"{record.trace_id:032x}"
        found["span_id"] = f"{record.span_id or 0:016x}"
    return found
