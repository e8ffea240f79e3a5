"""`gp-otel doctor`: what it finds out, what it says, and how it ends."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import environ
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2_grpc as logs_rpc

from gp_otel import cli
from gp_otel.cli import starting
from gp_otel.cli.doctor import launcher
from gp_otel.cli.exporting import exporting
from gp_otel.cli.findings import WIDTH, Finding, Section, note, ok, written, wrong
from gp_otel.cli.starting import Start
from gp_otel.demo.parts.http_server import HttpServer, Reply, Request
from gp_otel.demo.parts.otlp import OtlpReceiver

OFF = {
    "OTEL_TRACES_EXPORTER": "none",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "golden_path_console",
}
"""Settings of the SDK that need nobody to answer."""

APPLICATION = """
from fastapi import Depends, FastAPI
from langgraph.graph import StateGraph

from kitchen_stove import get_stove


def get_cook():
    return "cook"


app = FastAPI()


@app.get("/")
def toast(cook=Depends(get_cook), stove=Depends(get_stove)):
    return cook, stove


class Toaster:
    def toast(self): ...
"""
WATCHES = """
[[watch]]
target = "kitchen:Toaster.toast"
failure = "agent.timeout"

[[watch]]
target = "kitchen_stove:get_stove"
failure = "agent.timeout"

[[watch]]
target = "kitchen:get_cook"
failure = "agent.timeout"

[[watch]]
target = "kitchen:Toaster.tost"
failure = "agent.timeout"

[[watch]]
target = "kitchen_sink:wash"
failure = "agent.timeout"
"""


@dataclass(frozen=True)
class Said:
    """What the doctor said, and how it ended."""

    status: int
    text: str

    @property
    def words(self) -> str:
        """The text, without where its lines end."""
        return " ".join(self.text.split())


Doctor = Callable[..., Said]


@pytest.fixture
def doctor(tmp_path: Path) -> Doctor:
    """Ask the doctor, in an empty folder."""

    def ask(*arguments: str, **variables: str) -> Said:
        command = [sys.executable, "-m", "gp_otel.cli", "doctor", *arguments]
        ran = subprocess.run(
            command,
            cwd=tmp_path,
            env={**environ, **OFF, **variables, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=110,
        )
        assert "" == ran.stderr
        return Said(ran.returncode, ran.stdout)

    return ask


@pytest.fixture
def quick(doctor: Doctor, tmp_path: Path) -> Doctor:
    """Ask the doctor about an application that imports nothing."""
    (tmp_path / "empty.py").write_text("")
    return lambda *arguments, **variables: doctor(
        "--app", "empty", *arguments, **variables
    )


@pytest.fixture
def kitchen(tmp_path: Path) -> None:
    """An application in that folder, without settings."""
    (tmp_path / "kitchen.py").write_text(APPLICATION)
    (tmp_path / "kitchen_stove.py").write_text("def get_stove():\n    return 1\n")


# -- all in one ----------------------------------------------------------------


def test_all_is_well(doctor: Doctor) -> None:
    """It says so, ends with 0, and every library is patched."""
    said = doctor()

    assert (0, "All that was looked at works.") == (
        said.status,
        said.text.splitlines()[-1],
    )
    assert "!!" not in said.text
    assert "ok opentelemetry-sdk " in said.words
    assert "defaults: no gp-otel.toml here" in said.words
    assert "ok redis " in said.words
    assert "ok langgraph " in said.words
    assert "ok logs: golden_path_console" in said.words


def test_every_target(doctor: Doctor, kitchen: None, tmp_path: Path) -> None:
    """`--all` names each, with its state; only one word alone exceeds 80 columns."""
    (tmp_path / "gp-otel.toml").write_text(WATCHES)
    said = doctor("--all", "--app", "kitchen:app")

    assert "ok logging:Logger.handle: patched" in said.words
    assert "ok langgraph.graph.state:StateGraph.compile: patched" in said.words
    long = [line for line in said.text.splitlines() if len(line) > WIDTH]
    assert [] == [line for line in long if len(line.split()) > 2]


# -- settings ------------------------------------------------------------------


def test_settings_that_are_wrong(quick: Doctor, tmp_path: Path) -> None:
    """The one error, with its remedy; the process would have the defaults."""
    (tmp_path / "gp-otel.toml").write_text("adit = []")
    said = quick()

    assert 1 == said.status
    assert (
        "!! gp-otel.toml: `adit` is no key → did you mean audit? (until then the "
        "defaults are in force)"
    ) in said.words


def test_settings_in_force(doctor: Doctor, tmp_path: Path) -> None:
    """The file, and what it says."""
    (tmp_path / "gp-otel.toml").write_text('audit = ["agent"]\n' + WATCHES)
    said = doctor("--", "opentelemetry-instrument", "python", "serve.py")

    assert (
        "ok gp-otel.toml: 5 watched callables, 0 services, 0 dependencies ok audited: "
        "agent; user hashes: not keyed"
    ) in said.words
    assert "-- watch kitchen:get_cook: pending its import (--app" in said.words


# -- the application -----------------------------------------------------------


def test_an_application(doctor: Doctor, kitchen: None, tmp_path: Path) -> None:
    """What is patched in it, and what of its own callables is not, and why."""
    (tmp_path / "gp-otel.toml").write_text(WATCHES)
    said = doctor("--app", "kitchen:app")

    assert 1 == said.status
    assert "Watched, in kitchen" in said.text
    assert "ok fastapi " in said.words
    assert "ok watch kitchen:Toaster.toast: patched" in said.words
    assert "ok watch kitchen_stove:get_stove: patched" in said.words
    assert (
        "!! watch kitchen:get_cook: patched, but it was referenced before that, by "
        "fastapi.dependencies.models.Dependant, fastapi.params.Depends: these call it "
        "unseen →"
    ) in said.words
    assert "!! watch kitchen:Toaster.tost: not found → correct the name" in said.words
    assert (
        "!! watch kitchen_sink:wash: kitchen_sink has not been imported →" in said.words
    )
    assert "3 problems, marked !!, each with its remedy." in said.text


def test_the_command_of_an_application(doctor: Doctor, kitchen: None) -> None:
    """The application is found in it; the command itself is not run."""
    said = doctor(
        "--", "opentelemetry-instrument", "uvicorn", "kitchen:app", "--port", "80"
    )

    assert (0, True) == (said.status, "Watched, in kitchen" in said.text)


def test_a_command_without_the_launcher(doctor: Doctor, kitchen: None) -> None:
    """Nobody starts gp-otel then, and the remedy says who can."""
    said = doctor("--", "uvicorn", "kitchen:app")

    assert 1 == said.status
    assert (
        "!! nobody starts gp-otel in this process → put opentelemetry-instrument before"
    ) in said.words


def test_an_application_that_starts_it_itself(
    doctor: Doctor, kitchen: None, tmp_path: Path
) -> None:
    """`gp_otel.instrument()` is the way without the launcher."""
    start = "import gp_otel\ngp_otel.instrument()\n"
    (tmp_path / "kitchen.py").write_text(start + APPLICATION)
    said = doctor("--", "uvicorn", "kitchen:app")

    assert (0, True) == (said.status, "ok fastapi " in said.words)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import kitchen_sink", "ModuleNotFoundError: No module named 'kitchen_sink'"),
        ("raise SystemExit('no stove')", "SystemExit: no stove"),
    ],
)
def test_an_application_that_cannot_be_imported(
    doctor: Doctor, tmp_path: Path, code: str, problem: str
) -> None:
    """What it raises is said."""
    (tmp_path / "kitchen.py").write_text(code)
    said = doctor("--app", "kitchen")

    assert 1 == said.status
    assert f"!! kitchen cannot be imported: {problem} →" in said.words


def test_an_application_in_a_folder_of_its_own(doctor: Doctor, tmp_path: Path) -> None:
    """As uvicorn's `--app-dir` and gunicorn's `--chdir` find it."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "oven.py").write_text("app = None")
    launched = ("--", "opentelemetry-instrument")

    for command in (("uvicorn", "--app-dir=there"), ("gunicorn", "--chdir", "there")):
        said = doctor(*launched, *command, "oven:app")
        assert (0, True) == (said.status, "Watched, in oven" in said.text)


# -- libraries -----------------------------------------------------------------


def test_a_version_that_is_refused(doctor: Doctor, tmp_path: Path) -> None:
    """It says which one is there, and which would do."""
    (tmp_path / "tenacity-0.1.dist-info").mkdir()
    metadata = "Metadata-Version: 2.1\nName: tenacity\nVersion: 0.1\n"
    (tmp_path / "tenacity-0.1.dist-info" / "METADATA").write_text(metadata)
    path = f"{tmp_path}:{environ.get('PYTHONPATH', '')}"
    said = doctor(PYTHONPATH=path)

    assert 1 == said.status
    assert "!! tenacity 0.1: version refused → install tenacity" in said.words


def wrong_with(start: Start | None = None, **variables: str) -> list[tuple[str, str]]:
    """Look at the launcher in this environment: what is wrong, and what to do."""
    found = launcher(start or Start(), variables)
    return [(one.text, one.remedy) for one in found if one.state == "wrong"]


def test_one_library_is_switched_off(quick: Doctor) -> None:
    """That may be meant."""
    said = quick(OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="golden_path_redis")

    assert (0, True) == (said.status, ": disabled" in said.words)


def test_everything_is_switched_off() -> None:
    """Then nothing can come out, and which variable it is stands there."""
    assert [] == wrong_with()
    assert [
        (
            "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=*: gp-otel is off",
            "take `*` and golden_path out of it",
        )
    ] == wrong_with(OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="*")
    assert [("OTEL_SDK_DISABLED=true: everything is off", "unset it")] == wrong_with(
        OTEL_SDK_DISABLED="true"
    )


def test_a_distro_that_is_not_there() -> None:
    """The launcher would take one that exports nothing."""
    assert [
        (
            "OTEL_PYTHON_DISTRO=golden, which is not installed",
            "correct OTEL_PYTHON_DISTRO; there is distro",
        )
    ] == wrong_with(OTEL_PYTHON_DISTRO="golden")


# -- export --------------------------------------------------------------------


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield int(one.getsockname()[1])


class Logs(logs_rpc.LogsServiceServicer):
    """Takes logs, and nothing else."""

    def Export(  # noqa: N802 - the service's own name
        self,
        request: object,  # noqa: ARG002 - the service's own signature
        context: object,  # noqa: ARG002 - as above
    ) -> logs.ExportLogsServiceResponse:
        """Take them."""
        return logs.ExportLogsServiceResponse()


@pytest.fixture
def grpc_port() -> Iterator[int]:
    """A server that speaks OTLP by gRPC."""
    server = grpc.server(ThreadPoolExecutor(1))
    logs_rpc.add_LogsServiceServicer_to_server(Logs(), server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(None).wait()


def exported(**variables: str) -> list[Finding]:
    """Look at the export in this environment, where nothing else is set."""
    return list(exporting({**OFF, **variables}, distro=True))


def test_otlp_by_http() -> None:
    """A real receiver answers, for each signal at its own path."""
    with OtlpReceiver() as receiver:
        found = exported(
            OTEL_LOGS_EXPORTER="otlp",
            OTEL_TRACES_EXPORTER="otlp",
            OTEL_METRICS_EXPORTER="otlp,console",
            OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
        )

    assert [
        *(
            ok(f"{signal}: {receiver.url}/v1/{signal} (http) answers")
            for signal in ("logs", "traces", "metrics")
        ),
        ok("metrics: console"),
    ] == found


def test_otlp_by_grpc(grpc_port: int) -> None:
    """A server that takes logs and no traces is told apart from one that does."""
    where = f"http://127.0.0.1:{grpc_port}"
    logs, traces, metrics = exported(
        OTEL_LOGS_EXPORTER="otlp",
        OTEL_TRACES_EXPORTER="otlp",
        OTEL_EXPORTER_OTLP_ENDPOINT=where,
    )

    assert ok(f"logs: {where} (grpc) answers") == logs
    assert "wrong" == traces.state
    assert "UNIMPLEMENTED" in traces.text
    assert note("metrics: nothing is exported (OTEL_METRICS_EXPORTER=otlp would)") == (
        metrics
    )


def test_nobody_answers(closed_port: int) -> None:
    """The address stands there without its credentials, and the reason."""
    where = f"http://u:hunter2@127.0.0.1:{closed_port}"
    logs, *_ = exported(
        OTEL_LOGS_EXPORTER="otlp", OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=where
    )

    assert "wrong" == logs.state
    assert f"127.0.0.1:{closed_port} (grpc): nobody answers (Connection" in logs.text
    assert logs.remedy.startswith("start a collector there, or correct OTEL_EXPORTER")
    assert "hunter2" not in logs.text


def test_a_server_that_speaks_something_else() -> None:
    """Somebody listens there, and it is no receiver."""

    async def refuse(_: Request) -> Reply:
        return Reply(404)

    with HttpServer(refuse) as server:
        logs, *_ = exported(
            OTEL_LOGS_EXPORTER="otlp_proto_http",
            OTEL_EXPORTER_OTLP_ENDPOINT=server.url,
        )

    assert ("wrong", True) == (logs.state, "404" in logs.text)


def test_a_configuration_file() -> None:
    """It decides alone."""
    (found,) = exported(OTEL_CONFIG_FILE="otel.yaml")

    assert ("note", True) == (found.state, "OTEL_CONFIG_FILE=otel.yaml" in found.text)


@pytest.mark.parametrize(
    ("variables", "finding"),
    [
        (
            {"OTEL_LOGS_EXPORTER": "none"},
            wrong(
                "logs: nothing is exported",
                "set OTEL_LOGS_EXPORTER=otlp: the records are logs",
            ),
        ),
        (
            {"OTEL_LOGS_EXPORTER": "oltp"},
            wrong(
                "logs: there is no exporter 'oltp'",
                "correct OTEL_LOGS_EXPORTER, or install what brings that exporter",
            ),
        ),
        (
            {"OTEL_LOGS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
            wrong(
                "logs: OTLP by 'http/json' is not known",
                "write grpc or http/protobuf",
            ),
        ),
    ],
)
def test_records_that_go_nowhere(variables: dict[str, str], finding: Finding) -> None:
    """The variable, and what to write."""
    assert finding == exported(**variables)[0]


def test_without_a_distro() -> None:
    """Then nothing is exported unless somebody asks for it."""
    logs, *_ = exporting({}, distro=False)

    assert ("wrong", "logs: nothing is exported") == (logs.state, logs.text)


# -- parts ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "start"),
    [
        ("opentelemetry-instrument uvicorn chat.app:app", Start(module="chat.app")),
        ("/bin/opentelemetry-instrument gunicorn a:b()", Start(module="a")),
        ("python -m uvicorn app:app", Start(launched=False, module="app")),
        ("opentelemetry-instrument -- python serve.py", Start()),
        (
            "opentelemetry-instrument uvicorn --app-dir src a:b --host 127.0.0.1:80",
            Start(module="a", path="src"),
        ),
        (
            "opentelemetry-instrument gunicorn --chdir=src a:b",
            Start(module="a", folder="src"),
        ),
        ("opentelemetry-instrument gunicorn a:b --chdir", Start(module="a")),
    ],
)
def test_how_it_is_started(command: str, start: Start) -> None:
    """The launcher, the application's module and its folder."""
    assert start == starting.read(command.split())


FINDINGS = st.builds(
    Finding, st.sampled_from(["ok", "note", "wrong"]), st.text(), st.text()
)


@given(st.lists(st.builds(Section, st.just("Part"), st.lists(FINDINGS, max_size=3))))
def test_what_is_wrong_is_counted(sections: list[Section]) -> None:
    """The last line says how much of it there is."""
    count = sum(f.state == "wrong" for one in sections for f in one.findings)
    last = list(written(sections))[-1]

    assert last.startswith(f"{count} problem" if count else "All that was looked at")


# -- the command line ----------------------------------------------------------


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    """It is wired in."""
    status = cli.main(["explain", "agent.timeout"])

    assert (0, True) == (status, "agent.timeout" in capsys.readouterr().out)


def test_explain_with_settings(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Levels are those in force here; wrong settings are said, and left out."""
    monkeypatch.chdir(tmp_path)
    settings = tmp_path / "gp-otel.toml"
    settings.write_text('[points."agent.timeout"]\nlevel = "CRITICAL"')
    cli.main(["explain", "agent.timeout", "--json"])
    assert '"level": "CRITICAL"' in capsys.readouterr().out

    settings.write_text("adit = []")
    cli.main(["explain", "agent.timeout", "--json"])
    out, error = capsys.readouterr()
    assert '"level": "WARNING"' in out
    assert "`adit` is no key" in error


def test_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Then it says which there are."""
    assert 0 == cli.main([])

    text = capsys.readouterr().out
    assert [] == [name for name in cli.COMMANDS if name not in text]


def test_a_command_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """It ends as commands do that are not understood."""
    with pytest.raises(SystemExit) as left:
        cli.main(["heal"])

    assert 2 == left.value.code
    assert "invalid choice: 'heal'" in capsys.readouterr().err


def test_a_command_whose_libraries_are_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to install."""
    commands = {**cli.COMMANDS, "demo": ("not_installed_here", "break things")}
    monkeypatch.setattr(cli, "COMMANDS", commands)

    assert 2 == cli.main(["demo"])
    assert (
        "gp-otel demo: not_installed_here is not installed: pip install "
        "'gp-otel[demo]'\n"
    ) == capsys.readouterr().err
