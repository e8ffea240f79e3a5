"""Under the launcher: no library, no thread, no word before the application's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gp_otel import launch
from gp_otel.demo.parts.application import LAUNCHER, script

LOOK = """
import json, sys, threading
modules = sorted({name.partition(".")[0] for name in sys.modules})
threads = sorted(thread.name for thread in threading.enumerate())
print(json.dumps({"modules": modules, "threads": threads}))
"""
OURS = {"gp_otel", "gp_otel_instrumentors"}
WITHOUT_CONTRIB = "asyncpg,fastapi,httpx,httpx2,redis,threading"


def look(folder: Path, disabled: str) -> tuple[set[str], list[str], str]:
    """Run nothing under the launcher: what is loaded, what runs, what was printed."""
    environment: Mapping[str, str] = {
        **os.environ,
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": disabled,
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
    }
    command = [script(LAUNCHER), "--", sys.executable, "-c", LOOK]
    done = subprocess.run(
        command, check=True, capture_output=True, cwd=folder, env=environment, text=True
    )
    found = json.loads(done.stdout)
    return set(found["modules"]), found["threads"], done.stderr


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], list[str]]:
    """What is loaded and runs in an empty script, with all of ours switched off."""
    folder = tmp_path_factory.mktemp("without")
    modules, threads, _ = look(folder, f"{WITHOUT_CONTRIB},golden_path_*")
    return modules, threads


def test_empty_script(without: tuple[set[str], list[str]], tmp_path: Path) -> None:
    """Ours and the standard library come in, and no thread begins."""
    modules, threads, printed = look(tmp_path, WITHOUT_CONTRIB)

    assert OURS & modules
    assert set() == modules - without[0] - OURS - set(sys.stdlib_module_names)
    assert set() == modules & (set(launch.LIBRARIES.values()) - {"asyncio", "logging"})
    assert without[1] == threads
    assert "" == printed


def test_contrib_imports_its_libraries(tmp_path: Path) -> None:
    """With contrib's instrumentations nothing comes in that these do not bring."""
    contrib, threads, _ = look(tmp_path, "golden_path_*")
    both, threads_of_both, _ = look(tmp_path, "")

    assert set() == both - contrib - OURS - set(sys.stdlib_module_names)
    assert threads == threads_of_both
