"""`gp-otel explain`: what a failure point means, when it fires and what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from textwrap import fill
from typing import TextIO

from gp_otel.failure import Alert, FailurePoint, Field, Stage

WIDTH = 88


def run(
    ids: Sequence[str],
    *,
    everything: bool,
    as_json: bool,
    catalogue: Mapping[str, FailurePoint],
    out: TextIO,
) -> int:
    """Explain the failure points asked for; list all of them where none is."""
    named = {alias.id: point for point in catalogue.values() for alias in point.aliases}
    named |= catalogue
    if unknown := [asked for asked in ids if asked not in named]:
        for asked in unknown:
            sys.stderr.write(f"{_no_such(asked, named)}\n")
        return 2
    points = list(dict.fromkeys(named[asked] for asked in ids))
    if everything or (as_json and not ids):
        points = list(catalogue.values())
    if as_json:
        table = [as_table(point) for point in points]
        out.write(json.dumps(table, indent=2, ensure_ascii=False) + "\n")
    elif points:
        out.write("\n\n".join(as_text(point) for point in points) + "\n")
    else:
        out.write("\n".join(_overview(catalogue.values())) + "\n")
    return 0


def as_table(point: FailurePoint) -> dict[str, object]:
    """Say it for programs."""
    return {
        "id": point.id,
        "aliases": [alias.id for alias in point.aliases],
        "title": point.title,
        "category": point.category,
        "stage": point.stage.value,
        "level": point.level.name,
        "fault": point.fault.value,
        "impact": str(point.impact),
        "required_fields": [field.name for field in point.required],
        "further_fields": [field.name for field in point.further],
        "resolution_steps": list(point.resolution_steps),
        "priority": point.priority,
        "report_row": point.report_row,
    }


def as_text(point: FailurePoint) -> str:
    """Say it for people, in lines of 88 characters."""
    return "\n".join(_lines(point))


def _lines(point: FailurePoint) -> Iterator[str]:
    yield point.id
    yield f"  {point.category}: {point.title}"
    yield ""
    yield from _told("Level", f"{point.level.name}, {point.priority}")
    yield from _told("Fault", point.fault.value)
    yield from _told("Impact", str(point.impact))
    yield from _told("Fires", point.when)
    yield from _told("Silent", point.not_when)
    yield from _told("Alert", _alert(point.alert))
    yield from _told("Also", ", ".join(alias.id for alias in point.aliases))
    yield from _told("Report", f"row {point.report_row}" if point.report_row else "")
    if point.resolution_steps:
        yield "\n  What to do"
    for number, step in enumerate(point.resolution_steps, 1):
        yield _wrapped(f"  {number:>3}. ", step)
    yield from _fields("Fields, always", point.required, point)
    yield from _fields("Fields, where they apply", point.further, point)


def _told(name: str, text: str) -> Iterator[str]:
    if text:
        yield _wrapped(f"  {name:<8}", text)


def _fields(
    heading: str, fields: Sequence[Field], point: FailurePoint
) -> Iterator[str]:
    if fields:
        yield f"\n  {heading}"
    for field in fields:
        yield _wrapped(f"    {field.name} ({field.kind}): ", field.text, 6)
        if field.name in point.says:
            yield _wrapped("      says: ", str(point.says[field.name]))


def _wrapped(start: str, text: str, indent: int | None = None) -> str:
    margin = " " * (len(start) if indent is None else indent)
    return fill(
        f"{start}{text}",
        WIDTH,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _alert(alert: Alert | None) -> str:
    if alert is None:
        return "none"
    if not alert.share:
        return "at the first one that escalates"
    least = f", and at least {alert.minimum} of them" if alert.minimum > 1 else ""
    return f"above {alert.share:.0%} within {alert.minutes} minutes{least}"


def _overview(points: Collection[FailurePoint]) -> Iterator[str]:
    by_stage = {stage: [p for p in points if p.stage is stage] for stage in Stage}
    widest = max(len(point.id) for point in points) + 1
    for stage, members in by_stage.items():
        if members:
            yield f"{stage.value} ({len(members)})"
        for point in members:
            yield _wrapped(f"  {point.level.name:<9}{point.id:<{widest}} ", point.title)
    yield ""
    yield "gp-otel explain ID says more about one, --all about all of them."


def _no_such(asked: str, named: Iterable[str]) -> str:
    near = get_close_matches(asked, list(named), n=3, cutoff=0.5)
    meant = (
        f"did you mean {' or '.join(near)}?" if near else "`gp-otel explain` lists all."
    )
    return f"gp-otel explain: there is no failure point {asked!r}; {meant}"
