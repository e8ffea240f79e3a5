"""Install: which targets are patched in this process, and their state."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import TYPE_CHECKING, Final

from opentelemetry import trace

from gp_otel import (
    draft,
    emission,
    engine,
    flush,
    health,
    launch,
    metrics,
    outlet,
    scope,
    settings,
    spans,
    started,
    targets,
    waiting,
    watchdog,
)
from gp_otel import guard as guard_module
from gp_otel.guard import guard
from gp_otel.patch import Patches

if TYPE_CHECKING:
    from gp_otel.instrumentor import Instrumentor
    from gp_otel.watched import Watched

PATCHED: Final = "patched"
PENDING: Final = "pending its import"
REFUSED: Final = "version refused"
MISSING: Final = "not found"
DISABLED: Final = "disabled"
OUTRANKED: Final = "named in settings"
"""A library's own target that settings name: what they say of it counts."""

NAMED: Final = "watch"
"""What the callables that settings name are installed as."""


@dataclass(slots=True)
class Library:
    """What is patched of one library."""

    name: str
    patches: Patches = field(default_factory=Patches)
    states: dict[str, str] = field(default_factory=dict[str, str])
    instrumentor: Instrumentor | None = None
    note: str = ""


_libraries: dict[str, Library] = {}
_lock: Final = threading.RLock()
_ready = False


def install(names: Iterable[str]) -> None:
    """Patch these libraries, now or when they are imported; idempotent."""
    with _lock:
        _prepare()
        for name in names:
            if name not in _libraries:
                library = _libraries[name] = Library(name)
                package = launch.LIBRARIES[name]
                library.states[package] = PENDING
                library.patches.when_imported(package, partial(_imported, library))
                for module in launch.AGAIN.get(name, ()):
                    library.patches.when_imported(module, partial(_again, library))


def install_named() -> None:
    """Watch the callables that settings name; idempotent."""
    with _lock:
        _prepare()
        if NAMED not in _libraries:
            library = _libraries[NAMED] = Library(NAMED)
            targets.watch(settings.current().watches, library)


def uninstall(names: Iterable[str]) -> None:
    """Undo what was done to these libraries."""
    with _lock:
        for name in names:
            library = _libraries.pop(name, None)
            if library is not None:
                library.patches.undo()


def _prepare() -> None:
    """Do once a process what all libraries need."""
    global _ready  # noqa: PLW0603 - once a process
    if _ready:
        return
    _ready = True
    settings.begin()
    scope.hash_users_with(settings.current().user_hash_key)
    provider = trace.get_tracer_provider()
    add = getattr(provider, "add_span_processor", None)
    if add is not None:
        add(spans.Identify())
    guard_module.on_failure(outlet.hook_failed)
    os.register_at_fork(
        before=flush.FLUSHER.pause,
        after_in_parent=flush.FLUSHER.go_on,
        after_in_child=_forked,
    )


def _forked() -> None:
    """A fork's child has its own threads, counters and start-up record."""
    for reset in (
        metrics.reset,
        health.HEALTH.reset,
        watchdog.WATCHDOG.reset,
        flush.FLUSHER.reset,
        emission.STORM.reset,
        draft.reseed,
        started.reset,
        waiting.reset,
    ):
        guard("fork", reset)


def _imported(library: Library, _module: ModuleType) -> None:
    """Load the table of a library that has been imported, and wait for its modules."""
    table = import_module(f"gp_otel_instrumentors.{library.name}")
    instrumentor: Instrumentor = getattr(table, library.name.upper())
    library.instrumentor = instrumentor
    library.states.clear()
    if not _supported(library, instrumentor.library):
        return
    named = {one.target for one in settings.current().watches}
    for module, rows in instrumentor.modules().items():
        for path, _ in rows:
            target = f"{module}:{path}"
            library.states[target] = OUTRANKED if target in named else PENDING
        library.patches.when_imported(module, partial(_patch, library, rows))


def _again(library: Library, _module: ModuleType) -> None:
    """Patch what was still being imported when the table was loaded."""
    modules = library.instrumentor.modules() if library.instrumentor else {}
    for name, rows in modules.items():
        missed = [
            (path, watched)
            for path, watched in rows
            if library.states.get(f"{name}:{path}") == MISSING
        ]
        if missed and name in sys.modules:
            _patch(library, missed, sys.modules[name])


def _patch(
    library: Library, rows: list[tuple[str, Watched]], module: ModuleType
) -> None:
    for path, watched in rows:
        target = f"{module.__name__}:{path}"
        if library.states.get(target) == OUTRANKED:
            continue
        found = guard(
            f"patch {target}",
            library.patches.wrap,
            module,
            path,
            partial(engine.wrapper_for, watched),
        )
        library.states[target] = PATCHED if found else MISSING


def _supported(library: Library, requirement: str) -> bool:
    """Check the installed version against the table's requirement."""
    if not requirement:
        return True
    from packaging.requirements import Requirement  # noqa: PLC0415 - with the table

    wanted = Requirement(requirement)
    try:
        installed = version(wanted.name)
    except PackageNotFoundError:
        library.note = f"{wanted.name} is imported but not installed as a distribution"
        return True
    if wanted.specifier.contains(installed, prereleases=True):
        library.note = f"{wanted.name} {installed}"
        return True
    library.note = f"{wanted.name} {installed} is not {wanted.specifier}"
    library.states[launch.LIBRARIES[library.name]] = REFUSED
    return False


def libraries() -> Mapping[str, Library]:
    """What has been asked for so far, by name."""
    return dict(_libraries)


def instrument() -> None:
    """Watch everything that is watched under the launcher, without it; idempotent.

    Call it first thing, after the SDK's providers are set. Never raises.
    """
    launch.pre_instrument()


def uninstrument() -> None:
    """Put every library back as it was."""
    uninstall(list(_libraries))
