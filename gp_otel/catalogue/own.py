"""Failure points of an application's own, and changes to those that are known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gp_otel.catalogue import ALIASES, COMMON, FIELDS
from gp_otel.catalogue.table import ID, Reader, Table, either, instead
from gp_otel.failure import (
    AT_ONCE,
    MANY_CLIENTS,
    ONE_IN_A_HUNDRED,
    ONE_IN_TWENTY,
    Alert,
    FailurePoint,
    Fault,
    Field,
    Kind,
    Level,
    Stage,
)

_MUST: Final = ("id", "title", "level", "impact")
_MAY: Final = (
    "alert",
    "category",
    "fallback_available",
    "fault",
    "further",
    "not_when",
    "priority",
    "report_row",
    "required",
    "resolution_steps",
    "says",
    "when",
)
_CHANGES: Final = ("alert", "fallback_available", "level", "says")

_FIELD_IN_STEP: Final = re.compile(r"<([A-Za-z][\w.]*)>")

_ALERTS: Final[Mapping[Level, Alert]] = {
    Level.CRITICAL: AT_ONCE,
    Level.ERROR: ONE_IN_A_HUNDRED,
    Level.WARNING: ONE_IN_TWENTY,
}


def alert_for(level: Level, fault: Fault) -> Alert | None:
    """The alert of a failure point that asks for none of its own."""
    if level.is_failure and fault is Fault.CLIENT:
        return MANY_CLIENTS
    return _ALERTS.get(level)


def from_table(
    table: Table, where: str, known: Mapping[str, Field] = FIELDS
) -> FailurePoint:
    """Make a failure point of a TOML table; `where` names the file and the entry.

    `known` are the fields that can be asked for by their name alone.
    """
    read = Reader(where, table)
    read.allow(_MUST, _MAY)
    name, level, fault = read.identifier("id"), read.level("level"), read.fault("fault")
    point = FailurePoint(
        id=name,
        title=read.text("title"),
        category=read.text("category", name.partition(".")[0].upper()),
        level=level,
        fault=fault,
        impact=read.impact("impact"),
        when=read.text("when", ""),
        not_when=read.text("not_when", ""),
        resolution_steps=read.texts("resolution_steps"),
        required=read.fields("required", known),
        further=read.fields("further", known),
        fallback_available=read.flag("fallback_available", default=False),
        priority=read.priority("priority"),
        alert=read.alert("alert", alert_for(level, fault)),
        report_row=read.text("report_row", "") or None,
    )
    return replace(point, says=read.says("says", point))


def merge(
    points: Mapping[str, FailurePoint],
    added: Iterable[FailurePoint] = (),
    overrides: Mapping[str, Table] = MappingProxyType({}),
    where: str = "settings",
) -> Mapping[str, FailurePoint]:
    """Put an application's failure points and changes on top of the known ones.

    `overrides` are changes by id: `level`, `alert`, `says`, `fallback_available`.
    Ids never change, and an alias stands for its failure point.
    """
    merged = dict(points)
    kinds: dict[str, Kind] = {field.name: field.kind for field in FIELDS.values()}
    for point in added:
        _check(point, {*merged, *ALIASES}, kinds, where)
        merged[point.id] = point
        kinds |= {field.name: field.kind for field in point.fields}
    for name, change in overrides.items():
        read = Reader(f"{where}, {name}", change)
        found = ALIASES[name].id if name in ALIASES else name
        if found not in merged:
            raise read.wrong("id", "is unknown", instead(found, merged))
        merged[found] = _changed(merged[found], read)
    return MappingProxyType(merged)


def _check(
    point: FailurePoint,
    taken: Collection[str],
    kinds: Mapping[str, Kind],
    where: str,
) -> None:
    """Hold a failure point to the laws that the catalogue keeps."""
    wrong = Reader(f"{where}, {point.id}", {}).wrong
    if not ID.fullmatch(point.id):
        raise wrong("id", "is no id", f"begin with {either(Stage)} and a dot")
    if point.id in taken:
        raise wrong("id", "is taken", "choose another; levels change by `[points]`")
    for field in point.fields:
        if kinds.get(field.name, field.kind) != field.kind:
            is_ = f"holds {field.name!r}, which is {kinds[field.name]} elsewhere"
            raise wrong("fields", is_, "give it another name, or that kind")
    if point.level.is_failure and not point.resolution_steps:
        raise wrong("resolution_steps", "is missing", "say what to do about it")
    carried = {field.name for field in (*COMMON, *point.fields)}
    for name in _FIELD_IN_STEP.findall(" ".join(point.resolution_steps)):
        if name not in carried:
            raise wrong("resolution_steps", f"ask for <{name}>", "add it to the fields")


def _changed(point: FailurePoint, read: Reader) -> FailurePoint:
    read.allow((), _CHANGES)
    level = read.level("level", point.level)
    usual = point.alert if level is point.level else alert_for(level, point.fault)
    return replace(
        point,
        level=level,
        alert=read.alert("alert", usual),
        says={**point.says, **read.says("says", point)},
        fallback_available=read.flag(
            "fallback_available", default=point.fallback_available
        ),
    )
