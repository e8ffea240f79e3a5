"""Findings: what the doctor has found, and how it is written for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

WIDTH: Final = 80

State = Literal["ok", "note", "wrong"]

_SIGNS: Final = {"ok": "ok", "note": "--", "wrong": "!!"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; what is wrong has a remedy."""

    state: State
    text: str
    remedy: str = ""


def ok(text: str) -> Finding:
    """It works."""
    return Finding("ok", text)


def note(text: str) -> Finding:
    """It is so, and may be meant."""
    return Finding("note", text)


def wrong(text: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding("wrong", text, remedy)


@dataclass(frozen=True, slots=True)
class Section:
    """Findings about one thing."""

    title: str
    findings: list[Finding] = field(default_factory=list[Finding])


def written(sections: Iterable[Section]) -> Iterator[str]:
    """Write them, in lines that a terminal of 80 columns shows whole."""
    count = 0
    for section in sections:
        yield section.title
        for finding in section.findings:
            yield from _lines(finding)
            count += finding.state == "wrong"
        yield ""
    if not count:
        yield "All that was looked at works."
    else:
        many = "problem" if count == 1 else "problems"
        yield f"{count} {many}, marked !!, each with its remedy."


def _lines(finding: Finding) -> Iterator[str]:
    yield from textwrap.wrap(
        finding.text,
        WIDTH,
        initial_indent=f"  {_SIGNS[finding.state]}  ",
        subsequent_indent=" " * 6,
        break_long_words=False,
        break_on_hyphens=False,
    )
    if finding.remedy:
        yield from textwrap.wrap(
            finding.remedy,
            WIDTH,
            initial_indent=" " * 6 + "→ ",
            subsequent_indent=" " * 8,
            break_long_words=False,
            break_on_hyphens=False,
        )
