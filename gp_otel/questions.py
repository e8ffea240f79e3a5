"""Questions: what an outcome rule can ask of a value."""

from __future__ import annotations

import json
import operator
import re
from ast import literal_eval
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import Any, Final

from gp_otel.catalogue.table import is_list
from gp_otel.classes import class_name, is_a
from gp_otel.failure import ConfigurationError

Plain = str | int | float | bool | None
Operand = Plain | tuple[Plain, ...]
"""What a value is compared with."""

_LOOKED_AT: Final = 20_000
"""Characters of a text that a regular expression is tried on."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One question: how it is answered, and how its operand is read and written."""

    holds: Callable[[Any, Any], bool]
    read: Callable[[str], Operand] | None = None
    write: Callable[[Any], str] = str


def same(value: Any, operand: Operand) -> bool:
    """Compare without taking 1 for True; an enumeration's member is its value."""
    value = value.value if isinstance(value, Enum) else value
    if isinstance(operand, tuple):
        return (
            is_list(value)
            and len(value) == len(operand)
            and all(map(same, value, operand))
        )
    if operand is None or isinstance(operand, bool) or isinstance(value, bool):
        return value is operand
    return bool(value == operand)


def _among(value: Any, operand: tuple[Plain, ...]) -> bool:
    return any(same(value, one) for one in operand)


def _matches(value: Any, pattern: str) -> bool:
    return isinstance(value, str) and re.search(pattern, value[:_LOOKED_AT]) is not None


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Operand], bool]:
    """Compare numbers with numbers and texts with texts."""

    def holds(value: Any, operand: Operand) -> bool:
        if isinstance(value, bool) or isinstance(operand, bool):
            return False
        alike = isinstance(value, str) == isinstance(operand, str)
        return alike and bool(compare(value, operand))

    return holds


def read_value(text: str) -> Operand:
    """Read a literal, in JSON's writing or in Python's."""
    for read in (json.loads, literal_eval):
        try:
            return _literal(read({"none": "null"}.get(text.lower(), text)))
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            continue
    word = json.dumps(text, ensure_ascii=False)
    remedy = f"write {word} for a text, or a number, true, false or none"
    raise ConfigurationError(f"{text!r} is no value: {remedy}")


def _literal(value: object) -> Operand:
    if is_list(value):
        return tuple(_plain(one) for one in value)
    return _plain(value)


def _plain(value: object) -> Plain:
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(value)


def _read_list(text: str) -> Operand:
    value = read_value(text)
    if not isinstance(value, tuple):
        raise ConfigurationError(f'{text} is no list: write ["failed", "lost"]')
    return value


def _read_pattern(text: str) -> Operand:
    value = read_value(text)
    if not isinstance(value, str):
        raise ConfigurationError(f'{text} is no pattern: write it in quotes, "sorry"')
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        raise ConfigurationError(f"{text} is no regular expression: {error}") from None
    return value


def _written(operand: Operand) -> str:
    return json.dumps(operand, ensure_ascii=False)


def _value(holds: Callable[[Any, Any], bool]) -> Verb:
    return Verb(holds, read_value, _written)


VERBS: Final[Mapping[str, Verb]] = {
    "exists": Verb(lambda value, _: value is not None),
    "is missing": Verb(lambda _value, _: False),
    "is empty": Verb(lambda value, _: len(value) == 0),
    "is not empty": Verb(lambda value, _: len(value) != 0),
    "is None": Verb(lambda value, _: value is None),
    "is not None": Verb(lambda value, _: value is not None),
    "is True": Verb(lambda value, _: value is True),
    "is not True": Verb(lambda value, _: value is not True),
    "is False": Verb(lambda value, _: value is False),
    "is not False": Verb(lambda value, _: value is not False),
    "is a": Verb(is_a, class_name),
    "is not a": Verb(lambda value, name: not is_a(value, name), class_name),
    "in": Verb(_among, _read_list, _written),
    "not in": Verb(lambda value, all_: not _among(value, all_), _read_list, _written),
    "matches": Verb(_matches, _read_pattern, _written),
    "==": _value(same),
    "!=": _value(lambda value, operand: not same(value, operand)),
    "<": _value(_ordered(operator.lt)),
    "<=": _value(_ordered(operator.le)),
    ">": _value(_ordered(operator.gt)),
    ">=": _value(_ordered(operator.ge)),
}
"""The questions, as they are written. One that has no operand ends with its verb."""
