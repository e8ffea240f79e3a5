"""Counting: how the outcome of a watched call is counted."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from gp_otel import metrics, started
from gp_otel.guard import guard
from gp_otel.outcome import Outcome
from gp_otel.watched import Call, Watched

Counter = Callable[..., None]
"""Counts one success, given what a wrapper is given."""


def count(call: Call, outcome: Outcome) -> None:
    """Count the operation, and the one on what lies outside the process."""
    watched = call.watched
    asked = watched.dependency_counted
    count_known(watched, outcome, dependency_of(call) if asked else None)


def count_known(watched: Watched, outcome: Outcome, dependency: str | None) -> None:
    """Count an operation whose dependency is known."""
    if watched.counted:
        metrics.OPERATIONS.add(watched.stage, outcome)
    if dependency is not None and watched.dependency_counted:
        metrics.DEPENDENCY_OPERATIONS.add(dependency, outcome)


def dependency_of(call: Call) -> str | None:
    """Name what lies outside the process that the call was made to."""
    ask = call.watched.dependency
    return guard("dependency", ask, call) if ask is not None else None


@cache
def counter(watched: Watched) -> Counter:
    """Choose how a success is counted: it must cost next to nothing."""
    cell = (
        metrics.OPERATIONS.cell(watched.stage.value, Outcome.SUCCESS.value)
        if watched.counted
        else metrics.Cell()
    )
    if watched.dependency is None or not watched.dependency_counted:

        def count_success(_w: Any, _i: Any, _a: Any, _k: Any, _r: Any = None) -> None:
            cell.n += 1

        return count_success
    if watched.dependency_of_each_call:
        return _count_each(watched)
    return _count_known(watched, cell)


def _count_known(watched: Watched, cell: metrics.Cell) -> Counter:
    """Count for the dependency that an instance, or what it belongs to, is known by."""
    by_instance, owner = metrics.ByInstance(), watched.owner
    cells, key = by_instance.cells, by_instance.key

    def first(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> None:
        started.counting()
        call = Call(watched, wrapped, instance, args, kwargs)
        owned = owner(instance) if owner is not None else instance
        by_instance.first(owned, lambda: _ask(call))

    def count_own(
        wrapped: Any, instance: Any, args: Any, kwargs: Any, _result: Any = None
    ) -> None:
        cell.n += 1
        try:
            cells[key(instance)].n += 1
        except Exception:  # noqa: BLE001 - a first time, or a table's mistake: guarded
            guard("dependency", first, wrapped, instance, args, kwargs)

    if owner is None:
        return count_own

    def count_owned(
        wrapped: Any, instance: Any, args: Any, kwargs: Any, _result: Any = None
    ) -> None:
        cell.n += 1
        try:
            cells[key(owner(instance))].n += 1
        except Exception:  # noqa: BLE001 - a first time, or a table's mistake: guarded
            guard("dependency", first, wrapped, instance, args, kwargs)

    return count_owned


def _ask(call: Call) -> str | None:
    ask = call.watched.dependency
    return ask(call) if ask is not None else None


def _count_each(watched: Watched) -> Counter:
    def count_each(
        wrapped: Any, instance: Any, args: Any, kwargs: Any, _result: Any = None
    ) -> None:
        call = Call(watched, wrapped, instance, args, kwargs)
        guard("count", count, call, Outcome.SUCCESS)

    return count_each
