"""Chain: which record names which as its cause.

Two rules, nothing else is searched. A compound operation keeps the last record made
directly inside it (`gp_otel.operation`). And an exception carries the ids of the
records made of it: a small tuple of strings, because a reference to the record,
the exception or a frame would keep the application's objects alive, and because it
has to survive pickling.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from gp_otel.scope import NOWHERE

if TYPE_CHECKING:
    from gp_otel.scope import Scope

_MARK: Final = "__golden_path__"
_MARKS_KEPT: Final = 8
_LOOKED_AT: Final = 16

PEER_LEFT: Final = "peer:left"
"""Marks the exception of a send to somebody who had said goodbye."""
PEER_LOST: Final = "peer:lost"
"""Marks the exception of a send to somebody who was lost, which is recorded."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a later record has to know of an earlier one."""

    record_id: str
    failure: str
    root_id: str
    root_failure: str
    dependency: str | None
    severity: int
    """The highest severity number of the chain so far."""


def mark(error: BaseException | None, record_id: str) -> None:
    """Note on an exception which record was made of it.

    Built-in exceptions cannot be weakly referenced and frozen dataclasses refuse
    attributes; the instance dictionary works on all that have one.
    """
    attributes = getattr(error, "__dict__", None)
    if attributes is not None:
        marks = attributes.get(_MARK, ())
        attributes[_MARK] = (*marks[1 - _MARKS_KEPT :], record_id)


def marks(error: BaseException) -> tuple[str, ...]:
    """Read the ids noted on one exception, oldest first."""
    attributes: dict[str, tuple[str, ...]] = getattr(error, "__dict__", {})
    return attributes.get(_MARK, ())


def behind(error: BaseException, *, context: bool = False) -> Iterator[BaseException]:
    """Walk an exception and those it was made of, nearest first.

    That is `__cause__`, the `orig` of a database wrapper and the members of a
    group; `__context__` only when asked, for it proves nothing alone.
    """
    waiting = [error]
    seen: set[int] = set()
    while waiting and len(seen) < _LOOKED_AT:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        made_of = [one.__cause__, getattr(one, "orig", None)]
        if isinstance(one, BaseExceptionGroup):
            made_of.extend(cast("BaseExceptionGroup[BaseException]", one).exceptions)
        if context:
            made_of.append(one.__context__)
        waiting.extend(e for e in made_of if isinstance(e, BaseException))


LINKS_KEPT: Final = 256


def links_of(scope: Scope | None) -> dict[str, Link]:
    """The records that a failure here can be made of."""
    return scope.links if scope is not None else NOWHERE


def remember(link: Link, scope: Scope | None) -> None:
    """Keep a record's link, so that what it causes can name it."""
    links = links_of(scope)
    links[link.record_id] = link
    while len(links) > LINKS_KEPT:
        links.pop(next(iter(links)), None)


def cause_of(error: BaseException | None, scope: Scope | None) -> Link | None:
    """Find the record of this run that was made of this exception or its causes."""
    if error is None:
        return None
    links = links_of(scope)
    if not links:
        return None
    alone = error.__cause__ is None and not hasattr(error, "orig")
    if alone and not issubclass(type(error), BaseExceptionGroup):
        return _marked(error, links)
    for one in behind(error):
        if (link := _marked(one, links)) is not None:
            return link
    return None


def _marked(error: BaseException, links: dict[str, Link]) -> Link | None:
    for record_id in reversed(marks(error)):
        if (link := links.get(record_id)) is not None:
            return link
    return None


def later(by_exception: Link | None, handed_up: Link | None) -> Link | None:
    """Choose the cause: what the exception says, but where its chain has got to.

    The exception can carry the mark of the root alone, while a symptom of the same
    chain was recorded in between.
    """
    if by_exception is None or handed_up is None:
        return by_exception or handed_up
    if by_exception.root_id != handed_up.root_id:
        return by_exception
    return max(by_exception, handed_up, key=lambda link: link.severity)


def related_to(error: BaseException | None, scope: Scope | None) -> str | None:
    """Name the record of the exception during whose handling this one was raised."""
    if error is None or scope is None or error.__context__ is None:
        return None
    for one in behind(error, context=True):
        for record_id in reversed(marks(one)):
            if record_id in scope.links:
                return record_id
    return None


def peer_of(error: BaseException | None) -> str | None:
    """Tell whether an exception is what a send to a gone peer left behind."""
    if error is None:
        return None
    for one in behind(error, context=True):
        for note in marks(one):
            if note in (PEER_LEFT, PEER_LOST):
                return note
    return None
