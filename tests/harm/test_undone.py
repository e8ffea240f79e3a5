"""After `uninstrument()` every library is what it was, down to identity."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import gp_otel
from gp_otel import install, launch
from gp_otel.instrumentor import Instrumentor
from gp_otel.testing import catching

ABSENT = object()


@pytest.fixture(scope="module")
def targets() -> list[str]:
    """All that the tables name, with the modules imported where they exist."""
    found: list[str] = []
    for library, package in launch.LIBRARIES.items():
        import_module(package)
        table = import_module(f"gp_otel_instrumentors.{library}")
        instrumentor: Instrumentor = getattr(table, library.upper())
        for module, rows in instrumentor.modules().items():
            import_module(module)
            found += [f"{module}:{path}" for path, _ in rows]
    return found


@pytest.fixture
def untouched() -> Iterator[None]:
    """Begin without gp-otel, and leave it as other tests expect it."""
    with catching():
        gp_otel.uninstrument()
        yield
        gp_otel.uninstrument()


def owner_of(target: str) -> tuple[Any, str]:
    """The class or module in which an attribute is looked up, and its name."""
    module, _, path = target.partition(":")
    owner: Any = import_module(module)
    *classes, name = path.split(".")
    for one in classes:
        owner = getattr(owner, one)
    return owner, name


def standing(targets: list[str]) -> dict[str, object]:
    """What stands in each owner itself, without what it inherits."""
    found: dict[str, object] = {}
    for target in targets:
        owner, name = owner_of(target)
        found[target] = vars(owner).get(name, ABSENT)
    return found


def same(before: dict[str, object], after: dict[str, object]) -> set[str]:
    """The targets where the very same object stands; a wrapper equals its function."""
    return {name for name, value in before.items() if value is after[name]}


@pytest.mark.usefixtures("untouched")
def test_every_target(targets: list[str]) -> None:
    """Each is patched, and then the very object from before stands there again."""
    before = standing(targets)
    gp_otel.instrument()
    during = standing(targets)
    states = {
        target: state
        for library in install.libraries().values()
        for target, state in library.states.items()
    }
    gp_otel.uninstrument()
    after = standing(targets)

    assert dict.fromkeys(targets, install.PATCHED) == states
    assert set() == same(before, during)
    assert set(targets) == same(before, after)


@pytest.mark.usefixtures("untouched")
def test_again_and_again(targets: list[str]) -> None:
    """Nothing piles up: on and off as often as one likes."""
    before = standing(targets)
    for _ in range(3):
        gp_otel.instrument()
        gp_otel.instrument()
        gp_otel.uninstrument()
        gp_otel.uninstrument()

    assert set(targets) == same(before, standing(targets))
