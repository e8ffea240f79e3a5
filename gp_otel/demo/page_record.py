"""A record and its trace, as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, cast

from gp_otel.demo.observe import Observed
from gp_otel.demo.parts.otlp_decode import Data
from gp_otel.demo.story import Story, tell
from gp_otel.demo.trace import Row, Trace, traces_of


def record(data: Data) -> Iterator[str]:
    """Tell a record: what is read first, and behind it everything."""
    story = tell(data)
    yield f'<div class="record {story.level}">'
    yield f'<p class="headline">{escape(story.headline)}</p>'
    yield from _chips(story)
    yield "<dl>"
    yield f"<dt>Impact</dt><dd>{escape(story.impact)}</dd>"
    ids = "".join(
        f'<span>{word} <span class="code">{escape(value)}</span></span>'
        for word, value in story.ids
    )
    yield f'<dt>Ids</dt><dd class="ids">{ids}</dd>'
    if story.dependency:
        yield f'<dt>Dependency</dt><dd class="code">{escape(story.dependency)}</dd>'
    yield f"<dt>First step</dt><dd>{escape(story.steps[0])}</dd></dl>"
    yield from _more(story, data)
    yield "</div>"


def _chips(story: Story) -> Iterator[str]:
    yield '<div class="chips">'
    yield f'<span class="chip level">{story.level}</span>'
    yield f'<span class="chip code">{escape(story.failure)}</span>'
    for word in story.standing.split(" · "):
        yield f'<span class="chip">{escape(word)}</span>'
    yield "</div>"


def _more(story: Story, data: Data) -> Iterator[str]:
    steps = "".join(f"<li>{escape(step)}</li>" for step in story.steps[1:])
    if steps:
        yield f"<details><summary>What to do next</summary><ol start=2>{steps}</ol>"
        yield "</details>"
    yield "<details><summary>All attributes</summary>"
    yield '<table class="attributes">'
    for name, value in sorted(data["attributes"].items()):
        yield f"<tr><td>{escape(name)}</td><td>{escape(_shown(value))}</td></tr>"
    yield "</table></details>"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, cast("list[object]", value)))
    return str(value)


def traces(observed: Observed) -> Iterator[str]:
    """Draw the traces that the records point to."""
    drawn = traces_of(observed.records, observed.spans)
    if drawn:
        yield f'<p class="part">{"Traces" if len(drawn) > 1 else "Trace"}</p>'
    for trace in drawn:
        yield from _trace(trace)


def _trace(trace: Trace) -> Iterator[str]:
    count = len(trace.rows)
    more = f", {trace.left_out} more not shown" if trace.left_out else ""
    yield '<figure class="trace"><figcaption>'
    begun = f', begun from <span class="code">{trace.linked}</span>'
    where = begun if trace.linked else ""
    yield f'<span class="code">{trace.trace_id}</span>, {count} spans{more}{where}'
    yield "</figcaption>"
    for row in trace.rows:
        yield from _span(row, trace.length)
    yield "</figure>"


def _span(row: Row, total: float) -> Iterator[str]:
    whole = max(total, 0.001)
    left, width = 100 * row.start / whole, 100 * row.length / whole
    hit = row.impact or row.error
    look = "span failed" if row.failed else "span hit" if hit else "span"
    cross = "✗ " if row.failed else ""
    name = escape(row.name)
    yield f'<div class="{look}" style="--depth:{row.depth}">'
    yield f'<div class="name" title="{name} ({row.kind})">{cross}{name}</div>'
    bar = f"left:{left:.2f}%;width:{width:.2f}%"
    yield f'<div class="track"><i style="{bar}"></i></div>'
    yield f'<div class="time">{_milliseconds(row.length)}</div>'
    if row.failed and row.impact:
        yield f'<div class="impact">{escape(row.impact)}</div>'
    yield "</div>"


def _milliseconds(length: float) -> str:
    return f"{length:.1f} ms" if length < 10 else f"{length:,.0f} ms"  # noqa: PLR2004
