"""Runs: an agent run is a span, with its ids and its outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from opentelemetry import metrics as otel_metrics
from opentelemetry import trace

from gp_otel import metrics, spans
from gp_otel.guard import guard

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram

    from gp_otel.outcome import Outcome
    from gp_otel.watched import Call

_OWN_SPAN = "run.own_span"


def begin(call: Call) -> None:
    """Learn the run's ids and make its span the current one."""
    run, watched = call.operation, call.watched
    if run is None:
        return
    if watched.ids is not None:
        for name, value in (guard("ids", watched.ids, call) or {}).items():
            run.scope.learn(name, value)
    run.scope.learn("thread_id", run.scope.get("thread_id"))
    run.scope.learn("run_id", run.scope.get("run_id") or uuid4().hex)
    title = guard("title", watched.title, call) if watched.title else None
    span, own = spans.start_run(title or run.name, run)
    run.span = span
    run.facts[_OWN_SPAN] = own
    connection = run.around("connection")
    if connection is not None:
        connection.facts["runs"] = connection.facts.get("runs", 0) + 1
    spans.identify(span, run.scope)
    if own:
        call.context = trace.set_span_in_context(span, call.context)


def end(call: Call, outcome: Outcome) -> None:
    """Note the outcome on the run's span and count the run."""
    run = call.operation
    if run is None:
        return
    connection = run.around("connection")
    if connection is not None:
        connection.facts["runs"] = connection.facts.get("runs", 1) - 1
        connection.facts["runs_ended"] = connection.facts.get("runs_ended", 0) + 1
    metrics.RUNS.add(outcome.value)
    _duration().record(run.elapsed, {"golden_path.outcome": outcome.value})
    span = run.span
    if span is not None:
        span.set_attribute("golden_path.outcome", outcome.value)
        spans.identify(span, run.scope)
        if run.facts.get(_OWN_SPAN):
            span.end()


def _duration() -> Histogram:
    meter = otel_metrics.get_meter(spans.SCOPE_NAME, schema_url=spans.SCHEMA_URL)
    return meter.create_histogram(
        "golden_path.run.duration", unit="s", description="How long agent runs take."
    )
