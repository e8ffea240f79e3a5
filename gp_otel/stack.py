"""Where an exception came from: bounded, and without a word of anybody's data.

A line is ``file:line:function``. Nothing is read from disk and no local is touched,
so a stack costs microseconds where `traceback` takes hundreds.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from functools import lru_cache
from types import FrameType, TracebackType
from typing import cast

from gp_otel.redact import redact

_OURS = os.path.dirname(__file__)  # noqa: PTH120 - what `co_filename` says, unresolved
_OUR_FOLDERS = re.compile(r"[\\/](?:gp_otel_instrumentors|wrapt)[\\/][^\\/]+\Z")
_INSTALLED = re.compile(r".*[\\/](?:site|dist)-packages[\\/]", re.DOTALL)
_LAST_PARTS = re.compile(r"(?:[^\\/]+[\\/]){0,2}[^\\/]*\Z")
_CAUSE_LIMIT = 10
_LOOP = ("asyncio", "threading.py", "concurrent", "runpy", "<frozen")
"""Beginnings of files that every call of some kind has below it."""


def stack_of(error: BaseException, limit: int = 30, *, ours: bool = False) -> str:
    """Tell where `error` was raised, the innermost line last, then of its cause.

    Of a longer stack the innermost `limit` lines are kept. Our own frames are left
    out unless `ours` asks for them.
    """
    try:
        lines = _lines(error.__traceback__, limit, ours=ours)
        below = _below(error)
        if below is not None:
            lines.append(f"caused by {name_of(type(below))}")
            lines += _lines(below.__traceback__, min(limit, _CAUSE_LIMIT), ours=ours)
        return "\n".join(lines)
    except Exception:  # noqa: BLE001 - an exception may answer with one of its own
        return ""


def callers(limit: int = 8) -> str:
    """Tell who called, the innermost line last; our own frames are left out.

    A traceback reaches up to our wrapper only: without this it would not say which
    line of the application it was.
    """
    lines: list[str] = []
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as logging does
    while frame is not None and len(lines) < limit:
        code = frame.f_code
        file = _short(code.co_filename)
        if file and not file.startswith(_LOOP):
            lines.append(f"{file}:{frame.f_lineno}:{code.co_qualname}")
        frame = frame.f_back
    lines.reverse()
    return "\n".join(lines)


def name_of(kind: type) -> str:
    """Name a class as it is imported: `redis.exceptions.ConnectionError`."""
    try:
        module, name = kind.__module__, kind.__qualname__
    except Exception:  # noqa: BLE001 - a metaclass may raise
        return "unknown"
    return name if module == "builtins" else f"{module}.{name}"


def _below(error: BaseException) -> BaseException | None:
    """Look one level down: what it was raised from, or the first of a group."""
    if error.__cause__ is not None:
        return error.__cause__
    if isinstance(error, BaseExceptionGroup):
        return cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return None


def _lines(traceback: TracebackType | None, limit: int, *, ours: bool) -> list[str]:
    """Walk all of it, which is cheap, and write down the innermost lines only."""
    walked: list[TracebackType] = []
    while traceback is not None:
        walked.append(traceback)
        traceback = traceback.tb_next
    lines: list[str] = []
    while walked and len(lines) < limit:
        one = walked.pop()
        code = one.tb_frame.f_code
        file = _short(code.co_filename) or (ours and _last_parts(code.co_filename))
        if file:
            lines.append(f"{file}:{one.tb_lineno}:{code.co_qualname}")
    if walked:
        lines.append(f"... {len(walked)} more")
    lines.reverse()
    return lines


@lru_cache(maxsize=4096)
def _short(file: str) -> str:
    """Shorten a path to what tells the file apart; empty where the file is ours."""
    if os.path.dirname(file) == _OURS or _OUR_FOLDERS.search(file):  # noqa: PTH120
        return ""
    installed = _INSTALLED.match(file)
    if installed:
        return redact(file[installed.end() :])
    for root in (sysconfig.get_path("stdlib"), _working_directory()):
        if root and file.startswith(root + os.sep):
            return redact(file[len(root) + 1 :])
    return redact(file) if file.startswith("<") else redact(_last_parts(file))


def _last_parts(file: str) -> str:
    found = _LAST_PARTS.search(file)
    return found[0] if found else file


def _working_directory() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - a string is compared
    except OSError:
        return ""
