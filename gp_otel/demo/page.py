"""The demo as one page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files

from gp_otel.demo.observe import Observed
from gp_otel.demo.page_record import record, traces
from gp_otel.demo.result import Broken, Healthy, Result, Unharmed
from gp_otel.demo.story import MEANING, count, tell
from gp_otel.version import VERSION


def write(result: Result, when: datetime | None = None) -> str:
    """Write the page."""
    return "\n".join(_page(result, when or datetime.now(UTC)))


def _page(result: Result, when: datetime) -> Iterator[str]:
    css = files("gp_otel.demo").joinpath("page.css").read_text("utf-8")
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>gp-otel demo: {_verdict(result)}</title>"
    yield f"<style>{css}</style></head><body>"
    yield from _head(result)
    yield from _summary(result)
    for stage in dict.fromkeys(one.fault.stage for one in result.faults):
        yield f"<h2>{escape(stage.value.capitalize())}</h2>"
        yield f"<p>{escape(MEANING.get(stage, '').capitalize())}.</p>"
        for broken in result.faults:
            if broken.fault.stage is stage:
                yield from _broken(broken)
    if result.harmless:
        yield "<h2>Harmless</h2>"
        yield "<p>What looks like a failure and is none gives no record above INFO.</p>"
    for unharmed in result.harmless:
        yield from _unharmed(unharmed)
    yield f"<footer>gp-otel {VERSION}, {when:%d %B %Y, %H:%M} UTC</footer>"
    yield "</body></html>"


def _verdict(result: Result) -> str:
    failed = sum(not one.ok for one in result.all) + bool(result.late)
    return "All ok" if result.ok else f"{failed} not ok"


def _head(result: Result) -> Iterator[str]:
    records = sum(len(one.observed.records) for one in result.faults)
    stray = sum(len(one.observed.records) for one in result.harmless)
    colour = "good" if result.ok else "bad"
    yield '<header id="top"><h1>gp-otel demo</h1>'
    yield f'<p class="verdict {colour}">{_verdict(result)}</p>'
    yield (
        f'<p class="lead">A chat application was broken from outside in'
        f" {count(len(result.faults), 'way')}, and {count(records, 'record')} told of"
        f" it. {count(len(result.harmless), 'situation')} that only looked like"
        f" failures gave {count(stray, 'record')}. It took {result.seconds:.0f}"
        " seconds.</p>"
    )
    yield from _problems(result.late)
    yield "</header>"


def _summary(result: Result) -> Iterator[str]:
    yield '<table class="summary"><thead><tr><th>Stage</th><th>Situation</th>'
    yield "<th>What arrived</th><th>Verdict</th></tr></thead><tbody>"
    if result.healthy is not None:
        what = f"{result.healthy.chats} healthy chats"
        yield _row("", what, _arrived(result.healthy.observed), result.healthy)
    for one in result.faults:
        name = _link(one.fault.name)
        yield _row(one.fault.stage.value, name, _arrived(one.observed), one)
    for other in result.harmless:
        name = _link(other.harmless.name)
        yield _row("harmless", name, _arrived(other.observed), other)
    yield "</tbody></table>"


def _row(
    stage: str, situation: str, arrived: str, one: Healthy | Broken | Unharmed
) -> str:
    cells = f"<td>{stage}</td><td>{situation}</td><td>{arrived}</td>"
    return f"<tr>{cells}<td>{_mark(ok=one.ok)}</td></tr>"


def _link(name: str) -> str:
    return f'<a href="#{escape(name)}">{escape(name)}</a>'


def _arrived(observed: Observed) -> str:
    stories = [tell(one) for one in observed.records]
    lines = [
        f'<span class="code{"" if one.is_root else " symptom"}">{one.failure}</span>'
        for one in stories
    ]
    return "".join(lines) or "nothing"


def _mark(*, ok: bool) -> str:
    return f'<b class="{"good" if ok else "bad"}">{"ok" if ok else "not ok"}</b>'


def _broken(broken: Broken) -> Iterator[str]:
    fault = broken.fault
    yield from _begin(fault.name, fault.situation, broken)
    yield from _saw(broken.user_saw)
    yield '<p class="part">What arrived</p>'
    for one in broken.observed.records:
        yield from record(one)
    yield from traces(broken.observed)
    yield from _problems(broken.problems)
    yield "</article>"


def _unharmed(unharmed: Unharmed) -> Iterator[str]:
    harmless = unharmed.harmless
    yield from _begin(harmless.name, harmless.situation, unharmed)
    yield from _saw(unharmed.user_saw)
    yield '<p class="part">What shows that it happened</p>'
    yield f"<div>{escape(_sentence(unharmed.evidence.text))}</div>"
    for one in unharmed.observed.records:
        yield from record(one)
    yield from traces(unharmed.observed)
    yield from _problems(unharmed.problems)
    yield "</article>"


def _begin(name: str, situation: str, one: Broken | Unharmed) -> Iterator[str]:
    yield f'<article id="{escape(name)}"><header><h3>{escape(situation)}</h3>'
    yield f'<span class="code">{escape(name)}</span>'
    yield f'<span class="label">{_mark(ok=one.ok)}</span></header>'


def _saw(user_saw: str) -> Iterator[str]:
    """Show step by step what the user saw, the last one as they keep it in mind."""
    yield '<p class="part">What the user saw</p><ol class="saw">'
    steps = user_saw.split(" → ")
    for number, step in enumerate(steps, 1):
        hurt = "hurt" if step.startswith(_HURTS) else ""
        last = "last" if number == len(steps) else ""
        yield f'<li class="{hurt or last}">{escape(step)}</li>'
    yield "</ol>"


_HURTS = ("error:", "refused", "connection lost", "401", "503")


def _problems(problems: Sequence[str]) -> Iterator[str]:
    if problems:
        lines = "".join(f"<li>{escape(problem)}</li>" for problem in problems)
        yield f'<ul class="problems">{lines}</ul>'


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
