"""What gp-otel adds to the launcher's start, and what it imports."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

PAIRS = 12
SHOW = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
OURS = {"gp_otel", "gp_otel_instrumentors"}


def run(*, ours: bool, code: str = "pass") -> tuple[float, str]:
    """Start an empty program under the launcher; give the seconds and its output."""
    launcher = Path(sys.executable).parent / "opentelemetry-instrument"
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "GP_"))},
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "" if ours else "golden_path",
    }
    begun = perf_counter()
    done = subprocess.run(
        [str(launcher), sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return perf_counter() - begun, done.stdout


def added() -> float:
    """Seconds that we add: the median difference of neighbours."""
    run(ours=True)
    differences = []
    for number in range(PAIRS):
        order = (True, False) if number % 2 else (False, True)
        took = {ours: run(ours=ours)[0] for ours in order}
        differences.append(took[True] - took[False])
    return statistics.median(differences)


def imported() -> set[str]:
    """Top-level packages that only we import, ours left out."""
    with_us = set(run(ours=True, code=SHOW)[1].split())
    without = set(run(ours=False, code=SHOW)[1].split())
    return with_us - without - OURS - set(sys.stdlib_module_names)
