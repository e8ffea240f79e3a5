"""Every budget, measured: which hold, and which do not.

    python tests/benchmarks

Ends with status 1 where one does not hold. Takes some minutes; leave the machine
alone meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyperf
import start
import throughput

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Budget:
    """A limit, and whether it is one from above or from below."""

    what: str
    limit: float
    beside: str
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Tell whether the measured value is within the limit."""
        return value >= self.limit if self.at_least else value <= self.limit


BUDGETS = {
    "call": Budget("a watched call that succeeds", 1.5, "an empty wrapt wrapper"),
    "call, async": Budget("the same, async", 1.5, "a wrapt wrapper that awaits"),
    "compound": Budget("a compound operation that succeeds", 5, "an empty wrapper"),
    "compound, async": Budget("the same, async", 5, "a wrapper that awaits"),
    "failure": Budget("a failure reported, all included", 4, "the SDK's emit of it"),
    "failure in a storm": Budget("a failure inside a storm", 0.3, "the same emit"),
    "throughput": Budget(
        "the reference application's throughput", 0.98, "without ours", at_least=True
    ),
    "start": Budget("the launcher's start, seconds more", 0.030, "stock"),
}


def ratios() -> dict[str, float]:
    """Run pyperf and read the median of each ratio."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ratios.json"
        subprocess.run(
            [sys.executable, str(HERE / "ratios.py"), "--quiet", "-o", str(file)],
            check=True,
        )
        suite = pyperf.BenchmarkSuite.load(str(file))
    return {one.get_name(): one.median() for one in suite}


def main() -> int:
    """Measure everything and say which budgets hold."""
    found = ratios()
    found["start"] = start.added()
    found["throughput"] = throughput.share()
    foreign = start.imported()
    broken = 0
    for name, budget in BUDGETS.items():
        value = found[name]
        holds = budget.holds(value)
        broken += not holds
        sign = ">=" if budget.at_least else "<="
        print(
            f"{'ok  ' if holds else 'OVER'} {budget.what:40} {value:8.3f} "
            f"{sign} {budget.limit:<6g} beside {budget.beside}"
        )
    print(f"packages imported that the program does not import: {sorted(foreign)}")
    return 1 if broken or foreign else 0


if __name__ == "__main__":
    sys.exit(main())
