"""Emission: how a draft leaves, as a record, a count and a mark on spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import _logs, trace
from opentelemetry._logs import LogRecord, SeverityNumber

from gp_otel import flush, holding, metrics, record, spans, started, storm, version
from gp_otel.failure import FailurePoint, Level
from gp_otel.guard import guard

if TYPE_CHECKING:
    from opentelemetry._logs import Logger
    from opentelemetry.context import Context
    from opentelemetry.trace import Span

    from gp_otel.draft import Draft
    from gp_otel.scope import Scope


def emit(made: Draft, *, admitted: bool = False) -> None:
    """Send one draft out, unless a storm of its kind is on."""
    guard("emit", _emit, made, admitted)


def _emit(made: Draft, admitted: bool) -> None:  # noqa: FBT001 - guard passes it on
    link, point = made.link, made.point
    key = (point.id, link.root_failure)
    count_failure(
        point,
        link.root_failure,
        link.dependency,
        escalates=made.escalates,
        count=made.occurrences,
    )
    span = _mark_spans(made)
    if not admitted and not STORM.admits(key):
        STORM.leave_out(key, *who(made.scope), count=made.occurrences)
        return
    send(made, span)
    STORM.keep(key, made)


def who(scope: Scope | None) -> tuple[str | None, str | None]:
    """Name the user, hashed, and the run that a storm's summary stands for."""
    return (scope.user_hash(), scope.get("run_id")) if scope else (None, None)


def count_failure(
    point: FailurePoint,
    root_failure: str,
    dependency: str | None,
    *,
    escalates: bool,
    count: int,
) -> None:
    """Count one failure, or so many of its like."""
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


def send(made: Draft, span: Span | None) -> None:
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


_loggers: dict[int, tuple[object, Logger]] = {}


def logger() -> Logger:
    """Our logger, of whatever provider is set by now."""
    provider = _logs.get_logger_provider()
    kept = _loggers.get(id(provider))
    if kept is None or kept[0] is not provider:
        made = _logs.get_logger(
            spans.SCOPE_NAME, version.VERSION, schema_url=spans.SCHEMA_URL
        )
        _loggers[id(provider)] = kept = provider, made
    return kept[1]


STORM = storm.Storm(lambda made: guard("summary", send, made, None))


def release() -> None:
    """Let go of everything that waits: at shutdown, or before the last flush."""
    holding.HOLDERS.release()
    STORM.flush()
