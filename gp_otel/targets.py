"""Targets: the callables that settings name, patched when their module is imported.

A name is patched where it is looked up: what was taken from the module while that
was still being loaded (a route, `Depends(function)` in the same file) keeps the
original. A method of a class is looked up late and always seen.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterable
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gp_otel import engine, settings
from gp_otel.catalogue.table import instead
from gp_otel.guard import guard
from gp_otel.named import Named, watched

if TYPE_CHECKING:
    from gp_otel.install import Library

PENDING = "pending its import"
PATCHED = "patched"
MISSING = "not found"

_log = logging.getLogger("gp_otel")


def watch(named: Iterable[Named], library: Library) -> None:
    """Wait for the modules of these callables."""
    for one in named:
        library.states[one.target] = PENDING
        module = one.target.partition(":")[0]
        library.patches.when_imported(module, partial(_patch, one, library))


def _patch(named: Named, library: Library, module: ModuleType) -> None:
    path = named.target.partition(":")[2]
    problem = problem_of(module, path)
    if problem is None:
        make = partial(engine.wrapper_for, watched(named))
        place = f"watch {named.target}"
        if guard(place, library.patches.wrap, module, path, make):
            library.states[named.target] = PATCHED
            return
        problem = "cannot be patched"
    library.states[named.target] = MISSING
    source = settings.current().source
    _log.error(
        "%s, watch %r: %s (not watched; the application goes on)",
        source,
        named.target,
        problem,
    )


def problem_of(module: ModuleType, path: str) -> str | None:
    """Say why `Class.method` or `function` of a module cannot be watched."""
    owner: Any = module
    found: Any = module
    said = module.__name__
    for name in path.split("."):
        owner, found = found, inspect.getattr_static(found, name, None)
        if found is None and not (found := getattr(owner, name, None)):
            return f"{said} has no `{name}`: {instead(name, dir(owner))}"
        said = name
    if isinstance(found, type):
        return f"`{said}` is a class: name a method of it, `{said}.__init__` for one"
    if isinstance(found, property):
        return f"`{said}` is a property: name what it calls"
    if not callable(found) and not isinstance(found, classmethod | staticmethod):
        return f"`{said}` cannot be called"
    return None
