"""No failure point without a scenario that brings it about, or a reason why not.

The reasons stand in `unprovoked.txt`, one a line: the id, two spaces or more, the
reason. A scenario that reports by itself provokes nothing.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from gp_otel import catalogue as c

HERE = Path(__file__).parent
SUITES = sorted(HERE.parent.rglob("test_*.py"))


def unprovoked() -> dict[str, str]:
    """The failure points that nothing brings about yet, and why."""
    lines = (HERE / "unprovoked.txt").read_text("utf-8").splitlines()
    found = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            failure, _, reason = line.partition("  ")
            found[failure.strip()] = reason.strip()
    return found


def provoked() -> dict[str, list[str]]:
    """The failure points that scenarios say they bring about, and which."""
    found: dict[str, list[str]] = {}
    for suite in SUITES:
        for node in ast.walk(ast.parse(suite.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for mark in node.decorator_list:
                    for name in re.findall(r"provokes\((.*)\)", ast.unparse(mark)):
                        for constant in re.findall(r"c\.([A-Z_0-9]+)", name):
                            point = getattr(c, constant)
                            found.setdefault(point.id, []).append(node.name)
    return found


def test_every_failure_is_provoked() -> None:
    """An entry has a scenario, or stands in the list with its reason."""
    assert set() == set(c.CATALOGUE) - set(provoked()) - set(unprovoked())


def test_nothing_provoked_is_excused() -> None:
    """What a scenario brings about has no place in the list."""
    assert set() == set(unprovoked()) & set(provoked())


def test_reasons_are_given() -> None:
    """Only what the catalogue knows is excused, and with words."""
    excused = unprovoked()

    assert set() == set(excused) - set(c.CATALOGUE)
    assert {} == {one: why for one, why in excused.items() if len(why.split()) < 3}


@pytest.mark.parametrize(
    "suite",
    [suite for suite in SUITES if suite.parent.name == "logging_coverage"],
    ids=lambda path: path.stem,
)
def test_scenarios_do_not_report_by_themselves(suite: Path) -> None:
    """A fault comes from outside or beneath a hook."""
    tree = ast.parse(suite.read_text("utf-8"))
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("gp_otel")
        for alias in node.names
    }

    assert set() == names & {"report", "outlet"}
