"""Patched: what of each library, and of the application, is watched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement

from gp_otel import install, launch
from gp_otel.cli.findings import Finding, note, ok, wrong
from gp_otel.cli.starting import LAUNCHER, Start
from gp_otel.cli.survey import Survey
from gp_otel.redact import safe_text
from gp_otel.settings import Settings

_SECONDS: Final = 120
"""How long an application may take to be imported."""

_SILENT: Final = {
    "OTEL_TRACES_EXPORTER": "none",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    "OTEL_PYTHON_LOG_AUTO_INSTRUMENTATION": "false",
}
"""What the process that looks exports: nothing."""

_TELL: Final = "that is our mistake: report it, with what this prints"
_STRANGER: Final = "wrapped by a stranger"
_FINE: Final = {install.PATCHED, install.OUTRANKED, _STRANGER}


def look(
    start: Start, environ: Mapping[str, str], chosen: Settings, *, everything: bool
) -> Iterator[Finding]:
    """Import what is asked for in a process of its own, and say what came of it."""
    found, problem = _survey(start, environ)
    if found is None:
        yield wrong(f"nothing can be said: {problem}", "see what it says above")
        return
    for module, error in found.failed.items():
        yield wrong(f"{module} cannot be imported: {error}", "try it without gp-otel")
    if not found.running:
        remedy = f"put {LAUNCHER} before the command, or call gp_otel.instrument()"
        yield wrong("nobody starts gp-otel in this process", remedy)
        return
    for name in sorted(launch.LIBRARIES):
        yield from _library(name, found, environ, start, everything=everything)
    for named in chosen.watches:
        yield from _named(named.target, found, start)


def _survey(start: Start, environ: Mapping[str, str]) -> tuple[Survey | None, str]:
    with tempfile.TemporaryDirectory(prefix="gp-otel-") as folder:
        file = Path(folder, "survey.json")
        command = [sys.executable, "-m", "gp_otel.cli.survey", str(file)]
        if start.module is not None:
            command.append(start.module)
        scripts = sysconfig.get_path("scripts")
        launcher = shutil.which(LAUNCHER, path=scripts) or shutil.which(LAUNCHER)
        if start.launched and launcher is not None:
            command = [launcher, *command]
        try:
            ran = subprocess.run(  # noqa: S603 - this interpreter, our own module
                command,
                env={**environ, **_SILENT, **_path(start, environ)},
                cwd=start.folder,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return None, safe_text(error, 300)
        if not file.exists():
            last = ran.stderr.strip().rpartition("\n")[2]
            return None, safe_text(last or f"exit status {ran.returncode}", 300)
        told: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return Survey(**told), ""


def _path(start: Start, environ: Mapping[str, str]) -> Mapping[str, str]:
    if start.path is None:
        return {}
    before = environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join(filter(None, (start.path, before)))}


def _library(
    name: str,
    found: Survey,
    environ: Mapping[str, str],
    start: Start,
    *,
    everything: bool,
) -> Iterator[Finding]:
    try:
        requirement, installed = _installed(name)
    except Exception as error:  # noqa: BLE001 - a table of ours is broken
        yield wrong(f"{name}: {safe_text(error, 200)}", _TELL)
        return
    title = f"{name} {installed}" if installed else name
    if launch.switched_off(launch.entry(name), environ):
        yield note(f"{title}: disabled")
        return
    states = found.states.get(name, {})
    if installed is None:
        yield note(f"{name}: not installed")
        return
    if install.REFUSED in states.values():
        remedy = f"install {requirement}, or wait for a gp-otel that knows it"
        yield wrong(f"{title}: version refused", remedy)
        return
    count = Counter(states.values())
    good = sum(count[state] for state in _FINE)
    yield _summary(title, count, good, len(states), start)
    for target, state in sorted(states.items()):
        if state == install.MISSING:
            yield note(f"    {target}: {state}")
        elif everything:
            yield ok(f"    {target}: {state}")


def _summary(
    title: str, count: Counter[str], good: int, all_: int, start: Start
) -> Finding:
    if all_ and good == all_:
        strangers = count[_STRANGER]
        more = f", {strangers} of them wrapped by a stranger" if strangers else ""
        return ok(f"{title}: {good} of {all_} patched{more}")
    if start.module is not None and not good and count[install.PENDING]:
        return note(f"{title}: pending its import, the application does not import it")
    if good:
        return ok(f"{title}: {good} of {all_} patched, the others see below")
    return wrong(f"{title}: nothing is patched", _TELL)


def _installed(name: str) -> tuple[str, str | None]:
    """What a table asks for, and the version that is there."""
    table = import_module(f"gp_otel_instrumentors.{name}")
    requirement: str = getattr(table, name.upper()).library
    if not requirement:
        return "", f"of Python {sys.version_info.major}.{sys.version_info.minor}"
    try:
        return requirement, version(Requirement(requirement).name)
    except PackageNotFoundError:
        return requirement, None


def _named(target: str, found: Survey, start: Start) -> Iterator[Finding]:
    """One callable that settings name."""
    state = found.states.get(install.NAMED, {}).get(target, "disabled")
    module = target.partition(":")[0]
    if state in _FINE:
        holders = found.held.get(target)
        if not holders:
            yield ok(f"watch {target}: {state}")
            return
        yield wrong(
            f"watch {target}: patched, but it was referenced before that, by "
            f"{', '.join(holders)}: these call it unseen",
            "name a method of a class, or a function that it calls: what is looked up "
            "late is seen",
        )
    elif state == install.MISSING:
        yield wrong(f"watch {target}: not found", f"correct the name after `{module}:`")
    elif state == install.PENDING and start.module is None:
        yield note(f"watch {target}: pending its import (--app MODULE looks into it)")
    elif state == install.PENDING:
        remedy = "correct the module's name, or look whether it is imported later"
        yield wrong(f"watch {target}: {module} has not been imported", remedy)
    else:
        yield note(f"watch {target}: {state}")
