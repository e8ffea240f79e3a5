"""Read what is said of one callable: a `[[watch]]` of settings, or `@watch`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from gp_otel import classes, outcomes, paths
from gp_otel.catalogue import AGENT_TIMEOUT, ALIASES, COMMON
from gp_otel.catalogue.table import ID, Reader, is_list
from gp_otel.entries import Entry
from gp_otel.failure import FailurePoint, Field, Stage, Value
from gp_otel.named import Failure, Named
from gp_otel.operation import Kind
from gp_otel.outcomes import RAISES, Rule
from gp_otel.paths import Path
from gp_otel.scope import IDS

_MAY: Final = (
    "deadline",
    "dependency",
    "failure",
    "fallback_available",
    "fields",
    "ids",
    "kind",
    "outcomes",
    "passes",
    "says",
    "stage",
    "times_out",
)
_KINDS: Final = ("call", "llm", "run", "statement", "step", "tool")
_NAMES: Final = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_TARGET: Final = re.compile(rf"{_NAMES}:{_NAMES}")
_ALWAYS: Final = ("error_details", "fallback_available", "retry_attempted")
"""Common fields that a callable can say something of."""


@dataclass(frozen=True, slots=True)
class WatchTable:
    """Reads one entry.

    `points` are the failure points that can be named. Where `open_ids` holds, an
    id that nobody knows is left alone: it may come with settings read later.
    """

    entry: Entry
    points: Mapping[str, FailurePoint]
    open_ids: bool = False

    def read(self) -> Named:
        """Make what is said of a callable; raises `ConfigurationError`."""
        entry = self.entry
        entry.allow(("target",), _MAY)
        target = entry.text("target")
        if not _TARGET.fullmatch(target):
            remedy = "write `module:function` or `module:Class.method`"
            raise entry.wrong("target", f"is {target!r}", remedy)
        kind = cast("Kind", entry.one_of("kind", "call", _KINDS))
        failure = self._failure("failure", entry.table.get("failure"))
        times_out = self._failure("times_out", entry.table.get("times_out"))
        rules = self._rules(failure)
        points = [failure, times_out, *(rule.failure for rule in rules)]
        known = self._fields([*points, AGENT_TIMEOUT if kind == "run" else None])
        return Named(
            target=target,
            failure=failure,
            kind=kind,
            stage=self._stage(),
            outcomes=rules,
            passes=self._passes(),
            fields=self._paths("fields", known),
            says=self._says(known),
            ids=self._paths("ids", dict.fromkeys(IDS)),
            dependency=entry.text("dependency", "") or None,
            deadline=self._deadline(failure or times_out),
            times_out=times_out,
        )

    def _failure(self, key: str, value: object) -> Failure | None:
        if value is None or isinstance(value, FailurePoint):
            return value
        if isinstance(value, str) and self.open_ids and ID.fullmatch(value):
            return ALIASES[value].id if value in ALIASES else value
        return Entry(self.entry.where, {key: value}).failure(key, self.points)

    def _rules(self, failure: Failure | None) -> tuple[Rule, ...]:
        """Read the outcomes; without any, an exception is the failure."""
        entry = self.entry
        if "outcomes" not in entry.table:
            return RAISES if failure is not None else ()
        given = entry.table["outcomes"]
        several = given if is_list(given) else [given]
        read = entry.through("outcomes", outcomes.read, several)
        if failure is None and any(rule.failure is None for rule in read):
            remedy = "say which failure point it is, `failure = …`"
            raise entry.wrong("failure", "is missing", remedy)
        return tuple(
            Rule(rule.when, self._failure("failure", rule.failure)) for rule in read
        )

    def _stage(self) -> Stage | None:
        if "stage" not in self.entry.table:
            return None
        return Stage(self.entry.one_of("stage", None, list(Stage)))

    def _passes(self) -> tuple[str, ...]:
        entry = self.entry
        names = entry.texts("passes")
        return tuple(entry.through("passes", classes.class_name, one) for one in names)

    def _deadline(self, failure: Failure | None) -> float | None:
        entry = self.entry
        deadline = entry.number("deadline")
        if deadline == 0:
            raise entry.wrong("deadline", "is 0", "write seconds, or leave it out")
        if deadline and failure is None and entry.table.get("kind") != "run":
            remedy = "say which failure point it is, `times_out = …`"
            raise entry.wrong("times_out", "is missing", remedy)
        return deadline

    def _fields(self, failures: list[Failure | None]) -> Mapping[str, Field] | None:
        """The fields that can be filled; None where that cannot be known yet."""
        found = {field.name: field for field in COMMON if field.name in _ALWAYS}
        for failure in failures:
            point = self.points.get(failure) if isinstance(failure, str) else failure
            if point is None and failure is not None:
                return None
            found |= {field.name: field for field in (point.fields if point else ())}
        return found

    def _paths(
        self, key: str, known: Mapping[str, object] | None
    ) -> Mapping[str, Path]:
        table = self.entry.table_of(key)
        inner = Entry(f"{self.entry.where}: {key}", table)
        if known is not None:
            inner.allow((), known)
        return {
            name: inner.through(name, paths.parse, inner.text(name)) for name in table
        }

    def _says(self, known: Mapping[str, Field] | None) -> Mapping[str, Value]:
        said = dict(self.entry.table_of("says"))
        if "fallback_available" in self.entry.table:
            said["fallback_available"] = self.entry.flag(
                "fallback_available", default=False
            )
        if known is None:
            return cast("Mapping[str, Value]", said)
        inner = Reader(f"{self.entry.where}: says", said)
        inner.allow((), known)
        return {name: inner.value(name, known[name].kind) for name in said}
