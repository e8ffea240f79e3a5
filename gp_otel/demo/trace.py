"""The trace of a record: its spans in their order, the failing ones marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gp_otel.demo.parts.otlp_decode import Data

SHOWN = 16
"""Spans of one trace that are shown; those around a failure come first."""

_NOISE = (" http send", " http receive", " websocket send", " websocket receive")
"""What contrib's ASGI instrumentation adds for each message."""


@dataclass(frozen=True, slots=True)
class Row:
    """One span, and where it lies in its trace; times are in milliseconds."""

    name: str
    kind: str
    depth: int
    start: float
    length: float
    failed: bool
    """A record points here."""
    first: bool
    """The first of them does."""
    impact: str
    """What the span says of the user, if it says anything."""
    error: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """The spans of one trace, in the order of their start."""

    trace_id: str
    rows: Sequence[Row]
    length: float
    left_out: int
    linked: str = ""
    """The trace that it was begun from: a run has one of its own."""

    @property
    def path(self) -> str:
        """The way down to the span that the first record points to."""
        way: list[Row] = []
        for row in self.rows:
            way = [*(one for one in way if one.depth < row.depth), row]
            if row.first:
                return " / ".join(one.name for one in way)
        return ""


def traces_of(records: Sequence[Data], spans: Iterable[Data]) -> list[Trace]:
    """Draw the traces that these records point to."""
    by_trace: dict[str, list[Data]] = {}
    for span in spans:
        by_trace.setdefault(span["trace_id"], []).append(span)
    ids = dict.fromkeys(str(record["trace_id"]) for record in records)
    return [
        _trace(
            one,
            by_trace[one],
            [str(record["span_id"]) for record in records if record["trace_id"] == one],
        )
        for one in ids
        if one in by_trace
    ]


def _trace(trace_id: str, spans: list[Data], failed: Sequence[str]) -> Trace:
    by_id = {str(span["span_id"]): span for span in spans}
    shown = _chosen(by_id, failed)
    begin = min(int(by_id[one]["start_time_unix_nano"]) for one in shown)
    end = max(int(by_id[one]["end_time_unix_nano"]) for one in shown)
    rows = [
        _row(by_id[one], depth, begin, failed) for one, depth in _in_order(by_id, shown)
    ]
    links = [link["trace_id"] for span in spans for link in span["links"]]
    linked = next((one for one in links if one != trace_id), "")
    return Trace(trace_id, rows, (end - begin) / 1e6, len(spans) - len(rows), linked)


def _chosen(by_id: Mapping[str, Data], failed: Sequence[str]) -> set[str]:
    """Choose what is shown: failures and what is around them, then the longest."""
    chosen: set[str] = set()
    for one in failed:
        while one in by_id and one not in chosen:
            chosen.add(one)
            one = str(by_id[one]["parent_span_id"])  # noqa: PLW2901 - the way up
    others = [one for one in by_id if one not in chosen and not _is_noise(by_id[one])]
    others.sort(key=lambda one: _length(by_id[one]), reverse=True)
    return chosen | set(others[: max(0, SHOWN - len(chosen))])


def _is_noise(span: Data) -> bool:
    return str(span["name"]).endswith(_NOISE)


def _length(span: Data) -> int:
    return int(span["end_time_unix_nano"]) - int(span["start_time_unix_nano"])


def _in_order(by_id: Mapping[str, Data], shown: set[str]) -> Iterator[tuple[str, int]]:
    """Walk the tree: each span before those inside it, the earlier one first."""
    inside: dict[str, list[str]] = {}
    for one in sorted(shown, key=lambda one: int(by_id[one]["start_time_unix_nano"])):
        above = str(by_id[one]["parent_span_id"])
        while above in by_id and above not in shown:
            above = str(by_id[above]["parent_span_id"])
        inside.setdefault(above if above in by_id else "", []).append(one)

    def walk(above: str, depth: int) -> Iterator[tuple[str, int]]:
        for one in inside.get(above, ()):
            yield one, depth
            yield from walk(one, depth + 1)

    yield from walk("", 0)


def _row(span: Data, depth: int, begin: int, failed: Sequence[str]) -> Row:
    return Row(
        name=str(span["name"]),
        kind=str(span["kind"]).lower(),
        depth=depth,
        start=(int(span["start_time_unix_nano"]) - begin) / 1e6,
        length=_length(span) / 1e6,
        failed=span["span_id"] in failed,
        first=span["span_id"] == failed[0],
        impact=str(span["attributes"].get("golden_path_impact", "")),
        error=span["status"]["code"] == "ERROR",
    )
