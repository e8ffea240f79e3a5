"""`gp-otel explain`: every failure point, for people and for programs."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pytest

from gp_otel import catalogue as c
from gp_otel.cli import explain
from gp_otel.failure import FailurePoint


def said(ids: Sequence[str], *, everything: bool = False, as_json: bool = False) -> str:
    """What it writes, when it succeeds."""
    out = io.StringIO()
    status = explain.run(
        ids, everything=everything, as_json=as_json, catalogue=c.CATALOGUE, out=out
    )

    assert status == 0
    return out.getvalue()


def test_one_as_json() -> None:
    """A list with the failure point, under the names that programs rely on."""
    point = c.AUTH_SERVICE_UNAVAILABLE

    assert [
        {
            "id": "auth.service.unavailable",
            "aliases": ["service.auth.unavailable"],
            "title": "The auth service does not answer",
            "category": "AUTH",
            "stage": "auth",
            "level": "CRITICAL",
            "fault": "dependency",
            "impact": "CRITICAL - authentication blocked for all",
            "required_fields": ["service", "service_url", "timeout_duration"],
            "further_fields": [field.name for field in point.further],
            "resolution_steps": list(point.resolution_steps),
            "priority": "P1",
            "report_row": "1.E2",
        }
    ] == json.loads(said(["auth.service.unavailable"], as_json=True))


def test_an_alias_is_explained() -> None:
    """Asked for by either id, or by both, it is explained once."""
    ids = ["service.auth.unavailable", "auth.service.unavailable"]

    assert said(ids[:1], as_json=True) == said(ids, as_json=True)


def test_all_as_json() -> None:
    """Every failure point is there, in the catalogue's order."""
    everything = json.loads(said([], everything=True, as_json=True))

    assert list(c.CATALOGUE) == [entry["id"] for entry in everything]


@pytest.mark.parametrize("point", c.CATALOGUE.values(), ids=list(c.CATALOGUE))
def test_one_as_text(point: FailurePoint) -> None:
    """It says what broke, what it means and every field, in lines of 88 characters."""
    text = said([point.id])
    words = " ".join(text.split())

    assert [] == [line for line in text.splitlines() if len(line) > explain.WIDTH]
    assert words.startswith(f"{point.id} {point.category}: {point.title} ")
    assert f"Impact {point.impact}" in words
    assert all(" ".join(step.split()) in words for step in point.resolution_steps)
    assert all(f"{field.name} ({field.kind}): " in words for field in point.fields)


def test_nothing_asked_for() -> None:
    """The ids of all of them are listed by stage, and how to go on."""
    text = said([])

    assert all(f" {name} " in text for name in c.CATALOGUE)
    assert text.startswith("auth (14)\n  CRITICAL auth.jwt.invalid ")
    assert [] == [line for line in text.splitlines() if len(line) > explain.WIDTH]


def test_an_unknown_id(capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stderr with the nearest ids, nothing on stdout, status 2."""
    out = io.StringIO()
    status = explain.run(
        ["auth.jwt.expird"],
        everything=False,
        as_json=False,
        catalogue=c.CATALOGUE,
        out=out,
    )

    assert status == 2
    assert out.getvalue() == ""
    assert capsys.readouterr().err == (
        "gp-otel explain: there is no failure point 'auth.jwt.expird'; did you mean "
        "auth.jwt.expired or auth.jwt.invalid or auth.jwt.missing?\n"
    )
