"""OTLP's messages as plain Python data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

Data = dict[str, Any]

_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_CODES = ("UNSET", "OK", "ERROR")
_TEMPORALITY = {1: "delta", 2: "cumulative"}


def logs(body: bytes) -> Iterator[Data]:
    """Decode an export request's log records."""
    for resource in _read(ExportLogsServiceRequest, body).resource_logs:
        about = _attributes(resource.resource.attributes)
        for scope in resource.scope_logs:
            place = {"resource": about, "scope": _scope(scope.scope, scope.schema_url)}
            for record in scope.log_records:
                yield {**_log(record), **place}


def spans(body: bytes) -> Iterator[Data]:
    """Decode an export request's spans."""
    for resource in _read(ExportTraceServiceRequest, body).resource_spans:
        about = _attributes(resource.resource.attributes)
        for scope in resource.scope_spans:
            place = {"resource": about, "scope": _scope(scope.scope, scope.schema_url)}
            for span in scope.spans:
                yield {**_span(span), **place}


def points(body: bytes) -> Iterator[Data]:
    """Decode an export request's metrics, one entry for each point."""
    for resource in _read(ExportMetricsServiceRequest, body).resource_metrics:
        about = _attributes(resource.resource.attributes)
        for scope in resource.scope_metrics:
            place = {"resource": about, "scope": _scope(scope.scope, scope.schema_url)}
            for metric in scope.metrics:
                yield from ({**point, **place} for point in _points(metric))


def _read(message: Any, body: bytes) -> Any:
    return message.FromString(body)  # generated code has no types of its own


def _log(record: Any) -> Data:
    return {
        "event_name": record.event_name,
        "severity_number": int(record.severity_number),
        "severity_text": record.severity_text,
        "body": _value(record.body),
        "trace_id": record.trace_id.hex(),
        "span_id": record.span_id.hex(),
        "time_unix_nano": record.time_unix_nano,
        "observed_time_unix_nano": record.observed_time_unix_nano,
        "flags": record.flags,
        "attributes": _attributes(record.attributes),
    }


def _span(span: Any) -> Data:
    return {
        "name": span.name,
        "kind": _KINDS[span.kind],
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_span_id": span.parent_span_id.hex(),
        "start_time_unix_nano": span.start_time_unix_nano,
        "end_time_unix_nano": span.end_time_unix_nano,
        "status": {
            "code": _CODES[span.status.code],
            "message": span.status.message,
        },
        "attributes": _attributes(span.attributes),
        "events": [
            {
                "name": event.name,
                "time_unix_nano": event.time_unix_nano,
                "attributes": _attributes(event.attributes),
            }
            for event in span.events
        ],
        "links": [
            {
                "trace_id": link.trace_id.hex(),
                "span_id": link.span_id.hex(),
                "attributes": _attributes(link.attributes),
            }
            for link in span.links
        ],
    }


def _points(metric: Any) -> Iterator[Data]:
    kind = metric.WhichOneof("data")
    if kind is None:
        return
    data = getattr(metric, kind)
    for point in data.data_points:
        yield {
            "name": metric.name,
            "unit": metric.unit,
            "type": kind,
            "temporality": _TEMPORALITY.get(
                getattr(data, "aggregation_temporality", 0)
            ),
            "attributes": _attributes(point.attributes),
            "start_time_unix_nano": point.start_time_unix_nano,
            "time_unix_nano": point.time_unix_nano,
            **_measured(kind, point),
        }


def _measured(kind: str, point: Any) -> Data:
    """Tell a point's value; that of a histogram is its sum."""
    if kind in {"sum", "gauge"}:
        return {"value": getattr(point, point.WhichOneof("value"))}
    measured: Data = {"value": point.sum, "count": point.count}
    if kind == "histogram":
        measured["bounds"] = list(point.explicit_bounds)
        measured["buckets"] = list(point.bucket_counts)
    return measured


def _scope(scope: Any, schema_url: str) -> Data:
    return {
        "name": scope.name,
        "version": scope.version,
        "schema_url": schema_url,
        "attributes": _attributes(scope.attributes),
    }


def _attributes(attributes: Iterable[Any]) -> Data:
    return {entry.key: _value(entry.value) for entry in attributes}


def _value(value: Any) -> Any:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return value.bytes_value.hex()
        case kind:
            return getattr(value, kind)
