"""Starting: how an application is started, read from its command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

LAUNCHER: Final = "opentelemetry-instrument"

_APPLICATION: Final = re.compile(
    r"(?P<module>[A-Za-z_][\w.]*):[A-Za-z_][\w.]*(\(.*\))?"
)


@dataclass(frozen=True, slots=True)
class Start:
    """What a command says of how the application is started."""

    launched: bool = True
    module: str | None = None
    folder: str | None = None
    """Where it runs, where it changes that."""
    path: str | None = None
    """Where its modules are looked for first."""


def read(command: Sequence[str]) -> Start:
    """Read a command such as `opentelemetry-instrument uvicorn chat.app:app`."""
    names = [PurePath(word).name for word in command]
    found = next(filter(None, map(_APPLICATION.fullmatch, command)), None)
    return Start(
        launched=LAUNCHER in names,
        module=found["module"] if found else None,
        folder=_option(command, "--chdir"),
        path=_option(command, "--app-dir"),
    )


def _option(command: Sequence[str], option: str) -> str | None:
    for word, after in zip(command, (*command[1:], None), strict=True):
        if word == option:
            return after
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None
