"""The demo on a terminal, in a pipe or in a file: the same lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from gp_otel.demo.observe import Observed
from gp_otel.demo.result import Broken, Healthy, Result, Unharmed
from gp_otel.demo.story import MEANING, Story, count, tell
from gp_otel.demo.trace import traces_of

WIDEST = 100
MARGIN = 16
PIPED = 96
"""Columns where nobody says how many there are."""

_STYLES = {"CRITICAL": "bold red", "ERROR": "red", "WARNING": "yellow"}


class Terminal:
    """Tells what happens, while it happens."""

    def __init__(self, total: int, console: Console | None = None) -> None:
        self.console = console or make_console()
        self._total = total
        self._done = 0
        self._heading = ""
        self._status: Status | None = None

    def begins(self, what: str) -> None:
        """Show it where something can be shown that goes away again."""
        if not self.console.is_terminal:
            return
        self.quiet()
        self._status = self.console.status(Text(what, "dim"))
        self._status.start()

    def quiet(self) -> None:
        """Take away what was shown for a moment."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def healthy(self, healthy: Healthy) -> None:
        """Say that all was well before anything was broken."""
        self.quiet()
        audit = len(healthy.observed.events)
        what = f"{healthy.chats} healthy chats: no record above INFO, {audit} events"
        self._verdict(what, ok=healthy.ok, seconds=healthy.seconds)
        self._problems(healthy.problems)

    def broken(self, broken: Broken) -> None:
        """Tell a fault: what was broken, what the user saw, what arrived."""
        self.quiet()
        fault = broken.fault
        self._stage(fault.stage.value.upper(), MEANING.get(fault.stage, ""))
        self._done += 1
        self._verdict(
            fault.name, ok=broken.ok, seconds=broken.seconds, number=self._done
        )
        self._say("", fault.situation)
        self._say("user saw", broken.user_saw)
        for record in broken.observed.records:
            self._record(tell(record))
        self._traces(broken.observed)
        self._problems(broken.problems)

    def unharmed(self, unharmed: Unharmed) -> None:
        """Tell something harmless, and what shows that it did happen."""
        self.quiet()
        self._stage("HARMLESS", "these must give no record above INFO")
        self._done += 1
        name = unharmed.harmless.name
        self._verdict(name, ok=unharmed.ok, seconds=unharmed.seconds, number=self._done)
        self._say("", unharmed.harmless.situation)
        self._say("user saw", unharmed.user_saw)
        self._say("evidence", unharmed.evidence.text)
        for record in unharmed.observed.records:
            self._record(tell(record))
        self._problems(unharmed.problems)

    def result(self, result: Result) -> None:
        """Sum up, and say whether all is as it has to be."""
        self.quiet()
        self.console.print()
        self._print_trimmed(_table(result))
        self._problems(result.late)
        failed = sum(not one.ok for one in result.all) + bool(result.late)
        records = sum(len(one.observed.records) for one in result.faults)
        stray = sum(len(one.observed.records) for one in result.harmless)
        text = Text("all ok" if result.ok else f"{failed} not ok", _colour(result.ok))
        text.append(
            f": {count(len(result.faults), 'fault')} gave {count(records, 'record')},"
            f" {count(len(result.harmless), 'harmless situation')} gave"
            f" {count(stray, 'record')}, in {result.seconds:.0f} s",
            "default",
        )
        self.console.print(text)

    def _stage(self, name: str, meaning: str) -> None:
        if name == self._heading:
            return
        self._heading = name
        self.console.print()
        self.console.rule(
            Text.assemble((name, "bold"), f"  {meaning}"), align="left", style="dim"
        )

    def _verdict(
        self, what: str, *, ok: bool, seconds: float, number: int | None = None
    ) -> None:
        place = f" {number}/{self._total}" if number is not None else ""
        line = Text.assemble(
            ("ok  " if ok else "FAIL", _colour(ok)),
            f"{place}  ",
            (what, "bold"),
            (f"  {seconds:.1f} s", "dim"),
        )
        self.console.print()
        self.console.print(line)

    def _record(self, story: Story) -> None:
        self.console.print()
        self._say("", story.headline, _STYLES.get(story.level, "bold"))
        self._say("record", f"{story.failure} · {story.level} · {story.standing}")
        self._say("impact", story.impact)
        self._say("ids", " · ".join(f"{word} {value}" for word, value in story.ids))
        self._say("first step", story.steps[0] if story.steps else "none")

    def _traces(self, observed: Observed) -> None:
        for trace in traces_of(observed.records, observed.spans):
            spans = count(len(trace.rows) + trace.left_out, "span")
            self._say("trace", f"{trace.trace_id} · {spans} · {trace.length:.0f} ms")
            self._say("", Text.assemble(trace.path, (" ✗", "bold red")))

    def _problems(self, problems: Sequence[str]) -> None:
        for problem in problems:
            self._say("not ok", problem, "bold red")

    def _print_trimmed(self, table: Table) -> None:
        """Print a table without the blanks that would fill up its lines."""
        with self.console.capture() as captured:
            self.console.print(table)
        for line in captured.get().splitlines():
            self.console.print(Text.from_ansi(line.rstrip()), soft_wrap=True)

    def _say(self, word: str, what: str | Text, style: str = "") -> None:
        """Print a word in the margin and a text beside it, wrapped there."""
        text = Text(what, style) if isinstance(what, str) else what
        beside = self.console.width - MARGIN
        for number, line in enumerate(text.wrap(self.console, beside)):
            line.rstrip()
            begin = f"    {'' if number else word:<{MARGIN - 4}}"
            self.console.print(Text.assemble((begin, "dim"), line), soft_wrap=True)


def make_console() -> Console:
    """Make a console that is neither too wide to read nor unsure of its width."""
    console = Console(highlight=False)
    console.width = min(console.width, WIDEST) if console.is_terminal else PIPED
    return console


def _colour(ok: bool) -> str:  # noqa: FBT001 - the verdict itself
    return "bold green" if ok else "bold red"


def _table(result: Result) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for title in ("stage", "situation", "what arrived", ""):
        table.add_column(title, overflow="fold")
    for row in _rows(result):
        table.add_row(*row)
    return table


def _rows(result: Result) -> Iterator[tuple[str, str, str, Text]]:
    if (healthy := result.healthy) is not None:
        yield "", f"{healthy.chats} healthy chats", "nothing", _mark(healthy.ok)
    for broken in result.faults:
        arrived = _arrived(broken.observed)
        yield broken.fault.stage.value, broken.fault.name, arrived, _mark(broken.ok)
    for unharmed in result.harmless:
        arrived = _arrived(unharmed.observed)
        yield "harmless", unharmed.harmless.name, arrived, _mark(unharmed.ok)


def _arrived(observed: Observed) -> str:
    stories = [tell(record) for record in observed.records]
    lines = [
        story.failure if story.is_root else f"{story.failure} (symptom)"
        for story in stories
    ]
    return "\n".join(lines) or "nothing"


def _mark(ok: bool) -> Text:  # noqa: FBT001 - the verdict itself
    return Text("ok" if ok else "FAIL", _colour(ok))
