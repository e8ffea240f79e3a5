"""Outlet: the one way out.

Everything that leaves as a record goes through `emit`: the include-list, redaction,
the storm limit, the counters, the marks on spans. None of it raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from opentelemetry import _logs, trace
from opentelemetry._logs import LogRecord, SeverityNumber

from gp_otel import catalogue as c
from gp_otel import (
    chain,
    flush,
    metrics,
    operation,
    record,
    redact,
    settings,
    spans,
    started,
    storm,
    version,
)
from gp_otel.draft import Draft
from gp_otel.failure import FailurePoint, Level
from gp_otel.guard import guard
from gp_otel.stack import name_of

if TYPE_CHECKING:
    from opentelemetry._logs import Logger
    from opentelemetry.context import Context
    from opentelemetry.trace import Span

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

    `around` is the operation in which it happened, `cause` the record that the
    operations below have handed up, `dependency` what failed outside the process,
    `inside` the operation that has failed, where it is one. `at_once` is for silence,
    which no holder can make good.
    """
    if operation.suppressed():
        return None
    if scope is None and around is not None:
        scope = around.scope
    named = chain.cause_of(error, scope)
    cause = chain.later(named, cause)
    for known in (named, cause):
        if known is not None and known.failure == point.id:
            hand_up(known, around)
            return known
    holder = None if at_once or around is None else around.holder(point.id)
    if holder is None and (link := _storm(point, cause, dependency, scope)):
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
    deliver(made, around, error, admitted=True, at_once=at_once)
    return made.link


def deliver(
    made: Draft,
    around: Operation | None,
    error: BaseException | None = None,
    *,
    admitted: bool = False,
    at_once: bool = False,
) -> None:
    """Hand a draft to the operation that may still make it good, or emit it."""
    chain.mark(error, made.link.record_id)
    hand_up(made.link, around)
    chain.remember(made.link, made.scope)
    holder = None if at_once or around is None else around.holder(made.point.id)
    if holder is not None:
        holder.hold(made)
    else:
        emit(made, admitted=admitted)


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
    if STORM.admits(key):
        return None
    left_out = STORM.leave_out(key, *_who(scope))
    escalates = cause is None or point.level.value > cause.severity
    outside = cause.dependency if cause is not None else dependency
    _count(point, key[1], outside, escalates=escalates, count=1)
    spans.mark(trace.get_current_span(), point)
    return left_out


def _who(scope: Scope | None) -> tuple[str | None, str | None]:
    return (scope.user_hash(), scope.get("run_id")) if scope else (None, None)


def emit(made: Draft, *, admitted: bool = False) -> None:
    """Send one draft out, unless a storm of its kind is on."""
    guard("emit", _emit, made, admitted)


def _emit(made: Draft, admitted: bool) -> None:  # noqa: FBT001 - guard passes it on
    link, point = made.link, made.point
    key = (point.id, link.root_failure)
    _count(
        point,
        link.root_failure,
        link.dependency,
        escalates=made.escalates,
        count=made.occurrences,
    )
    span = _mark_spans(made)
    if not admitted and not STORM.admits(key):
        STORM.leave_out(key, *_who(made.scope), count=made.occurrences)
        return
    _send(made, span)
    STORM.keep(key, made)


def _count(
    point: FailurePoint,
    root_failure: str,
    dependency: str | None,
    *,
    escalates: bool,
    count: int,
) -> None:
    metrics.count_failure(
        point, root_failure, dependency, escalates=escalates, count=count
    )
    started.counting()


def _mark_spans(made: Draft) -> Span:
    """Mark the innermost span that still records, and the run's; return the former."""
    here = trace.get_current_span()
    there = trace.get_current_span(made.context)
    span = there if there.is_recording() and not here.is_recording() else here
    spans.mark(span, made.point)
    for one in made.operation.up() if made.operation is not None else ():
        if one.span is not None and one.span is not span:
            spans.mark(one.span, made.point)
    return span


def _send(made: Draft, span: Span | None) -> None:
    """Build the record and hand it to the SDK."""
    context, sampled = _trace_of(made, span)
    attributes = record.attributes(made)
    attributes["golden_path.sampled"] = sampled
    level = made.point.level
    logger().emit(
        LogRecord(
            timestamp=made.timestamp,
            context=context,
            severity_number=SeverityNumber(level.value),
            severity_text=level.name,
            body=record.body(made),
            attributes=attributes,
            event_name=made.point.event_name,
        )
    )
    made.context = made.operation = None
    if level is Level.CRITICAL:
        flush.soon()


def _trace_of(made: Draft, span: Span | None) -> tuple[Context | None, bool]:
    """The context that gives the record its trace, and whether that is sampled.

    In an unsampled context the ids are kept; where there is no span a short one is
    made, so that the record can be found from the trace viewer and the other way.
    """
    for context in (made.context, None if span is None else _context_of(span)):
        found = trace.get_current_span(context).get_span_context()
        if context is not None and found.is_valid:
            return context, found.trace_flags.sampled
    if not made.point.level.is_failure:
        return made.context, False
    made_for = spans.short(made.point.event_name, made.point, made.scope)
    return spans.context_of(made_for), made_for.trace_flags.sampled


def _context_of(span: Span) -> Context:
    return spans.context_of(span.get_span_context())


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
    guard("audit", _send, made, None)
    return made.link.record_id


def logger() -> Logger:
    """Our logger, of whatever provider is set by now."""
    return _logs.get_logger(
        spans.SCOPE_NAME, version.VERSION, schema_url=spans.SCHEMA_URL
    )


STORM = storm.Storm(lambda made: guard("summary", _send, made, None))


def release() -> None:
    """Let go of everything that waits: at shutdown, or before the last flush."""
    operation.HOLDERS.release()
    STORM.flush()


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
