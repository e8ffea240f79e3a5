"""Wrap attributes of other people's modules, and put every one of them back.

No other file assigns to what is not ours. Undo comes from what was done: the raw
descriptor is kept, the wrapper is recognised by identity, and where somebody has
wrapped ours in the meantime it stays in place, switched off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

import wrapt

from gp_otel.guard import guard
from gp_otel.wrapper import Wrapped, Wrapper, below, is_reached

__all__ = ["Cancel", "Patches", "State", "Wrapper", "when_imported"]

Cancel = Callable[[], None]
State = Literal["patched", "wrapped by a stranger", "torn off", "missing"]


def when_imported(name: str, callback: Callable[[ModuleType], object]) -> Cancel:
    """Hand the module `name` over once it is imported, at once where it is already.

    What `callback` does wrong does not reach whoever imports. The answer cancels it.
    """
    waiting = [callback]

    def hook(module: ModuleType) -> None:
        if waiting:
            guard(f"import of {name}", waiting.pop(), module)

    wrapt.register_post_import_hook(hook, name)
    return waiting.clear


@dataclass(frozen=True, slots=True, eq=False)
class _Applied:
    """One assignment: what stood there, and what stands there now."""

    target: str
    owner: Any
    name: str
    original: Any
    ours: Any
    inherited: bool

    def state(self) -> State:
        there = _own(self.owner).get(self.name, self.original)
        if there is self.ours or is_reached(there, self.ours):
            # the second by a stranger who took his own wrapper off through the class
            return "patched"
        return "torn off" if there is self.original else "wrapped by a stranger"

    def remove(self) -> None:
        if self.state() != "patched":
            return  # the stranger's stays, and ours is switched off
        # others of ours may have been undone while this one covered them
        original, inherited = below(self.original, inherited=self.inherited)
        if inherited:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, original)


def _own(owner: Any) -> Mapping[str, Any]:
    """What stands in `owner` itself, without what it inherits."""
    own: Mapping[str, Any] = owner.__dict__
    return own


@dataclass(slots=True)
class Patches:
    """What one instrumentor has put in place."""

    _applied: list[_Applied] = field(default_factory=list[_Applied])
    _pending: list[Cancel] = field(default_factory=list["Cancel"])
    _on: list[bool] = field(default_factory=list[bool])

    def wrap(
        self, module: ModuleType, path: str, make: Callable[[Any], Wrapper]
    ) -> bool:
        """Wrap ``function`` or ``Class.method`` in `module`; False where it is not.

        `make` is given the raw descriptor. Name the class that defines a method: the
        wrapper on an heir goes on with what it inherited on that day.
        """
        try:
            owner, name, original = wrapt.resolve_path(module, path)
        except AttributeError:
            return False
        target = f"{module.__name__}:{path}"
        if isinstance(original, property | type):
            raise TypeError(f"{target} cannot be wrapped, it is no function")
        self._on = self._on or [True]
        inherited = name not in _own(owner)
        ours = Wrapped(original, make(original), self._on, inherited=inherited)
        self._put(target, owner, name, original, ours)
        return True

    def replace(self, owner: Any, name: str, value: object) -> None:
        """Put `value` in the place of an attribute that cannot be wrapped.

        It cannot be switched off: where a stranger covers it, it goes on.
        """
        original = _own(owner).get(name)
        self._put(f"{owner.__name__}:{name}", owner, name, original, value)

    def when_imported(
        self, name: str, callback: Callable[[ModuleType], object]
    ) -> None:
        """Hand the module over once it is imported, unless undone before."""
        self._pending.append(when_imported(name, callback))

    def state(self, target: str) -> State:
        """Tell what became of ``module:Class.method``."""
        found = [one for one in self._applied if one.target == target]
        return found[-1].state() if found else "missing"

    def undo(self) -> None:
        """Switch every wrapper off, then take out those that are still on top."""
        self._on.clear()
        self._on = []
        while self._pending:
            self._pending.pop()()
        while self._applied:
            self._applied.pop().remove()

    def _put(
        self, target: str, owner: Any, name: str, original: Any, ours: Any
    ) -> None:
        inherited = name not in _own(owner)
        setattr(owner, name, ours)
        self._applied.append(_Applied(target, owner, name, original, ours, inherited))
