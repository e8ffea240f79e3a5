"""A child process: its own group, its output in a file, never left behind."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_running: dict[int, tuple[int, Process]] = {}
"""By pid: who started it (a fork inherits this table, not the children), and what."""


class StartError(Exception):
    """A part of the demo ended, or stayed silent, before it was ready."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user that a process runs as."""

    user: int
    group: int


@dataclass(eq=False)
class Process:
    """One command, started at most once at a time."""

    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    account: Account | None = None
    last_resort: signal.Signals = signal.SIGKILL
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """The id of the process last started."""
        return self._child.pid if self._child else None

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs or before it ran."""
        return self._child.poll() if self._child else None

    @property
    def is_running(self) -> bool:
        """Tell whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Start it; what it prints is appended to the log."""
        if self.is_running:
            msg = f"{self.command[0]} is running already"
            raise RuntimeError(msg)
        if not _running:
            atexit.register(_stop_all)
        account = self.account
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=self.folder,
                start_new_session=True,
                user=account.user if account else None,
                group=account.group if account else None,
                extra_groups=[] if account else None,
            )
        _running[self._child.pid] = (os.getpid(), self)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, not to its group."""
        if self._child and self.is_running:
            self._child.send_signal(number)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended by itself, and tell how."""
        if self._child is None:
            msg = f"{self.command[0]} was not started"
            raise RuntimeError(msg)
        code = self._child.wait(timeout)
        _running.pop(self._child.pid, None)
        return code

    def stop(
        self, number: signal.Signals = signal.SIGTERM, patience: float = 10.0
    ) -> int | None:
        """Ask it to end, insist when it does not, and tell how it ended."""
        if self._child is None or self._child.pid not in _running:
            return self.returncode
        self.send(number)
        self.send(signal.SIGCONT)  # one that was stopped would not hear it
        try:
            self._child.wait(patience)
        except subprocess.TimeoutExpired:
            self.send(self.last_resort)
        self._end_group(self._child)
        return self.wait()

    def log_text(self) -> str:
        """Everything that it has printed so far."""
        if not self.log.exists():
            return ""
        return self.log.read_text(encoding="utf-8", errors="replace")

    @staticmethod
    def _end_group(child: subprocess.Popen[bytes]) -> None:
        """End it, and what it may have left behind, such as workers."""
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.0 if child.returncode is not None else 2.0)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)


def _stop_all() -> None:
    for parent, process in list(_running.values()):
        if parent == os.getpid():
            process.stop(process.last_resort, patience=3.0)
