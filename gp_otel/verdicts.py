"""Verdicts: what the outcome rules of one callable make of a call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from gp_otel import describing, leaf, settings
from gp_otel.classes import ByClass
from gp_otel.failure import FailurePoint
from gp_otel.outcomes import Holds, Occurs, Raises, Rule
from gp_otel.paths import MISSING
from gp_otel.redact import safe_text
from gp_otel.watched import UNNAMED, Call, Verdict

_ITEM: Final = "watch.item"
_INTERNAL_ERROR: Final = 1011
_YIELDS: Final = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR

_PASSES: Final = (
    "langgraph.errors.GraphBubbleUp",
    "starlette.websockets.WebSocketDisconnect",
)
"""Control flow, whatever raises it."""

_PASSES_UNLESS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "starlette.exceptions.HTTPException": lambda error: (
        int(error.status_code) >= HTTPStatus.INTERNAL_SERVER_ERROR
    ),
    "starlette.exceptions.WebSocketException": lambda error: (
        int(error.code) == _INTERNAL_ERROR
    ),
}
"""Answers: those pass that do not say that the server has failed."""


def means(failure: FailurePoint | str | None) -> Verdict:
    """What a failure point says, as settings have it by then.

    One below WARNING is no failure: it is said as an event, and the call succeeded.
    """
    if failure is None:
        return lambda _: UNNAMED

    def verdict(call: Call) -> FailurePoint | None:
        point = settings.current().point(failure)
        if point.level.is_failure:
            return point
        leaf.say(call, point)
        return None

    return verdict


def of_exceptions(
    rules: Iterable[Rule], passes: Iterable[str]
) -> Mapping[str, Verdict]:
    """Say what each exception class means; the first rule that names it wins."""
    verdicts: dict[str, Verdict] = dict.fromkeys(passes)
    for rule in rules:
        if isinstance(rule.when, Raises):
            for name in rule.when.classes or ("BaseException",):
                verdicts.setdefault(name, means(rule.failure))
    any_ = verdicts.get("BaseException", lambda _: UNNAMED)
    for name in _PASSES:
        verdicts.setdefault(name, None)
    for name, fails in _PASSES_UNLESS.items():
        verdicts.setdefault(name, _where(fails, any_))
    return ByClass(verdicts)


def _where(fails: Callable[[Any], bool], verdict: Verdict) -> Verdict:
    def decide(call: Call) -> FailurePoint | object | None:
        if not fails(call.error):
            return None
        return verdict(call) if callable(verdict) else verdict

    return decide


def of_results(rules: Iterable[Rule]) -> Callable[[Call], FailurePoint | None] | None:
    """Say what a result means; the first question answered with yes decides."""
    asked = [(rule.when, rule) for rule in rules if isinstance(rule.when, Holds)]

    def judge(call: Call) -> FailurePoint | None:
        _last_item(call)
        for holds, rule in asked:
            if not holds(call):
                continue
            point = settings.current().point(rule.failure) if rule.failure else None
            if point is None or point.level.is_failure:
                _explain(call, holds)
                return point
            leaf.say(call, point)
            return None
        return None

    return judge if asked else None


def _explain(call: Call, holds: Holds) -> None:
    """Say what no exception says; an error that a result carries speaks for itself."""
    text = f"it returned, and {holds}"
    if holds.verb == "exists":
        text = f"{text}: {safe_text(holds.path.read(call), 1000)}"
    if call.operation is not None:
        call.operation.facts[describing.MESSAGE] = text


def occurrences(rules: Iterable[Rule], what: str) -> Callable[[Call], None] | None:
    """Say that the call came about, or succeeded, where the condition holds."""
    said = [
        (rule.when.condition, rule)
        for rule in rules
        if isinstance(rule.when, Occurs) and rule.when.what == what
    ]

    def occurred(call: Call) -> None:
        _last_item(call)
        for condition, rule in said:
            if rule.failure and (condition is None or condition(call)):
                leaf.say(call, settings.current().point(rule.failure))

    return occurred if said else None


def remember(call: Call, item: Any) -> None:
    """Keep what a generator has yielded: its result is the last of it."""
    if call.operation is not None:
        call.operation.facts[_ITEM] = item


def _last_item(call: Call) -> None:
    code = getattr(call.function, "__code__", None)
    if code is not None and code.co_flags & _YIELDS and call.operation is not None:
        call.result = call.operation.facts.get(_ITEM, MISSING)
