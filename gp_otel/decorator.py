"""The decorator `watch`: observe a callable of one's own, where it is defined."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

from gp_otel import engine, named
from gp_otel.catalogue import CATALOGUE
from gp_otel.entries import Entry
from gp_otel.failure import ConfigurationError, FailurePoint, Value
from gp_otel.guard import guard
from gp_otel.operation import Kind
from gp_otel.outcomes import Rule, Written
from gp_otel.stack import name_of
from gp_otel.watch_table import WatchTable
from gp_otel.wrapper import Wrapped

F = TypeVar("F", bound=Callable[..., Any])

_log = logging.getLogger("gp_otel")


def watch(  # noqa: PLR0913 - each is a word of its own at the place of the call
    failure: FailurePoint | str | None = None,
    *,
    outcomes: Written | Iterable[Written] | None = None,
    passes: Iterable[str | type[BaseException]] = (),
    fields: Mapping[str, str] | None = None,
    says: Mapping[str, Value] | None = None,
    ids: Mapping[str, str] | None = None,
    kind: Kind = "call",
    dependency: str | None = None,
    deadline: float | None = None,
    times_out: FailurePoint | str | None = None,
    fallback_available: bool | None = None,
) -> Callable[[F], F]:
    """Report how the decorated function, method, generator or context manager fails.

        @watch("agent.factory.init_failed", fields={"user_context": "user_id"})
        async def create_agent(user_id: str) -> Agent: ...

    `outcomes` are lines like `raises ValueError`, `is False` or `success == false`
    (`gp_otel.outcomes` has them all), or `{"when": line, "failure": id}` where one
    means a failure point of its own; without any, an exception is the failure.
    Those in `passes` are none. `fields` and `ids` are paths into the call:
    `user_id` (an argument), `self.name`, `result.error`. After `deadline` seconds
    without an end `times_out` (else `failure`) is reported; nothing is cancelled.

    It never raises: where what it is told makes no sense it says so once, on the
    logger `gp_otel`, and the function is left as it is.
    """
    told: dict[str, Any] = {
        "failure": failure,
        "outcomes": _several(outcomes),
        "passes": [one if isinstance(one, str) else name_of(one) for one in passes],
        "fields": fields,
        "says": says,
        "ids": ids,
        "kind": kind,
        "dependency": dependency,
        "deadline": deadline,
        "times_out": times_out,
        "fallback_available": fallback_available,
    }
    said = {key: value for key, value in told.items() if value is not None}
    return lambda function: guard("watch", _watched, function, said) or function


def _several(outcomes: Written | Iterable[Written] | None) -> list[Written] | None:
    if outcomes is None:
        return None
    if isinstance(outcomes, str | Mapping | Rule):
        return [outcomes]
    return list(outcomes)


def _watched(function: F, said: Mapping[str, Any]) -> F:
    target = f"{function.__module__}:{_name(function)}"
    if isinstance(function, type):
        _log.error("%s is a class: decorate a method of it, __init__ for one", target)
        return function
    try:
        entry = Entry("@watch", {"target": target.replace("<locals>.", ""), **said})
        row = named.watched(WatchTable(entry, CATALOGUE, open_ids=True).read())
    except ConfigurationError as error:
        _log.error("%s is not watched: %s", target, error)
        return function
    ours: Any = Wrapped(
        function, engine.wrapper_for(row, function), [True], inherited=False
    )
    return cast("F", ours)


def _name(function: Any) -> str:
    inner = getattr(function, "__func__", function)
    return str(getattr(inner, "__qualname__", type(inner).__qualname__))
