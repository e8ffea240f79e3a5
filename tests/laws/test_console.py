"""What `OTEL_LOGS_EXPORTER=golden_path_console` prints."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor

from gp_otel.console import REPORT, ConsoleExporter

HEADLINE = "🚨 AUTH FAILURE: The token is expired for user ada-love... connection c-1"
AT = 1_700_000_000_123_000_000


class Console:
    """An SDK logger that prints to a text of its own."""

    def __init__(self, out: Any = None) -> None:
        self.out = io.StringIO() if out is None else out
        self.provider = LoggerProvider()
        exporter = ConsoleExporter(self.out)
        self.provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))

    def emit(self, body: str = HEADLINE, **says: Any) -> None:
        """Emit a record as gp-otel does."""
        record: dict[str, Any] = {
            "timestamp": AT,
            "severity_number": SeverityNumber.FATAL,
            "body": body,
            "event_name": "golden_path.auth.jwt.expired",
            **says,
        }
        self.provider.get_logger("gp_otel").emit(LogRecord(**record))

    @property
    def lines(self) -> list[str]:
        """What it has printed."""
        text: str = self.out.getvalue()
        return text.splitlines()


@pytest.fixture
def console() -> Iterator[Console]:
    """A console that can be read."""
    made = Console()
    yield made
    made.provider.shutdown()


def test_a_failure_is_two_lines(console: Console) -> None:
    """The headline, then the context as one line of JSON."""
    console.emit(attributes={"user_id": "ada-love..."})

    headline, context = console.lines
    assert HEADLINE == headline
    assert context.startswith('🔍 AUTH FAILURE CONTEXT: {"timestamp": "2023-11-14T22:')
    known = json.loads(context.partition(": ")[2])
    assert "2023-11-14T22:13:20.123Z" == known["timestamp"]
    assert "ada-love..." == known["user_id"]


def test_the_order_of_the_context(console: Console) -> None:
    """The report's fields come first, in its order, then the rest as it was."""
    rest = ["error.type", "golden_path.failure"]
    shuffled = [rest[0], *reversed(REPORT[1:]), rest[1]]
    console.emit(attributes=dict.fromkeys(shuffled, "x"))

    known = json.loads(console.lines[1].partition(": ")[2])
    assert [*REPORT, *rest] == list(known)


def test_types_are_kept(console: Console) -> None:
    """Numbers, flags and lists are not made texts; other letters stay readable."""
    console.emit(
        attributes={
            "retry_attempted": True,
            "timeout_limit": 1.5,
            "resolution_steps": ("one", "zwölf"),
        }
    )

    known = json.loads(console.lines[1].partition(": ")[2])
    assert (True, 1.5, ["one", "zwölf"]) == (
        known["retry_attempted"],
        known["timeout_limit"],
        known["resolution_steps"],
    )
    assert "zwölf" in console.lines[1]


def test_a_headline_of_several_lines(console: Console) -> None:
    """It is one line all the same."""
    console.emit("🚨 AUTH FAILURE: one\nand two")

    assert ["🚨 AUTH FAILURE: one and two", 2] == [console.lines[0], len(console.lines)]


def test_an_event_is_one_line(console: Console) -> None:
    """A success is said, and no more."""
    console.emit(
        "AUTH: Signed in",
        severity_number=SeverityNumber.INFO,
        event_name="golden_path.auth.success",
    )

    assert ["AUTH: Signed in"] == console.lines


def test_records_of_others(console: Console) -> None:
    """They are not printed."""
    console.emit("hello", event_name="http.server.request.exception")
    console.emit("hello", event_name=None)

    assert [] == console.lines


class Broken(io.StringIO):
    """A console whose reader has gone."""

    def write(self, _: str) -> int:
        """Find nobody there."""
        raise BrokenPipeError


def closed() -> io.StringIO:
    """A console that somebody has closed."""
    out = io.StringIO()
    out.close()
    return out


@pytest.mark.parametrize("out", [Broken(), closed()], ids=["broken", "closed"])
def test_a_console_that_is_gone(out: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is raised, and nothing is logged: that would be the next record."""
    console = Console(out)
    console.emit()
    console.provider.force_flush()

    assert [] == caplog.messages


def test_a_console_without_unicode() -> None:
    """The lines come in letters that it has."""
    raw = io.BytesIO()
    console = Console(io.TextIOWrapper(raw, encoding="ascii"))
    console.emit()

    assert raw.getvalue().startswith(b"\\U0001f6a8 AUTH FAILURE: The token")


def test_by_its_entry_point() -> None:
    """`OTEL_LOGS_EXPORTER=golden_path_console` finds it."""
    (found,) = entry_points(
        group="opentelemetry_logs_exporter", name="golden_path_console"
    )

    assert ConsoleExporter is found.load()


FAILS = """
from gp_otel import report
report("auth.jwt.expired", ValueError("too late: password=hunter2"))
"""


def test_in_a_process_of_its_own() -> None:
    """Under the launcher each record is printed once, without its secrets."""
    environment = {
        **os.environ,
        "OTEL_LOGS_EXPORTER": "golden_path_console",
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "PYTHONIOENCODING": "utf-8",
    }
    launcher = Path(sysconfig.get_path("scripts"), "opentelemetry-instrument")
    ran = subprocess.run(
        [launcher, sys.executable, "-c", FAILS],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )

    said = [line for line in ran.stderr.splitlines() if line[:1] in "🚨🔍"]
    headline, context = said
    assert headline.startswith("🚨 AUTH FAILURE: ")
    known = json.loads(context.partition(": ")[2])
    assert "auth.jwt.expired" == known["golden_path.failure"]
    assert "hunter2" not in ran.stderr
