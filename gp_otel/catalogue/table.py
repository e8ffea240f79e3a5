"""Read failure points from tables; what is wrong says where, what and the remedy."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, TypeGuard, cast, get_args

from gp_otel.failure import (
    AT_ONCE,
    Alert,
    ConfigurationError,
    FailurePoint,
    Fault,
    Field,
    Impact,
    Kind,
    Level,
    Priority,
    Secrecy,
    Stage,
    Value,
)

Table = Mapping[str, object]

Rating = Literal["CRITICAL", "HIGH", "MEDIUM", "LOW"]

ID: Final = re.compile(rf"({'|'.join(Stage)})(\.[a-z][a-z0-9_]*){{1,3}}")
_FIELD_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_IMPACT: Final = re.compile(r"(CRITICAL|HIGH|MEDIUM|LOW) - (\S.*)")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one table; `where` names the file and the entry in it."""

    where: str
    table: Table

    def wrong(self, key: str, problem: str, remedy: str) -> ConfigurationError:
        """Say which file, which key, what is wrong and what to do."""
        return ConfigurationError(f"{self.where}: `{key}` {problem}: {remedy}")

    def allow(self, must: Collection[str], may: Collection[str]) -> None:
        """Refuse a key that is missing, and one that nobody knows."""
        for key in must:
            if key not in self.table:
                raise self.wrong(key, "is missing", f"add `{key} = …`")
        for key in self.table:
            if key not in must and key not in may:
                raise self.wrong(key, "is no key", instead(key, (*must, *may)))

    def text(self, key: str, default: str | None = None) -> str:
        """Read a text that is not empty, unless the default is."""
        value = self.table.get(key, default)
        if not isinstance(value, str) or not (value.strip() or default == ""):
            raise self.wrong(key, f"is {value!r}", "write a text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts."""
        value = self.table.get(key, ())
        if not _is_texts(value):
            raise self.wrong(key, f"is {value!r}", "write a list of texts")
        return tuple(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Read `true` or `false`."""
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, f"is {value!r}", "write true or false")
        return value

    def identifier(self, key: str) -> str:
        """Read an id: the stage, then one to three words with dots."""
        value = self.text(key)
        if not ID.fullmatch(value):
            raise self.wrong(
                key,
                f"is {value!r}",
                f"begin with {either(Stage)}, then one to three words with dots",
            )
        return value

    def level(self, key: str, default: Level | None = None) -> Level:
        """Read a level by its name."""
        if key not in self.table and default is not None:
            return default
        return Level[self.one_of(key, None, Level.__members__)]

    def fault(self, key: str) -> Fault:
        """Read whose fault it is; the server's, if nobody says."""
        return Fault(self.one_of(key, "server", list(Fault)))

    def priority(self, key: str) -> Priority:
        """Read a priority; P3, if nobody says."""
        return cast("Priority", self.one_of(key, "P3", get_args(Priority)))

    def impact(self, key: str) -> Impact:
        """Read `CRITICAL - what it means for the user`."""
        value = self.text(key)
        if (match := _IMPACT.fullmatch(value)) is None:
            raise self.wrong(
                key,
                f"is {value!r}",
                "write CRITICAL, HIGH, MEDIUM or LOW, then ` - ` and the meaning",
            )
        return Impact(cast("Rating", match[1]), match[2])

    def alert(self, key: str, default: Alert | None) -> Alert | None:
        """Read `"at_once"`, `"never"` or `{ share, minimum, minutes }`."""
        if key not in self.table:
            return default
        given = self.table[key]
        if given == "never":
            return None
        if given == "at_once":
            return AT_ONCE
        if is_table(given):
            return Reader(f"{self.where}: {key}", given).limits()
        remedy = 'write "at_once", "never" or { share, minimum, minutes }'
        raise self.wrong(key, f"is {given!r}", remedy)

    def limits(self) -> Alert:
        """Read the table of an alert."""
        self.allow((), ("share", "minimum", "minutes"))
        share = self.table.get("share", 0.0)
        if not _is_number(share) or not 0 <= share <= 1:
            raise self.wrong("share", f"is {share!r}", "write a number from 0 to 1")
        minimum, minutes = self.count("minimum", 1), self.count("minutes", 5)
        return Alert(share=float(share), minimum=minimum, minutes=minutes)

    def one_of(self, key: str, default: str | None, choices: Iterable[str]) -> str:
        """Read one of some words."""
        value = self.table.get(key, default)
        if value not in (names := list(choices)):
            raise self.wrong(key, f"is {value!r}", f"write {either(names)}")
        return str(value)

    def count(self, key: str, default: int) -> int:
        """Read a whole number from 1."""
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.wrong(key, f"is {value!r}", "write a whole number from 1")
        return value

    def fields(self, key: str, known: Mapping[str, Field]) -> tuple[Field, ...]:
        """Read names of known fields and tables of new ones."""
        value = self.table.get(key, ())
        if not is_list(value):
            raise self.wrong(key, f"is {value!r}", "write a list of fields")
        return tuple(self._field(key, item, known) for item in value)

    def new_field(self, known: Mapping[str, Field]) -> Field:
        """Read the table of a field."""
        self.allow(("name", "text"), ("kind", "secrecy"))
        name = self.text("name")
        kind = cast("Kind", self.one_of("kind", "string", get_args(Kind)))
        if not _FIELD_NAME.fullmatch(name):
            raise self.wrong(
                "name", f"is {name!r}", "write letters, digits, _ and dots"
            )
        if name in known and known[name].kind != kind:
            is_ = f"is {name!r}, which is {known[name].kind} elsewhere"
            raise self.wrong("name", is_, "choose another name, or that kind")
        secrecy = Secrecy(self.one_of("secrecy", "text", list(Secrecy)))
        return Field(name, self.text("text"), kind, secrecy)

    def says(self, key: str, point: FailurePoint) -> Mapping[str, Value]:
        """Read what stands in for a judgement, by field name."""
        said = self.table.get(key, {})
        if not is_table(said):
            raise self.wrong(key, f"is {said!r}", "write a table: field name = value")
        kinds: dict[str, Kind] = {field.name: field.kind for field in point.fields}
        inner = Reader(f"{self.where}: {key}", said)
        inner.allow((), kinds)
        return {name: inner.value(name, kinds[name]) for name in said}

    def value(self, key: str, kind: Kind) -> Value:
        """Read a value of a field's kind."""
        given = self.table[key]
        if isinstance(given, str) and kind == "string":
            return given
        if isinstance(given, bool) and kind == "boolean":
            return given
        if _is_texts(given) and kind == "string[]":
            return tuple(given)
        if _is_number(given) and kind == "double":
            return float(given)
        if _is_number(given) and isinstance(given, int) and kind == "int":
            return given
        raise self.wrong(key, f"is {given!r}", f"write a value of kind {kind}")

    def _field(self, key: str, item: object, known: Mapping[str, Field]) -> Field:
        if isinstance(item, str) and item in known:
            return known[item]
        if is_table(item):
            return Reader(f"{self.where}: {key}", item).new_field(known)
        remedy = "write a known field's name, or { name, text, kind }"
        raise self.wrong(key, f"holds {item!r}, which is no field", remedy)


def is_list(value: object) -> TypeGuard[list[object] | tuple[object, ...]]:
    """Tell a list, TOML's or Python's."""
    return isinstance(value, list | tuple)


def _is_texts(value: object) -> TypeGuard[list[str] | tuple[str, ...]]:
    return is_list(value) and all(isinstance(item, str) for item in value)


def is_table(value: object) -> TypeGuard[Table]:
    """Tell a table."""
    return isinstance(value, Mapping)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def instead(name: str, known: Iterable[str]) -> str:
    """Ask whether one of the nearest names was meant."""
    near = get_close_matches(name, names := sorted(known), n=3)
    return f"did you mean {either(near or names[:12])}?" if names else "leave it out"


def either(words: Iterable[str]) -> str:
    """Name the choices: `a, b or c`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
