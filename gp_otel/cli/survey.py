"""Survey: what is patched, seen from inside a process like the application's.

`python -m gp_otel.cli.survey FILE [MODULE]` imports the application's module, or all
libraries that we know and that are installed, and writes what became of each target.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from gp_otel import install, launch, settings
from gp_otel.stack import name_of
from gp_otel.wrapper import Wrapped


@dataclass(slots=True)
class Survey:
    """What was found; `failed` is what an import raised, by module."""

    running: bool = False
    """Whether anybody has started gp-otel in this process."""
    source: str = ""
    states: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    notes: dict[str, str] = field(default_factory=dict[str, str])
    failed: dict[str, str] = field(default_factory=dict[str, str])
    held: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Who has taken a named function before it could be patched."""


def main(arguments: list[str]) -> int:
    """Look, and write it down."""
    file, *modules = arguments
    found = Survey()
    if modules:
        sys.path.insert(0, "")
        _import(modules[0], found)
    else:
        launch.pre_instrument()
        _import_libraries(found)
    found.running = bool(install.libraries())
    found.source = settings.current().source
    for name, library in install.libraries().items():
        found.notes[name] = library.note
        found.states[name] = {
            target: _state(library, target, state)
            for target, state in library.states.items()
        }
    for named in settings.current().watches:
        found.held[named.target] = sorted(set(_holders(named.target)))
    Path(file).write_text(json.dumps(asdict(found)), "utf-8")
    return 0


def _import(module: str, found: Survey) -> None:
    try:
        import_module(module)
    except BaseException as error:  # noqa: BLE001 - an application may also exit
        found.failed[module] = f"{type(error).__name__}: {error}"


def _import_libraries(found: Survey) -> None:
    """Import what is watched, so that nothing is left pending."""
    for library in list(install.libraries().values()):
        if library.name == install.NAMED:
            continue
        package = launch.LIBRARIES[library.name]
        if find_spec(package.partition(".")[0]) is None:
            continue
        _import(package, found)
        if library.instrumentor is not None and install.REFUSED not in (
            library.states.values()
        ):
            for module in library.instrumentor.modules():
                _import(module, found)


def _state(library: install.Library, target: str, state: str) -> str:
    """Look again at what was patched: a stranger may have come since."""
    if state != install.PATCHED:
        return state
    now = library.patches.state(target)
    return state if now == "missing" else now


def _holders(target: str) -> Iterator[str]:
    """Name what refers to the function that a named target had been before."""
    module, _, path = target.partition(":")
    wrapper = getattr(sys.modules.get(module), path, None)
    if "." in path or type(wrapper) is not Wrapped:
        return
    original: Any = wrapper
    original = original.__wrapped__
    for holder in map(_owner, gc.get_referrers(original)):
        kind = type(holder)
        if isinstance(holder, ModuleType):
            yield f"module {holder.__name__}"
        elif kind.__module__.partition(".")[0] not in ("builtins", "gp_otel"):
            yield name_of(kind)


def _owner(holder: object) -> object:
    """An object's attributes may lie in a dictionary: the object is what holds."""
    kind: object = type(holder)
    if kind is not dict:
        return holder
    around: list[object] = gc.get_referrers(holder)
    for one in around:
        with suppress(Exception):
            if getattr(one, "__dict__", None) is holder:
                return one
    return holder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
