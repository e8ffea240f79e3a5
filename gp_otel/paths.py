"""Paths: where in a call a value is found, written as text.

`context.run_id` and `args[0]` are arguments, by name and by place; `self`, `result`,
`error` and `seconds` are what their names say. Behind each, `.name` takes a key of a
mapping or an attribute, `[0]` an item, `["any key"]` a key that is no name. A field
may also be `size(path)`: the bytes of the text that is found there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from gp_otel.failure import ConfigurationError

if TYPE_CHECKING:
    from gp_otel.watched import Call

Root = Literal["args", "self", "result", "error", "seconds"]
Home = Literal["args", "result"]
"""Where a name that is no root belongs: fields are arguments, outcomes are results."""

ROOTS: Final[Mapping[Home, tuple[Root, ...]]] = {
    "args": ("args", "self", "result", "error", "seconds"),
    "result": ("args", "self", "result"),
}

_STEP: Final = r"""\.[A-Za-z_]\w*|\[-?\d{1,9}\]|\['[^']*'\]|\["[^"]*"\]"""
TEXT: Final = rf"(?:[A-Za-z_]\w*|(?=\[))(?:{_STEP})*"
"""What a path looks like, for patterns that contain one."""

_SIZE: Final = re.compile(r"size\((.*)\)")
_PATH: Final = re.compile(TEXT)
_STEPS: Final = re.compile(_STEP)
_NAME: Final = re.compile(r"[A-Za-z_]\w*")


class _Missing:
    """What a path finds that leads nowhere."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class Path:
    """A root and the steps from there: names, keys and places."""

    root: Root
    steps: tuple[str | int, ...] = ()
    sized: bool = False

    def read(self, call: Call) -> Any:
        """Follow it; `MISSING` where it leads nowhere. Never raises."""
        try:
            value = self._read(call)
            return _size(value) if self.sized else value
        except Exception:  # noqa: BLE001 - a property of the application may raise
            return MISSING

    def _read(self, call: Call) -> Any:
        value, steps = self._begin(call)
        for step in steps:
            if value is MISSING:
                break
            value = _follow(value, step)
        return value

    def _begin(self, call: Call) -> tuple[Any, tuple[str | int, ...]]:
        """Find the root, and say which steps are left from there."""
        match self.root, self.steps:
            case "args", (str() as name, *more):
                return call.argument(name, MISSING), tuple(more)
            case "args", steps:
                return call.args, steps
            case "self", steps:
                return (MISSING if call.instance is None else call.instance), steps
            case "result", steps:
                return call.result, steps
            case "error", steps:
                return (MISSING if call.error is None else call.error), steps
            case _, steps:
                return _seconds(call), steps

    def __str__(self) -> str:
        """Write it in full: the root is named."""
        path = self.root + "".join(_written(step) for step in self.steps)
        return f"size({path})" if self.sized else path


def parse(text: str, home: Home = "args") -> Path:
    """Read a path; raises `ConfigurationError` where it is none."""
    text = text.strip()
    if sized := _SIZE.fullmatch(text):
        return replace(parse(sized[1], home), sized=True)
    if not text or not _PATH.fullmatch(text):
        remedy = 'write `name.attribute`, `args[0]` or `result["key"]`'
        raise ConfigurationError(f"{text!r} is no path: {remedy}")
    named = _NAME.match(text)
    first = named.group() if named else ""
    steps = tuple(_step(part) for part in _STEPS.findall(text[len(first) :]))
    for root in ROOTS[home]:
        if first == root:
            return Path(root, steps)
    return Path(home, (first, *steps) if first else steps)


def _step(part: str) -> str | int:
    if part.startswith("."):
        return part[1:]
    inner = part[1:-1]
    return inner[1:-1] if inner[0] in "'\"" else int(inner)


def _written(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if _NAME.fullmatch(step):
        return f".{step}"
    return f"['{step}']" if '"' in step else f'["{step}"]'


def _follow(value: Any, step: str | int) -> Any:
    """Take one step; a mapping has keys only, or `items` would always be there."""
    if isinstance(value, Mapping):
        return cast("Mapping[object, Any]", value).get(step, MISSING)
    if isinstance(step, int):
        return value[step]
    return getattr(value, step, MISSING)


def _size(value: Any) -> Any:
    """Count the bytes of a text; of anything else the size is not known."""
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    return len(value) if isinstance(value, bytes | bytearray) else MISSING


def _seconds(call: Call) -> Any:
    if call.operation is not None:
        return call.operation.elapsed
    return MISSING if call.seconds is None else call.seconds
