"""Classes by name: as they are imported (`fastapi.HTTPException`) or defined.

Nothing is imported to find one: what has not been imported has no instances.
"""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from gp_otel.failure import ConfigurationError
from gp_otel.stack import name_of

if TYPE_CHECKING:
    from gp_otel.watched import Verdict

_NAME: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def class_name(text: str) -> str:
    """Check the name of a class: built in, or with its module."""
    name = text.strip().replace(":", ".")
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"{text!r} is no class: write `module.Class`")
    if "." not in name and not isinstance(getattr(builtins, name, None), type):
        near = get_close_matches(name, dir(builtins), n=1)
        meant = f" or `{near[0]}`" if near else ""
        message = f"{name!r} is no built-in class: write `module.{name}`{meant}"
        raise ConfigurationError(message)
    return name


def is_a(value: object, name: str) -> bool:
    """Tell whether a value is an instance of the class of this name, or of an heir."""
    wanted = found(name)
    return any(one is wanted or name_of(one) == name for one in type(value).__mro__)


def found(name: str) -> type | None:
    """The class that is imported under this name, if anybody has imported it."""
    module, _, attribute = name.rpartition(".")
    holder: Any = sys.modules.get(module) if module else builtins
    there = getattr(holder, attribute, None)
    return there if isinstance(there, type) else None


class ByClass(Mapping[str, "Verdict"]):
    """What exception classes mean, by either of their names.

    It is asked by the name of the definition. A name that is none is looked up
    when something has failed, for its module may be imported late.
    """

    def __init__(self, verdicts: Mapping[str, Verdict]) -> None:
        self._verdicts = dict(verdicts)
        self._open = set(verdicts)

    def __getitem__(self, name: str) -> Verdict:
        """Look a class up by where it is defined."""
        for alias in tuple(self._open):
            one = found(alias)
            if one is not None:
                self._open.discard(alias)
                self._verdicts.setdefault(name_of(one), self._verdicts[alias])
        return self._verdicts[name]

    def __iter__(self) -> Iterator[str]:
        """Every name that is known by now."""
        return iter(self._verdicts)

    def __len__(self) -> int:
        """How many names are known by now."""
        return len(self._verdicts)
