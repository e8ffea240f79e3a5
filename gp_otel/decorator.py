"""The decorator `watch`: observe a callable of one's own, where it is defined."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict, TypeVar, Unpack, cast

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


class Says(TypedDict, total=False):
    """What can be said of a callable; paths look like `self.name`, `result.error`."""

    outcomes: Written | Iterable[Written]
    """Lines like `is False`, or `{"when": line, "failure": id}`: `gp_otel.outcomes`."""
    passes: Iterable[str | type[BaseException]]
    """Exceptions that are no failure."""
    fields: Mapping[str, str]
    """Fields of the record, by path into the call."""
    says: Mapping[str, Value]
    """Fields of the record, as they are."""
    ids: Mapping[str, str]
    """`user_id`, `connection_id`, `run_id`, `thread_id`, by path into the call."""
    kind: Kind
    dependency: str
    """What lies outside the process that it calls, without credentials."""
    deadline: float
    """Seconds after which silence is a failure; nothing is cancelled."""
    times_out: FailurePoint | str
    """What silence means; else what the callable's failure means."""
    fallback_available: bool


def watch(
    failure: FailurePoint | str | None = None, **says: Unpack[Says]
) -> Callable[[F], F]:
    """Report how the decorated function, method, generator or context manager fails.

        @watch("agent.factory.init_failed", fields={"user_context": "user_id"})
        async def create_agent(user_id: str) -> Agent: ...

    An exception is the failure, unless `outcomes` say otherwise: a result of None or
    False is none by itself. It never raises: where what it is told makes no sense it
    says so once, on the logger `gp_otel`, and the function is left as it is.
    """
    said = {"failure": failure, **says}
    return lambda function: guard("watch", _watched, function, said) or function


def _several(outcomes: Written | Iterable[Written] | None) -> list[Written] | None:
    if outcomes is None:
        return None
    if isinstance(outcomes, str | Mapping | Rule):
        return [cast("Written", outcomes)]
    return list(outcomes)


def _watched(function: Any, said: Mapping[str, Any]) -> Any:
    target = f"{function.__module__}:{_name(function)}"
    if isinstance(function, type):
        _log.error("%s is a class: decorate a method of it, __init__ for one", target)
        return function
    written = {
        **said,
        "target": target.replace("<locals>.", ""),
        "outcomes": _several(said.get("outcomes")),
        "passes": [
            name_of(one) if isinstance(one, type) else one
            for one in said.get("passes", ())
        ],
    }
    try:
        entry = Entry("@watch", {k: v for k, v in written.items() if v is not None})
        row = named.watched(WatchTable(entry, CATALOGUE, open_ids=True).read())
    except ConfigurationError as error:
        _log.error("%s is not watched: %s", target, error)
        return function
    wrapper = engine.wrapper_for(row, function)
    return Wrapped(function, wrapper, [True], inherited=False)


def _name(function: Any) -> str:
    inner = getattr(function, "__func__", function)
    return str(getattr(inner, "__qualname__", type(inner).__qualname__))
