"""Draft: a record that is complete but not yet emitted.

It is made when and where the failure happens. What fails inside an operation that
may still succeed waits as a draft; so nothing here refers to an exception, a frame
or an argument, only to text and numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from random import Random
from time import time_ns
from typing import TYPE_CHECKING

from opentelemetry import context as otel_context

from gp_otel import chain, redact, settings, spans, stack
from gp_otel.chain import Link

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from gp_otel.failure import FailurePoint
    from gp_otel.operation import Operation
    from gp_otel.scope import Scope

_MESSAGE_KEPT = 4096
"""Characters of an exception's message that wait for redaction."""


def new_id() -> str:
    """Make a record id: 16 hex digits, unique across processes and forks."""
    return f"{_random.getrandbits(64):016x}"


_random = Random()  # noqa: S311 - unique, not secret; an application's seed is its own


def reseed() -> None:
    """Give a fork's child ids of its own."""
    _random.seed()


class Draft:
    """One failure, with all that its record will say."""

    __slots__ = (
        "aged",
        "attempted",
        "context",
        "error_type",
        "fields",
        "link",
        "message",
        "occurrences",
        "operation",
        "point",
        "related_id",
        "runs",
        "scope",
        "severity_before",
        "stack",
        "timestamp",
        "users",
    )

    def __init__(  # noqa: PLR0913 - the one place where a record is put together
        self,
        point: FailurePoint,
        error: BaseException | None,
        *,
        fields: Mapping[str, object],
        message: str | None = None,
        scope: Scope | None = None,
        cause: Link | None = None,
        dependency: str | None = None,
        operation: Operation | None = None,
    ) -> None:
        point = settings.current().effective(point)
        self.point = point
        self.fields = dict(fields)
        self.timestamp = time_ns()
        self.scope = scope
        self.operation = operation
        self.context: Context | None = otel_context.get_current()
        self.occurrences = 1
        self.aged = False
        self.attempted = False
        self.users: tuple[str, ...] = ()
        self.runs: tuple[str, ...] = ()
        self.describe(error, message)
        self.severity_before = cause.severity if cause is not None else 0
        self.link = link(point, cause, dependency)
        self.related_id = None if cause else chain.related_to(error, scope)

    def describe(self, error: BaseException | None, message: str | None) -> None:
        """Put the exception into words, and let go of it."""
        if error is None:
            self.error_type = self.stack = None
            self.message = message
            return
        self.error_type = stack.name_of(type(error))
        text = redact.text_of(error, _MESSAGE_KEPT)
        self.message = message or text or self.error_type
        above, below = stack.callers(), stack.stack_of(error)
        self.stack = f"{above}\n{below}" if above else below

    @property
    def is_root(self) -> bool:
        """Tell whether this is the first record of its failure."""
        return self.link.root_id == self.link.record_id

    @property
    def escalates(self) -> bool:
        """Tell whether its level is above every earlier one of its chain."""
        return not self.aged and self.point.level.value > self.severity_before

    def mark_attempt(self) -> None:
        """Note on the span in flight that an attempt failed here."""
        spans.mark_attempt(self.point.id)
        self.attempted = True

    def follow(self, instead: Mapping[str, Draft]) -> None:
        """Name another record as the root where one of these stands for it."""
        root = instead.get(self.link.root_id)
        if root is not None:
            self.link = replace(self.link, root_id=root.link.root_id)

    def merge(self, other: Mapping[str, object]) -> None:
        """Take over the fields that only the operation around knows."""
        self.fields.update(other)

    def summary(
        self, count: int, users: tuple[str, ...], runs: tuple[str, ...]
    ) -> Draft:
        """Make the record that stands for so many more like this one."""
        more = copy(self)
        more.link = replace(self.link, record_id=new_id())
        if self.is_root:
            more.link = replace(more.link, root_id=more.link.record_id)
        more.timestamp = time_ns()
        more.occurrences, more.users, more.runs = count, users, runs
        more.scope = more.operation = more.stack = None
        more.context = otel_context.Context()
        return more

    def emit(self) -> None:
        """Send it on its way."""
        from gp_otel import emission  # noqa: PLC0415 - it makes drafts

        emission.emit(self)


def link(point: FailurePoint, cause: Link | None, dependency: str | None) -> Link:
    """Make what later records have to know of this one."""
    record_id = new_id()
    severity = point.level.value
    if cause is None:
        return Link(record_id, point.id, record_id, point.id, dependency, severity)
    return Link(
        record_id,
        point.id,
        cause.root_id,
        cause.root_failure,
        cause.dependency,
        max(cause.severity, severity),
    )
