"""What is installed, and what importing it does: nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distribution
from pathlib import Path

import pytest

import gp_otel
from gp_otel.launch import LIBRARIES

LOAD = """
import json, os, sys, threading

modules, environment = set(sys.modules), dict(os.environ)
{statement}
print(json.dumps({{
    "modules": sorted(set(sys.modules) - modules),
    "threads": threading.active_count(),
    "environment_kept": environment == dict(os.environ),
}}))
"""

GROUPS = (
    "console_scripts",
    "opentelemetry_instrumentor",
    "opentelemetry_logs_exporter",
    "opentelemetry_pre_instrument",
    "pytest11",
)


@dataclass(frozen=True)
class Loaded:
    """What a statement changed in a new process."""

    modules: list[str]
    threads: int
    environment_kept: bool

    @property
    def packages(self) -> set[str]:
        """The packages that were loaded, those of Python itself left out."""
        roots = {name.partition(".")[0] for name in self.modules}
        return roots - set(sys.stdlib_module_names)


@pytest.fixture(scope="module")
def installed() -> Distribution:
    """Find the distribution; `pip install -e .` is enough of an installation."""
    return distribution("gp-otel")


def entry_points(installed: Distribution, group: str) -> dict[str, EntryPoint]:
    """Give the entry points of one group by name."""
    return {point.name: point for point in installed.entry_points.select(group=group)}


def required(installed: Distribution) -> list[str]:
    """Give what every installation needs, extras left out."""
    return [one for one in installed.requires or [] if "extra ==" not in one]


def load(statement: str, folder: Path) -> Loaded:
    """Run a statement in a new process and tell what it changed."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("COVERAGE_")
    }
    done = subprocess.run(
        [sys.executable, "-c", LOAD.format(statement=statement)],
        cwd=folder,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return Loaded(**json.loads(done.stdout))


def test_every_library_is_an_entry_point(installed: Distribution) -> None:
    """The launcher can switch each instrumentor on and off by its name."""
    points = entry_points(installed, "opentelemetry_instrumentor")

    assert {
        f"golden_path_{library}": f"gp_otel.launch:{library}" for library in LIBRARIES
    } == {name: point.value for name, point in points.items()}


@pytest.mark.parametrize("group", GROUPS)
def test_entry_points_load(installed: Distribution, group: str) -> None:
    """Each names something that can be called; the plugin is a module."""
    points = entry_points(installed, group)
    is_plugin = group == "pytest11"

    assert {} != points
    assert dict.fromkeys(points, not is_plugin) == {
        name: callable(point.load()) for name, point in points.items()
    }


@pytest.mark.parametrize("library", LIBRARIES)
def test_entry_points_are_instrumentors(installed: Distribution, library: str) -> None:
    """The launcher ends everybody's instrumentation where one of them is not."""
    points = entry_points(installed, "opentelemetry_instrumentor")
    made = points[f"golden_path_{library}"].load()()

    assert callable(made.instrument)
    assert callable(made.uninstrument)


def test_no_extra_is_called_instruments(installed: Distribution) -> None:
    """The launcher would skip all of us where one library of it is missing."""
    assert "instruments" not in (installed.metadata.get_all("Provides-Extra") or [])


def test_nothing_is_pinned_from_above(installed: Distribution) -> None:
    """The application's own pins decide which versions are installed."""
    assert [] == [one for one in required(installed) if re.search(r"<|==|~=|!=", one)]


def test_semantic_conventions_are_the_sdks(installed: Distribution) -> None:
    """The SDK pins them to one version; a second opinion could not be resolved."""
    assert [] == [one for one in required(installed) if "semantic-conv" in one]


def test_what_is_imported_is_what_is_installed(installed: Distribution) -> None:
    """The suite looks at the wheel, not at the checkout that it lies in."""
    wheel = Path(str(installed.locate_file("gp_otel/__init__.py")))
    if not wheel.exists():
        pytest.skip("installed as a link to the checkout")

    assert wheel.resolve() == Path(gp_otel.__file__).resolve()


@pytest.mark.parametrize(
    "path",
    [
        "gp_otel/py.typed",
        "gp_otel_instrumentors/py.typed",
        "gp_otel/_bundled/examples/chat/chat/app.py",
    ],
)
def test_what_travels_along(installed: Distribution, path: str) -> None:
    """The wheel carries its types and the application that the demo breaks."""
    if not Path(str(installed.locate_file("gp_otel"))).exists():
        pytest.skip("installed as a link to the checkout")

    assert path in {str(file) for file in installed.files or []}


def test_public_names() -> None:
    """They are few, sorted, and all there."""
    names = [
        "FailurePoint",
        "Field",
        "bind",
        "instrument",
        "report",
        "uninstrument",
        "watch",
    ]

    assert names == gp_otel.__all__
    assert {*names} <= {*dir(gp_otel)}
    for name in names:
        assert getattr(gp_otel, name) is not None


@pytest.mark.parametrize(
    "module", ["gp_otel", "gp_otel.launch", "gp_otel.failure", "gp_otel.catalogue"]
)
def test_importing_loads_the_standard_library_only(module: str, tmp_path: Path) -> None:
    """Every process under the launcher pays for what is imported here."""
    assert {"gp_otel"} == load(f"import {module}", tmp_path).packages


@pytest.mark.parametrize("module", ["gp_otel", "gp_otel.launch", "gp_otel.testing"])
def test_importing_does_nothing(module: str, tmp_path: Path) -> None:
    """No thread is started and the environment stays as it was."""
    found = load(f"import {module}", tmp_path)

    assert (1, True) == (found.threads, found.environment_kept)


@pytest.mark.parametrize("name", gp_otel.__all__)
def test_public_names_need_no_sdk(name: str, tmp_path: Path) -> None:
    """The core stands on the API alone: a library may use it without an SDK."""
    found = load(f"from gp_otel import {name}", tmp_path)

    assert [] == [one for one in found.modules if one.startswith("opentelemetry.sdk")]


def test_the_pytest_plugin_loads_no_watched_library(tmp_path: Path) -> None:
    """It is loaded in every test run of whoever has gp-otel installed."""
    found = load("import gp_otel.testing", tmp_path)

    assert set() == found.packages & set(LIBRARIES.values())
