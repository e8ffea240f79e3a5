"""Named: a callable of the application's own, and how it is watched.

Settings name it (`[[watch]]`) or its author decorates it (`@watch`); both come down
to the same data, and this to a row of the table that the engine knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final
from uuid import UUID

from gp_otel import catalogue, verdicts
from gp_otel.failure import FailurePoint, Stage, Value
from gp_otel.operation import KINDS_WITH_A_TIME_OUT, Kind
from gp_otel.outcomes import RAISES, Raises, Rule
from gp_otel.paths import MISSING, Path
from gp_otel.watched import Call, Verdict, Watched

Failure = FailurePoint | str
"""A failure point, or the id of one that settings may bring."""

_OF_THE_WHOLE_PATH: Final = ("user_id", "connection_id")
"""Ids of the connection: what is known of them before a run outranks its arguments."""

_LIMITS: Final = ("timeout_limit", "timeout_duration")
_DURATIONS: Final = (
    "actual_duration",
    "duration",
    "duration_seconds",
    "execution_duration",
    "execution_time",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What is said of one callable.

    `outcomes` are tried in their order, and the first that fits is what happened;
    one without a failure point of its own means `failure`. Exceptions in `passes`
    are the application's business. `fields`, `says` and `ids` fill the record.
    After `deadline` seconds silence is a failure; nothing is cancelled.
    """

    target: str
    failure: Failure | None = None
    kind: Kind = "call"
    stage: Stage | None = None
    outcomes: tuple[Rule, ...] = RAISES
    passes: tuple[str, ...] = ()
    fields: Mapping[str, Path] = field(default_factory=dict[str, Path])
    says: Mapping[str, Value] = field(default_factory=dict[str, Value])
    ids: Mapping[str, Path] = field(default_factory=dict[str, Path])
    dependency: str | None = None
    deadline: float | None = None
    times_out: Failure | None = None

    def rules(self) -> tuple[Rule, ...]:
        """The outcomes, each with its failure point where there is one."""
        return tuple(
            rule if rule.failure else replace(rule, failure=self.failure)
            for rule in self.outcomes
        )

    def failures(self) -> Iterator[Failure]:
        """Every failure point that it can come to."""
        ones = (self.failure, *(rule.failure for rule in self.outcomes), self.times_out)
        return (one for one in ones if one is not None)


def watched(named: Named) -> Watched:
    """Make a row of the engine's table."""
    rules = named.rules()
    asks = any(not isinstance(rule.when, Raises) for rule in rules)
    return Watched(
        calls=(named.target,),
        stage=_stage(named),
        kind=named.kind,
        compound=True,
        any_shape=True,
        failures=verdicts.of_exceptions(rules, named.passes),
        judge=verdicts.of_results(rules),
        describe=_describe(named),
        dependency=(lambda _: named.dependency) if named.dependency else None,
        times_out=_times_out(named),
        ids=_ids(named) if named.ids else None,
        enter=verdicts.occurrences(rules, "called"),
        then=verdicts.occurrences(rules, "succeeds"),
        item=verdicts.remember if asks else None,
        deadline=named.deadline,
    )


def _stage(named: Named) -> Stage:
    if named.stage is not None:
        return named.stage
    first = next(named.failures(), None)
    if first is None:
        return Stage.AGENT
    return Stage((first if isinstance(first, str) else first.id).partition(".")[0])


def _times_out(named: Named) -> Verdict:
    if named.times_out is not None:
        return verdicts.means(named.times_out)
    if named.kind == "run":
        return verdicts.means(catalogue.AGENT_TIMEOUT)
    may = named.deadline is not None or named.kind in KINDS_WITH_A_TIME_OUT
    return verdicts.means(named.failure) if may else None


def _describe(named: Named) -> Callable[[Call], Mapping[Any, Any]]:
    def describe(call: Call) -> Mapping[Any, Any]:
        found: dict[str, Any] = {"operation": named.target.partition(":")[2]}
        if call.limit is not None:
            found |= dict.fromkeys(_LIMITS, call.limit)
        if call.operation is not None:
            found |= dict.fromkeys(_DURATIONS, call.operation.elapsed)
        found |= named.says
        for name, path in named.fields.items():
            if (value := path.read(call)) is not MISSING:
                found[name] = value
        return found

    return describe


def _ids(named: Named) -> Callable[[Call], Mapping[str, str]]:
    def ids(call: Call) -> Mapping[str, str]:
        known = call.outside.scope.get if call.outside is not None else None
        found: dict[str, str] = {}
        for name, path in named.ids.items():
            if known is not None and name in _OF_THE_WHOLE_PATH and known(name):
                continue
            value = path.read(call)
            value = value.value if isinstance(value, Enum) else value
            if isinstance(value, str | int | UUID) and not isinstance(value, bool):
                found[name] = str(value)
        return found

    return ids
