"""Entries: the tables that settings are made of, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar, cast

from gp_otel.catalogue import ALIASES
from gp_otel.catalogue.table import Reader, Table, instead, is_list, is_table
from gp_otel.failure import ConfigurationError, FailurePoint

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry(Reader):
    """One table of the settings; `where` names the file and the entry in it."""

    def table_of(self, key: str) -> Table:
        """Read a table within this one; an empty one, if nobody writes it."""
        value = self.table.get(key, {})
        if not is_table(value):
            raise self.wrong(key, f"is {value!r}", f"write a table, `[{key}]`")
        return value

    def entries(self, key: str, name: str) -> list[Entry]:
        """Read a list of tables, each called by what it says under `name`."""
        value = self.table.get(key, ())
        tables = [one for one in value if is_table(one)] if is_list(value) else None
        if tables is None or tables != list(cast("Iterable[object]", value)):
            raise self.wrong(key, f"is {value!r}", f"write `[[{key}]]`, then its keys")
        found = [
            Entry(f"{self.where}, {key} {one.get(name, place)!r}", one)
            for place, one in enumerate(tables, 1)
        ]
        names = [str(one.table.get(name)) for one in found if name in one.table]
        for one in found:
            if names.count(str(one.table.get(name))) > 1:
                raise one.wrong(name, "stands there twice", "make one entry of them")
        return found

    def words(self, key: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        """Read a list of texts; a default, if nobody writes it."""
        return self.texts(key) if key in self.table else tuple(default)

    def number(self, key: str, default: float | None = None) -> float | None:
        """Read a number that is not negative."""
        value = self.table.get(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(key, f"is {value!r}", "write a number")
        if not (isfinite(value) and value >= 0):
            raise self.wrong(key, f"is {value!r}", "write a number from 0")
        return float(value)

    def failure(
        self, key: str, points: Mapping[str, FailurePoint], default: str | None = None
    ) -> str | None:
        """Read the id of a failure point; an alias stands for it."""
        value = self.table.get(key, default)
        if value is None:
            return None
        if isinstance(value, str) and value in points:
            return value
        if isinstance(value, str) and value in ALIASES:
            return ALIASES[value].id
        remedy = instead(str(value), [*points, *ALIASES])
        raise self.wrong(key, f"is {value!r}, no failure point", remedy)

    def through(self, key: str, read: Callable[[Any], T], value: Any) -> T:
        """Have somebody else read a value; what is wrong with it is said of this."""
        try:
            return read(value)
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.where}: `{key}`: {error}") from None
