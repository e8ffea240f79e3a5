"""Outlet: the one way out.

Everything that leaves as a record goes through `emit`: the include-list, redaction,
the storm limit, the counters, the marks on spans. None of it raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from opentelemetry import trace

from gp_otel import catalogue as c
from gp_otel import (
    chain,
    emission,
    operation,
    redact,
    settings,
    spans,
)
from gp_otel.draft import Draft
from gp_otel.failure import FailurePoint
from gp_otel.guard import guard
from gp_otel.stack import name_of

if TYPE_CHECKING:
    from gp_otel.chain import Link
    from gp_otel.operation import Operation
    from gp_otel.scope import Scope

Fields = Mapping[str, object]

_WORDS = 500
"""Characters of a mistake of ours."""


def report(
    point: FailurePoint | str, error: BaseException | None = None, **fields: object
) -> str | None:
    """Report a failure of your own; return the record's id, or None.

    `point` is a failure point of the catalogue or one of yours, or its id. Of
    `fields` those are kept that the failure point names; `message` becomes
    `error_details`. It never raises: what goes wrong is counted and the
    application goes on.
    """
    return guard("report", _report, point, error, fields)


def _report(
    point: FailurePoint | str, error: BaseException | None, fields: dict[str, object]
) -> str | None:
    found = settings.current().find(point) if isinstance(point, str) else point
    around = operation.current()
    if not found.level.is_failure:
        return audit(found, fields, around, always=True)
    message = fields.pop("message", None)
    link = failure(
        found,
        error,
        around=around,
        describe=lambda: fields,
        message=None if message is None else str(message),
    )
    return link.record_id if link is not None else None


def failure(  # noqa: PLR0913 - each of them is known in another place
    point: FailurePoint,
    error: BaseException | None,
    *,
    around: Operation | None,
    describe: Callable[[], Fields],
    message: str | None = None,
    cause: Link | None = None,
    dependency: str | None = None,
    scope: Scope | None = None,
    inside: Operation | None = None,
    at_once: bool = False,
) -> Link | None:
    """Record one failure: now, or when the operation that holds it has failed.

    `around` is where it happened, `cause` what was handed up, `dependency` what failed
    outside, `inside` the operation that failed. `at_once` is silence: nobody mends it.
    """
    if operation.suppressed():
        return None
    scope = around.scope if scope is None and around is not None else scope
    named = chain.cause_of(error, scope)
    cause = chain.later(named, cause)
    link = next((k for k in (named, cause) if k and k.failure == point.id), None)
    if link is None and (at_once or around is None or not around.holder(point.id)):
        link = _storm(point, cause, dependency, scope)
    if link is not None:
        hand_up(link, around)
        return link
    made = Draft(
        point,
        error,
        fields=describe(),
        message=message,
        scope=scope,
        cause=cause,
        dependency=dependency,
        operation=inside or around,
    )
    return deliver(made, around, error, admitted=True, at_once=at_once)


def deliver(
    made: Draft,
    around: Operation | None,
    error: BaseException | None = None,
    *,
    admitted: bool = False,
    at_once: bool = False,
) -> Link:
    """Hand a draft to the operation that may still make it good, or emit it."""
    chain.mark(error, made.link.record_id)
    hand_up(made.link, around)
    chain.remember(made.link, made.scope)
    holder = None if at_once or around is None else around.holder(made.point.id)
    if holder is not None:
        holder.hold(made)
    else:
        emission.emit(made, admitted=admitted)
    return made.link


def hand_up(link: Link, around: Operation | None) -> None:
    """Let the operation around know of a record made inside it."""
    running = operation.alive(around)
    if running is not None:
        running.last = link
    chain.remember(link, running.scope if running is not None else None)


def _storm(
    point: FailurePoint,
    cause: Link | None,
    dependency: str | None,
    scope: Scope | None,
) -> Link | None:
    """Count one failure of a storm without making its record, or return None."""
    point = settings.current().effective(point)
    key = (point.id, cause.root_failure if cause is not None else point.id)
    if emission.STORM.admits(key):
        return None
    left_out = emission.STORM.leave_out(key, *emission.who(scope))
    escalates = cause is None or point.level.value > cause.severity
    outside = cause.dependency if cause is not None else dependency
    emission.count_failure(point, key[1], outside, escalates=escalates, count=1)
    spans.mark(trace.get_current_span(), point)
    return left_out


def audit(
    point: FailurePoint,
    fields: Fields,
    around: Operation | None,
    *,
    always: bool = False,
) -> str | None:
    """Emit an event: a success of an audited stage, or a change of state.

    Routine successes are left out unless settings audit their stage; `always` is
    for changes of state, operations that had to be tried again, and reports.
    """
    if operation.suppressed():
        return None
    if not always and point.stage.value not in settings.current().audit:
        return None
    scope = around.scope if around is not None else None
    made = Draft(point, None, fields=fields, scope=scope, operation=around)
    guard("audit", emission.send, made, None)
    return made.link.record_id


def hook_failed(place: str, error: BaseException) -> None:
    """Report a mistake of ours: the application is unaffected, a record may be lost."""
    words = f"{name_of(type(error))}: {redact.text_of(error, _WORDS)}"
    failure(
        c.TELEMETRY_HOOK_FAILED,
        None,
        around=None,
        describe=lambda: {"hook": place},
        message=words,
    )
