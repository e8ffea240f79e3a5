"""Operation: one watched call that contains others, from its start to its outcome.

An operation keeps two things beside its scope: the last record made directly inside
it or handed up by a failed child, which is what its own failure names as its cause;
and, where it holds, the records of attempts that it may still make good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from gp_otel import deadline, holding, served, watchdog

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from gp_otel.attempt import Attempt
    from gp_otel.chain import Link
    from gp_otel.deadline import Deadline
    from gp_otel.draft import Draft
    from gp_otel.scope import Scope
    from gp_otel.watchdog import Timer

Kind = Literal[
    "connection", "request", "run", "step", "tool", "llm", "statement", "call"
]
"""What an operation is; runs, tools, LLM calls and statements can time out."""

KINDS_WITH_A_TIME_OUT: Final = frozenset({"run", "tool", "llm", "statement"})

_KEY: Final = otel_context.create_key("golden_path.operation")
_SUPPRESSED: Final[str] = getattr(otel_context, "_SUPPRESS_INSTRUMENTATION_KEY", "")
_TOLD: Final = "told"
_HELD_AT_MOST: Final = 64
_HELD_FOR: Final = 120.0
"""Seconds after which what is held is released, where nobody knows better."""

_PUT: Final = dict[str, object].__setitem__
_MADE: Final = cast(
    "Mapping[str, Callable[[], Any]]",
    {"attempts": list, "facts": dict, "held": list},
)
_UNSET: Final[Mapping[str, Any]] = {
    "_release": None,
    "held_for": _HELD_FOR,
    "held_in_all": 0,
    "holds_only": None,
    "patience": None,
    "span": None,
    "watchdog": None,
}


class Operation:
    """One compound call in flight.

    `eventful` is false while nothing has happened in it that its end has to look at.
    """

    __slots__ = (
        "__weakref__",
        "_release",
        "attempts",
        "context",
        "deadline",
        "done",
        "eventful",
        "facts",
        "held",
        "held_for",
        "held_in_all",
        "holds",
        "holds_only",
        "kind",
        "last",
        "name",
        "parent",
        "patience",
        "reported",
        "scope",
        "span",
        "started",
        "watchdog",
    )

    context: Context
    """The one in which it is current."""
    held: list[Draft]
    attempts: list[Attempt]
    facts: dict[str, Any]
    held_for: float
    """Seconds after which what is held is released."""
    held_in_all: int
    holds_only: str | None
    """The beginning of the ids that it holds, where it does not hold all."""
    patience: float | None
    """Seconds after which its silence is a failure."""
    span: Span | None
    watchdog: Timer | None
    _release: Timer | None

    def __init__(
        self,
        name: str,
        kind: Kind,
        parent: Operation | None,
        scope: Scope,
        *,
        holds: bool = False,
    ) -> None:
        self.name = name
        self.kind: Kind = kind
        self.parent = parent
        self.scope = scope
        self.holds = holds
        self.last: Link | None = None
        self.deadline: Deadline | None = deadline.current()
        self.started = perf_counter()
        self.done = self.reported = self.eventful = False

    def __getattr__(self, name: str) -> Any:
        """Make what most operations never need when it is first asked for."""
        if name in _MADE:
            self.eventful = True
            value: Any = _MADE[name]()
        elif name in _UNSET:
            value = _UNSET[name]
        else:
            raise AttributeError(name)
        object.__setattr__(self, name, value)
        return value

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return perf_counter() - self.started

    @property
    def tries(self) -> int:
        """How many tries have failed inside it."""
        return len(self.attempts) + self.held_in_all

    def tell(self, name: str, value: object) -> None:
        """Note a field for a record of this operation, found out by a call inside."""
        self.facts.setdefault(_TOLD, {})[name] = value

    def told(self) -> Mapping[str, object]:
        """What calls inside have found out for a record of this operation."""
        found: Mapping[str, object] = self.facts.get(_TOLD, {})
        return found

    def up(self) -> Iterable[Operation]:
        """Walk from this operation to those around it."""
        one: Operation | None = self
        while one is not None:
            yield one
            one = one.parent

    def around(self, *kinds: Kind) -> Operation | None:
        """The nearest operation of these kinds that still runs; it can be this one."""
        for one in self.up():
            if one.kind in kinds and not one.done:
                return one
        return None

    def holder(self, failure: str) -> Operation | None:
        """The nearest operation that can still make good what fails inside it."""
        for one in self.up():
            if one.holds and not one.done:
                only = one.holds_only
                if only is None or failure.startswith(only):
                    return one
        return None

    def hold(self, draft: Draft) -> None:
        """Keep a record back until this operation's own outcome is known."""
        draft.mark_attempt()
        self.held.append(draft)
        self.held_in_all += draft.occurrences
        if len(self.held) > _HELD_AT_MOST:
            self.held[0].occurrences += 1
            del self.held[1]
        holding.HOLDERS.add(self)
        if self._release is None:
            self._release = watchdog.after(self.held_for, self.release_aged)

    def take_held(self) -> list[Draft]:
        """Hand over the first held of each failure point, which counts its like."""
        held, self.held = self.held, []
        if self._release is not None:
            self._release.cancel()
            self._release = None
        first: dict[str, Draft] = {}
        instead: dict[str, Draft] = {}
        for draft in held:
            kept = first.setdefault(draft.point.id, draft)
            if kept is not draft:
                kept.occurrences += draft.occurrences
                kept.fields["retry_attempted"] = True
                instead[draft.link.record_id] = kept
        for draft in first.values():
            draft.follow(instead)
        for record_id, kept in instead.items():
            self.scope.links[record_id] = kept.link
        return list(first.values())

    def drop_held(self) -> list[Draft]:
        """Forget what is held, so that nothing later names it as its cause."""
        held = self.take_held()
        for draft in held:
            self.scope.links.pop(draft.link.record_id, None)
        return held

    def release_aged(self) -> None:
        """Emit what has been held for too long: late, so it escalates nothing."""
        for draft in self.take_held():
            draft.aged = True
            draft.emit()


def current() -> Operation | None:
    """The operation that the caller runs inside; it may be over.

    A callback can come after it, and is still about the same user and run.
    """
    return current_in(None)


def current_in(context: Context | None) -> Operation | None:
    """The operation that a context belongs to, or the connection that it serves."""
    found = otel_context.get_value(_KEY, context)
    return found if isinstance(found, Operation) else served.current()


def alive(one: Operation | None) -> Operation | None:
    """The nearest operation, outwards, that still runs."""
    while one is not None and one.done:
        one = one.parent
    return one


def inside(one: Operation, context: Context | None = None) -> Context:
    """A context in which this operation is the current one.

    As `opentelemetry.context.set_value`, with one copy of the values instead of two.
    """
    found = Context(otel_context.get_current() if context is None else context)
    _PUT(found, _KEY, one)
    return found


def suppressed() -> bool:
    """Tell whether the caller asked for no telemetry, as exporters do."""
    context = otel_context.get_current()
    return bool(context.get("suppress_instrumentation") or context.get(_SUPPRESSED))
