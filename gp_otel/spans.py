"""Spans: what a failure leaves on the trace, and the ids on every span."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, SpanKind, Status, StatusCode

from gp_otel import operation, redact
from gp_otel.failure import Level

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanContext, Tracer

    from gp_otel.failure import FailurePoint
    from gp_otel.operation import Operation
    from gp_otel.scope import Scope

SCOPE_NAME: Final = "gp_otel"
SCHEMA_URL: Final = "https://gp-otel.dev/schemas/0.1.0"
_RATINGS: Final = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
_NONE: Final[Mapping[str, object]] = MappingProxyType({})
_RUN_OPERATIONS: Final = ("invoke_agent", "invoke_workflow")


def tracer() -> Tracer:
    """Our tracer, of whatever provider is set by now."""
    return trace.get_tracer(SCOPE_NAME, schema_url=SCHEMA_URL)


def mark(span: Span, point: FailurePoint) -> None:
    """Note a failure on a span that still records.

    The status is never set to OK, which would lock it, and to ERROR only for what
    is an error: https://opentelemetry.io/docs/specs/otel/trace/api/#set-status.
    """
    if not span.is_recording():
        return
    attributes = getattr(span, "attributes", None) or _NONE
    if attributes.get("golden_path.failure") == point.id:
        return  # one more of a storm
    impact = str(point.impact)
    if _rank(impact) >= _rank(str(attributes.get("golden_path_impact", ""))):
        span.set_attribute("golden_path_impact", impact)
        span.set_attribute("golden_path.failure", point.id)
    if point.level.value >= Level.ERROR.value:
        span.set_status(Status(StatusCode.ERROR, point.title))


def mark_attempt(failure: str) -> None:
    """Note on the span in flight an attempt that may still be made good."""
    trace.get_current_span().set_attribute("golden_path.attempt", failure)


def _rank(impact: str) -> int:
    rating = impact.partition(" ")[0]
    return _RATINGS.index(rating) if rating in _RATINGS else -1


def short(name: str, point: FailurePoint, scope: Scope | None) -> SpanContext:
    """Make a short span for a record that has none; those of a scope share a trace."""
    parent = scope.root.trace if scope is not None else None
    around = context_of(parent) if parent is not None else Context()
    span = tracer().start_span(name, around)
    if scope is not None:
        identify(span, scope)
    mark(span, point)
    span.end()
    made = span.get_span_context()
    if scope is not None and parent is None and made.is_valid:
        scope.root.trace = made
    return made


def context_of(span: SpanContext) -> Context:
    """A context in which a span that may be over is the current one."""
    return trace.set_span_in_context(NonRecordingSpan(span), Context())


def start_run(name: str, run: Operation) -> tuple[Span, bool]:
    """Find the span of an agent run, or start one; tell which.

    On a WebSocket it begins a trace of its own, linked to the connection's, which
    lives for hours: a sampler that decides after seconds would have dropped it.
    """
    span = trace.get_current_span()
    attributes: Mapping[str, object] = getattr(span, "attributes", None) or _NONE
    if span.is_recording() and attributes.get("gen_ai.operation.name") in (
        _RUN_OPERATIONS
    ):
        return span, False
    around = span.get_span_context()
    own_trace = run.around("connection") is not None
    return (
        tracer().start_span(
            f"invoke_agent {name}",
            trace.set_span_in_context(trace.INVALID_SPAN) if own_trace else None,
            SpanKind.INTERNAL,
            {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name},
            [Link(around)] if own_trace and around.is_valid else None,
        ),
        True,
    )


def identify(span: Span, scope: Scope) -> None:
    """Put the ids that are known on a span; users only shortened and hashed."""
    for name, value in scope.ids().items():
        span.set_attribute(name, redact.user_of(value) if name == "user_id" else value)
    if (hashed := scope.user_hash()) is not None:
        span.set_attribute("user.hash", hashed)


class Identify:
    """A span processor that puts the ids on every span started inside a scope.

    It has the methods of `opentelemetry.sdk.trace.SpanProcessor` without deriving
    from it: the core does not import the SDK.
    """

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Put on what is known when the span starts."""
        with suppress(Exception):
            if (inside := operation.current_in(parent_context)) is not None:
                identify(span, inside.scope)

    def _on_ending(self, span: Span) -> None:
        """Add nothing: in SDK 1.45 the span no longer takes attributes here."""

    def on_end(self, span: object) -> None:
        """Add nothing."""

    def shutdown(self) -> None:
        """Hold nothing."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Hold nothing."""
        return timeout_millis >= 0
