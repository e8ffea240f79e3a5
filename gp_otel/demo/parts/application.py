"""An ASGI application as its own process, under OpenTelemetry's launcher."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gp_otel.demo.parts.folder import Folder
from gp_otel.demo.parts.part import Part
from gp_otel.demo.parts.ports import HOST, free_port, is_listening
from gp_otel.demo.parts.process import Process, StartError

LAUNCHER = "opentelemetry-instrument"

_NOT_PASSED_ON = ("OTEL_", "GP_OTEL_")
"""Settings of whoever runs this: the application gets those that are given to it."""

_QUICK = {
    "OTEL_BSP_SCHEDULE_DELAY": "100",
    "OTEL_BLRP_SCHEDULE_DELAY": "100",
    "OTEL_METRIC_EXPORT_INTERVAL": "500",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "2",
}


@dataclass(eq=False, kw_only=True)
class Application(Part):
    """`uvicorn <app>`, with OTLP going to `endpoint` (None: nowhere).

    `folder` is where it runs and what it imports from. `without` names
    instrumentations that stay off; with `instrumented=False` there is no launcher
    at all. `options` go to uvicorn. `start` returns once `health` answers 2xx, or,
    where there is no such path, once the port is open.
    """

    app: str
    folder: Path | None = None
    endpoint: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    service: str = "chat"
    instrumented: bool = True
    without: Sequence[str] = ()
    options: Sequence[str] = ()
    ws_max_size: int | None = None
    health: str | None = None
    port: int = field(default_factory=free_port)
    timeout: float = 30.0
    """How long a start may take, in seconds."""
    _place: Folder | None = field(default=None, init=False)
    _process: Process | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Where it answers HTTP."""
        return f"http://{HOST}:{self.port}"

    @property
    def ws_url(self) -> str:
        """Where it answers WebSockets."""
        return f"ws://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The id of its process; the launcher becomes the application."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Tell whether its process lives."""
        return self._process is not None and self._process.is_running

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.returncode if self._process else None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        if self._place is None:
            self._place = Folder("gp-otel-app-")
        self._process = Process(
            command=self.command(),
            log=self._place.path / "output",
            environment=self.variables(),
            folder=self.folder or self._place.path,
        )
        self._process.start()
        self._wait_until_ready(self._process)

    def terminate(self, patience: float = 15.0) -> int | None:
        """Send SIGTERM, wait, and tell how it ended (-9: it had to be killed)."""
        if self._process is None:
            return None
        return self._process.stop(signal.SIGTERM, patience)

    def kill(self) -> int | None:
        """Kill it, as the system does when memory runs out."""
        if self._process is None:
            return None
        return self._process.stop(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        """Send a signal and go on."""
        if self._process is not None:
            self._process.send(number)

    def wait(self, timeout: float = 15.0) -> int:
        """Wait until it has ended by itself, and tell how."""
        if self._process is None:
            msg = f"{self.app} was not started"
            raise RuntimeError(msg)
        return self._process.wait(timeout)

    def restart(self) -> None:
        """Terminate and start on the same port, with what is set now."""
        self.terminate()
        self.start()

    def close(self) -> None:
        """End it and remove its output."""
        self.terminate(patience=5.0)
        self._process = None
        if self._place is not None:
            self._place.remove()
            self._place = None

    def output(self) -> str:
        """Everything that it has printed so far, over all its starts."""
        return self._process.log_text() if self._process else ""

    def command(self) -> list[str]:
        """The command line."""
        command = [script("uvicorn"), self.app, "--host", HOST]
        command += ["--port", str(self.port)]
        if self.folder is not None:
            command += ["--app-dir", str(self.folder)]
        if self.ws_max_size is not None:
            command += ["--ws-max-size", str(self.ws_max_size)]
        command += self.options
        # The launcher takes options of its command for its own without the `--`.
        return [script(LAUNCHER), "--", *command] if self.instrumented else command

    def variables(self) -> dict[str, str]:
        """The environment: ours without telemetry settings, then what was given."""
        telemetry = {"OTEL_SERVICE_NAME": self.service, **_QUICK}
        if self.without:
            names = ",".join(self.without)
            telemetry["OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"] = names
        exporter = "none" if self.endpoint is None else "otlp"
        for name in ("LOGS", "TRACES", "METRICS"):
            telemetry[f"OTEL_{name}_EXPORTER"] = exporter
        if self.endpoint is not None:
            telemetry["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf"
            telemetry["OTEL_EXPORTER_OTLP_ENDPOINT"] = self.endpoint
        return {**_inherited(), **telemetry, **self.environment}

    def _wait_until_ready(self, process: Process) -> None:
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline and process.is_running:
            if self._is_ready():
                return
            time.sleep(0.05)
        how = f"ended with {process.returncode}"
        if process.is_running:
            how = f"was not ready after {self.timeout:g} s"
            process.stop(signal.SIGKILL)
        msg = f"{self.app} {how}:\n{process.log_text()[-4000:]}"
        raise StartError(msg)

    def _is_ready(self) -> bool:
        if self.health is None:
            return is_listening(self.port)
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2.0)
        try:
            connection.request("GET", self.health)
            return connection.getresponse().status < http.client.MULTIPLE_CHOICES
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def script(name: str) -> str:
    """Find a command of this Python environment, whatever PATH says."""
    folders = (str(Path(sys.executable).parent), sysconfig.get_path("scripts"))
    found = shutil.which(name, path=os.pathsep.join(folders)) or shutil.which(name)
    if found is None:
        msg = f"{name} is not installed beside {sys.executable}"
        raise StartError(msg)
    return found


def _inherited() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_PASSED_ON)}
    # Parts are on this machine: no proxy of the surroundings may come between.
    kept["NO_PROXY"] = kept["no_proxy"] = f"{HOST},localhost"
    # Where we run under the launcher ourselves, the child must not for that reason.
    paths = kept.get("PYTHONPATH", "").split(os.pathsep)
    kept["PYTHONPATH"] = os.pathsep.join(
        path for path in paths if not path.endswith("auto_instrumentation")
    )
    return kept
