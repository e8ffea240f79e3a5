"""`gp-otel doctor`: for who sees nothing; what is in place, what is not, and why."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Final

from gp_otel import launch, settings
from gp_otel.cli import patched, starting
from gp_otel.cli.exporting import exporting
from gp_otel.cli.findings import Finding, Section, note, ok, written, wrong
from gp_otel.failure import ConfigurationError
from gp_otel.settings import Settings
from gp_otel.version import VERSION

_INSTALL: Final = "pip install 'gp-otel[distro]'"
_DISTRIBUTIONS: Final = (
    "opentelemetry-api",
    "opentelemetry-sdk",
    "opentelemetry-exporter-otlp",
    "opentelemetry-instrumentation",
    "opentelemetry-instrumentation-threading",
    "wrapt",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be asked."""
    parser.add_argument(
        "--app", metavar="MODULE[:NAME]", help="look into this application"
    )
    parser.add_argument(
        "--all", action="store_true", dest="everything", help="list every target"
    )
    parser.add_argument(
        "start",
        nargs="*",
        metavar="-- COMMAND",
        help="how the application is started, such as "
        "`-- opentelemetry-instrument uvicorn app:app`; it is read, not run",
    )


def run(arguments: argparse.Namespace) -> int:
    """Look at everything, write it down; 0 where all that is asked for works."""
    start = starting.read(arguments.start) if arguments.start else starting.Start()
    if arguments.app:
        start = replace(start, module=arguments.app.partition(":")[0])
    sections = list(look(start, os.environ, everything=arguments.everything))
    for line in written(sections):
        sys.stdout.write(f"{line}\n")
    return int(any(f.state == "wrong" for one in sections for f in one.findings))


def look(
    start: starting.Start, environ: Mapping[str, str], *, everything: bool
) -> Iterator[Section]:
    """Look at one part after the other."""
    yield Section(f"gp-otel {VERSION}", list(_versions()))
    chosen, found = _settings(environ, start.folder)
    yield Section("Settings", found)
    yield Section("Launcher", list(launcher(start, environ)))
    asked = start.module or "all libraries that are installed"
    yield Section(
        f"Watched, in {asked}",
        list(patched.look(start, environ, chosen, everything=everything)),
    )
    yield Section("Export", list(exporting(environ, distro=_stock_distro(environ))))


def _versions() -> Iterator[Finding]:
    yield ok(f"Python {platform.python_version()}, {sys.executable}")
    for name in _DISTRIBUTIONS:
        try:
            yield ok(f"{name} {version(name)}")
        except PackageNotFoundError:
            yield wrong(f"{name} is not installed", _INSTALL)


def _settings(
    environ: Mapping[str, str], folder: str | None
) -> tuple[Settings, list[Finding]]:
    where = Path(folder) if folder else None
    try:
        chosen = settings.load(environ, where)
    except ConfigurationError as error:
        problem, _, remedy = str(error).rpartition(": ")
        found = wrong(problem, f"{remedy} (until then the defaults are in force)")
        return Settings(), [found]
    said = [
        f"{len(chosen.watches)} watched callables",
        f"{len(chosen.services)} services",
        f"{len(chosen.dependencies)} dependencies",
    ]
    text = "defaults: no gp-otel.toml here, no [tool.gp_otel] in pyproject.toml"
    if chosen.source != Settings().source:
        text = f"{chosen.source}: {', '.join(said)}"
    audit = ", ".join(sorted(chosen.audit)) or "nothing"
    hashed = "keyed" if chosen.user_hash_key else "not keyed"
    return chosen, [ok(text), ok(f"audited: {audit}; user hashes: {hashed}")]


def launcher(start: starting.Start, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Say whether the launcher is there, and whether it would start gp-otel."""
    yield from _switches(environ)
    yield _command(start)
    hooks = entry_points(group="opentelemetry_pre_instrument", name="golden_path")
    if not list(hooks):
        remedy = "install gp-otel as a package: pip install gp-otel"
        yield wrong("the launcher does not know gp-otel: no entry point", remedy)
    yield from _chosen("distro", "OTEL_PYTHON_DISTRO", environ)
    yield from _chosen("configurator", "OTEL_PYTHON_CONFIGURATOR", environ)


def _switches(environ: Mapping[str, str]) -> Iterator[Finding]:
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        yield wrong("OTEL_SDK_DISABLED=true: everything is off", "unset it")
    elif launch.switched_off("golden_path", environ):
        variable = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
        remedy = "take `*` and golden_path out of it"
        yield wrong(f"{variable}={environ[variable]}: gp-otel is off", remedy)


def _command(start: starting.Start) -> Finding:
    scripts = sysconfig.get_path("scripts")
    path = shutil.which(starting.LAUNCHER, path=scripts) or shutil.which(
        starting.LAUNCHER
    )
    if path is None:
        return wrong(f"{starting.LAUNCHER} is not installed", _INSTALL)
    if not start.launched:
        return note(
            f"the command does not begin with {starting.LAUNCHER}: the application "
            "has to call gp_otel.instrument() itself"
        )
    return ok(f"{starting.LAUNCHER}: {path}")


def _chosen(kind: str, variable: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Say which distro or configurator the launcher takes: one of several, or none."""
    names = [one.name for one in entry_points(group=f"opentelemetry_{kind}")]
    asked = environ.get(variable)
    if asked and asked not in names:
        remedy = f"correct {variable}; there is {', '.join(names) or 'none'}"
        yield wrong(f"{variable}={asked}, which is not installed", remedy)
    elif not names:
        yield wrong(f"no {kind} is installed: nothing sets up the SDK", _INSTALL)
    elif asked or len(names) == 1:
        yield ok(f"{kind}: {asked or names[0]}")
    else:
        yield note(
            f"{len(names)} of kind {kind}: {', '.join(names)}; the launcher takes the "
            f"first that it finds, {variable} chooses"
        )


def _stock_distro(environ: Mapping[str, str]) -> bool:
    """Tell whether OTLP is the default: the distro of OpenTelemetry makes it so."""
    found = {one.name: one.value for one in entry_points(group="opentelemetry_distro")}
    asked = environ.get("OTEL_PYTHON_DISTRO") or next(iter(found), "")
    return found.get(asked, "").startswith("opentelemetry.distro:")
