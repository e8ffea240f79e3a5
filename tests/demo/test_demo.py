"""`gp-otel demo`, as a user runs it: some of its faults, on the real application."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from gp_otel import cli
from gp_otel.demo.conduct import Conductor
from gp_otel.demo.faults import FAULTS
from gp_otel.demo.parts.http_client import HttpClient
from gp_otel.demo.parts.otlp import OtlpReceiver
from gp_otel.demo.terminal import Terminal
from gp_otel.demo.world import World

PLAYED = ("no-token", "llm-rate-limit", "terminated", "tab-closed")
RECORD = {
    "event_name",
    "severity_number",
    "severity_text",
    "body",
    "trace_id",
    "span_id",
    "time_unix_nano",
    "attributes",
}


@dataclass(frozen=True)
class Demo:
    """What a run of the command left behind."""

    status: int
    text: str
    json: dict[str, Any]
    html: str
    forwarded: OtlpReceiver


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Some of the demo, with every option that writes something."""
    folder = tmp_path_factory.mktemp("empty")
    with OtlpReceiver() as collector:
        command = [sys.executable, "-m", "gp_otel.cli", "demo"]
        command += [word for name in PLAYED for word in ("--only", name)]
        command += ["--json", "demo.json", "--html", "demo.html"]
        command += ["--otlp-endpoint", collector.url]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        yield Demo(
            done.returncode,
            done.stdout,
            json.loads((folder / "demo.json").read_text()),
            (folder / "demo.html").read_text(),
            collector,
        )


def test_all_is_as_it_has_to_be(demo: Demo) -> None:
    """The exit status says so, and so does the last line."""
    assert demo.status == 0, demo.text
    assert demo.text.splitlines()[-1].startswith("all ok: 3 faults gave 6 records, ")


def test_what_is_told_of_a_fault(demo: Demo) -> None:
    """What the user saw, then the record: headline, impact, ids, first step, trace."""
    told = demo.text.partition("llm-rate-limit")[2].partition("ok   ")[0]

    for text in (
        "user saw    agent_started → agent_thinking → error: The assistant is busy",
        "🚨 LLM FAILURE: A model call of a run failed",
        "agent.llm.call_failed · WARNING · root · escalates",
        "impact      HIGH - answer delayed or missing",
        "run llm-rate-limit-run-1",
        "first step  As for service.llm.failed:",
        "agent.supervisor.orchestration_failed · CRITICAL · symptom of",
        "invoke_agent",
    ):
        assert text in told


def test_piped(demo: Demo) -> None:
    """Nobody has to read control characters, long lines or trailing blanks."""
    lines = demo.text.splitlines()

    assert [] == re.findall(r"[\x00-\x09\x0b-\x1f\x7f]", demo.text)
    assert [] == [line for line in lines if len(line) > 100 or line != line.rstrip()]


def test_json(demo: Demo) -> None:
    """The shape that programs rely on."""
    assert {"healthy", "faults", "harmless", "ok"} == set(demo.json)
    assert demo.json["ok"] is True
    assert demo.json["healthy"]["records"] == []
    assert demo.json["healthy"]["chats"] >= 1
    assert {"golden_path.auth.success", "golden_path.websocket.established"} <= {
        event["event_name"] for event in demo.json["healthy"]["audit"]
    }
    assert ["no-token", "llm-rate-limit", "terminated"] == [
        fault["fault"] for fault in demo.json["faults"]
    ]
    (harmless,) = demo.json["harmless"]
    assert {"situation", "evidence", "user_saw", "records", "ok"} == set(harmless)
    assert harmless["records"] == []


def test_json_of_a_fault(demo: Demo) -> None:
    """What was expected, with what the fault itself knows, and what arrived."""
    fault = demo.json["faults"][1]

    assert {"fault", "stage", "expected", "user_saw", "records", "ok"} == set(fault)
    assert [{"id", "root", "escalates", "fields"}] * 2 == [
        set(expected) for expected in fault["expected"]
    ]
    assert [RECORD] * 2 == [set(record) for record in fault["records"]]
    for expected, record in zip(fault["expected"], fault["records"], strict=True):
        assert f"golden_path.{expected['id']}" == record["event_name"]
        assert expected["fields"].items() <= record["attributes"].items()
        assert {"user_id", "run_id", "thread_id"} <= set(expected["fields"])


class Page(HTMLParser):
    """Notes which elements a page has, what it loads, and what it marks."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loads: list[str] = []
        self.articles: list[str] = []
        self.failed = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.loads += [found[name] for name in ("src", "href") if name in found]
        self.failed += "failed" in found.get("class", "").split()
        if tag == "article":
            self.articles.append(found["id"])


def test_html(demo: Demo) -> None:
    """One page for each situation, with its trace, that loads nothing."""
    page = Page(demo.html)

    assert ["no-token", "llm-rate-limit", "terminated", "tab-closed"] == page.articles
    assert page.failed >= 3
    assert {"script", "link", "img", "iframe"}.isdisjoint(page.tags)
    assert all(one.startswith("#") for one in page.loads)
    assert "url(" not in demo.html
    assert "@import" not in demo.html


def test_sent_to_a_collector_as_well(demo: Demo) -> None:
    """What the demo received went on, spans and metrics too."""
    sent = {one["attributes"].get("golden_path.record_id") for one in logs(demo)}
    shown = {
        record["attributes"]["golden_path.record_id"]
        for fault in demo.json["faults"]
        for record in fault["records"]
    }

    assert shown <= sent
    assert demo.forwarded.received.spans
    assert demo.forwarded.received.latest("golden_path.failures")


def logs(demo: Demo) -> tuple[dict[str, Any], ...]:
    """Everything that the collector was sent."""
    return demo.forwarded.received.logs


def test_without_gp_otel(capsys: pytest.CaptureFixture[str]) -> None:
    """The same fault is silent: the demo says so, and is not ok."""
    (fault,) = (one for one in FAULTS if one.name == "no-token")
    with World(without=("golden_path",)) as world:
        result = Conductor(world, Terminal(1)).conduct([fault])

    assert not result.ok
    assert result.healthy is not None
    assert [
        "0 events of auth.success for 2 users",
        "0 events of websocket.established for 2 users",
    ] == list(result.healthy.problems)
    assert [
        "auth.jwt.missing did not arrive",
        "websocket.auth.failed did not arrive",
    ] == list(result.faults[0].problems)
    assert "FAIL 1/1  no-token" in capsys.readouterr().out


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder that others can enter: PostgreSQL runs as nobody where root tests."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_interrupted(temporary: Path) -> None:
    """Ctrl-C ends what was started, and leaves no folder behind."""
    command = [sys.executable, "-m", "gp_otel.cli", "demo", "--only", "no-reply"]
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert running.stdout is not None
    for line in running.stdout:
        if b"healthy chats" in line:
            break
    started = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)

    assert running.returncode == 130
    assert b"interrupted" in said
    assert len(started) >= 3
    assert [] == [one for one in started if one.is_running()]
    assert [] == list(temporary.iterdir())


def test_kept(temporary: Path) -> None:
    """Everything goes on, at the endpoints that are printed, until it is ended."""
    command = [sys.executable, "-m", "gp_otel.cli", "demo", "--keep"]
    running = subprocess.Popen(
        [*command, "--only", "forged-token"],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary)},
        text=True,
    )
    assert running.stdout is not None
    printed: dict[str, str] = {}
    while "OTLP" not in printed:
        word, _, rest = running.stdout.readline().strip().partition("  ")
        printed[word] = rest.strip()
    application = printed["application"].partition(" ")[0]
    health = HttpClient().call("GET", f"{application}/health")
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=30)

    assert (200, '"ok"') == (health.status, health.text)
    assert {"PostgreSQL", "Valkey", "model", "tools"} <= set(printed)
    assert running.returncode == 0
    assert [] == list(temporary.iterdir())


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    """It names every fault, and starts nothing."""
    assert cli.main(["demo", "--list"]) == 0

    listed = capsys.readouterr().out

    assert [] == [one.name for one in FAULTS if f"  {one.name} " not in listed]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "no-tokn"], "there is no fault 'no-tokn'; did you mean no-token"),
        (["--json", "/nowhere/demo.json"], "/nowhere is no folder"),
    ],
)
def test_wrongly_called(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what to write instead, before anything is started."""
    assert cli.main(["demo", *arguments]) == 2
    assert said in capsys.readouterr().err
