"""Record: a draft as an OpenTelemetry log record.

Complete when it is emitted, no later processor adds to it. The fields are an
include-list: what the failure point does not name does not leave the process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gp_otel import redact, settings
from gp_otel.catalogue import fields as f
from gp_otel.failure import Secrecy, Value

if TYPE_CHECKING:
    from gp_otel.draft import Draft
    from gp_otel.failure import FailurePoint, Field
    from gp_otel.scope import Scope

UNKNOWN: Final = "unknown"
_ALWAYS: Final = frozenset(
    {
        "user_id",
        "connection_id",
        "run_id",
        "thread_id",
        "golden_path_impact",
        "resolution_steps",
        "error_details",
        "retry_attempted",
        "fallback_available",
    }
)
"""Common fields, which are written once for all failure points."""

_PLACE: Final = re.compile(r"<([A-Za-z_.]+)>")
_TEXT: Final = 2048
_STACK: Final = 8192


def iso(timestamp: int) -> str:
    """Write nanoseconds since the epoch as ISO 8601 in UTC."""
    when = datetime.fromtimestamp(timestamp / 1e9, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def body(draft: Draft) -> str:
    """Write the headline: what failed, for whom."""
    point = draft.point
    ids = " ".join(_key_ids(draft.scope))
    if point.level.is_failure:
        return f"🚨 {point.category} FAILURE: {point.title} {ids}".rstrip()
    return f"{point.category}: {point.title} {ids}".rstrip()


def _key_ids(scope: Scope | None) -> Iterator[str]:
    if scope is None:
        return
    if user := scope.get("user_id"):
        yield f"for user {redact.user_of(user)}"
    for name, word in (("connection_id", "connection"), ("run_id", "run")):
        if value := scope.get(name):
            yield f"{word} {value}"


def attributes(draft: Draft) -> dict[str, Value]:
    """Fill in every attribute, those that must not be lost last.

    The SDK drops the oldest keys when a limit is set and reached.
    """
    found: dict[str, Value] = {}
    unknown: list[str] = []
    _own_fields(draft, found, unknown)
    _error(draft, found)
    _who(draft, found)
    _what(draft, found)
    _golden_path(draft, found)
    if unknown:
        found["golden_path.unknown"] = tuple(unknown)
    return found


def _own_fields(draft: Draft, found: dict[str, Value], unknown: list[str]) -> None:
    point = draft.point
    required = len(point.required)
    for place, field in enumerate(point.fields):
        if field.name in _ALWAYS:
            if place < required and field.name in f.ID_NAMES:
                found[field.name] = UNKNOWN
            continue
        value = _value(draft, field)
        if value is not None:
            found[field.name] = value
        elif place < required:
            if field.kind == "string":
                found[field.name] = UNKNOWN
            else:
                unknown.append(field.name)


def _value(draft: Draft, field: Field) -> Value | None:
    name = field.name
    value = draft.fields.get(name)
    if value is None:
        value = settings.current().says(draft.point, name)
    if value is None:
        value = _common(draft, name)
    if value is None:
        return None
    return redact.clean(value, field.kind, field.secrecy)


def _common(draft: Draft, name: str) -> object:
    """What a field means on every record, whatever describes the call."""
    if name == "timestamp":
        return iso(draft.timestamp)
    if name in ("error_type", "error.type"):
        return draft.error_type
    if name == "error" or name.endswith("_error"):
        return draft.message
    return draft.scope.get(name) if draft.scope is not None else None


def _error(draft: Draft, found: dict[str, Value]) -> None:
    if draft.error_type is not None:
        found["error.type"] = draft.error_type
        found["exception.message"] = redact.redact(draft.message or "", _TEXT)
    if draft.stack:
        found["exception.stacktrace"] = _innermost(draft.stack)


def _innermost(stack: str) -> str:
    """Keep the innermost lines of a stack, whole ones."""
    if len(stack) <= _STACK:
        return stack
    return stack[-_STACK:].partition("\n")[2]


def _who(draft: Draft, found: dict[str, Value]) -> None:
    scope = draft.scope
    user = scope.get("user_id") if scope is not None else None
    found["user_id"] = redact.user_of(user) if user else UNKNOWN
    if scope is None:
        return
    for name in ("connection_id", "run_id", "thread_id"):
        if (value := scope.get(name)) is not None:
            found[name] = value
    if (hashed := scope.user_hash()) is not None:
        found["user.hash"] = hashed


def _what(draft: Draft, found: dict[str, Value]) -> None:
    point = draft.point
    given = draft.fields
    details = given.get("error_details")
    if details is not None:
        found["error_details"] = redact.text_of(details, _TEXT)
    elif draft.message and "exception.message" in found:
        found["error_details"] = found["exception.message"]
    else:
        found["error_details"] = redact.redact(draft.message or point.title, _TEXT)
    found["resolution_steps"] = steps(point, found)
    found["retry_attempted"] = bool(given.get("retry_attempted", False))
    found["fallback_available"] = bool(
        given.get("fallback_available", settings.current().has_fallback(point))
    )
    found["golden_path_impact"] = str(point.impact)


def steps(point: FailurePoint, found: Mapping[str, Value]) -> tuple[str, ...]:
    """Write names, hosts and codes into the steps, so that a command can be copied.

    Free text is only referred to by the name of its field.
    """
    names = {field.name for field in point.fields if field.secrecy is Secrecy.OPEN}

    def fill(place: re.Match[str]) -> str:
        name = place[1]
        value = found.get(name) if name in names else None
        if value is None or value == UNKNOWN:
            return place[0]
        return ", ".join(value) if isinstance(value, tuple) else str(value)

    return tuple(
        _PLACE.sub(fill, step) if "<" in step else step
        for step in point.resolution_steps
    )


def _golden_path(draft: Draft, found: dict[str, Value]) -> None:
    point, link = draft.point, draft.link
    found["golden_path.failure"] = point.id
    found["golden_path.stage"] = point.stage.value
    found["golden_path.fault"] = point.fault.value
    found["golden_path.priority"] = point.priority
    if link.dependency:
        found["golden_path.dependency"] = link.dependency
    found["golden_path.root_failure"] = link.root_failure
    found["golden_path.root"] = draft.is_root
    found["golden_path.escalates"] = draft.escalates
    found["golden_path.occurrences"] = draft.occurrences
    found["golden_path.record_id"] = link.record_id
    if not draft.is_root:
        found["golden_path.cause_id"] = link.root_id
    if draft.related_id:
        found["golden_path.related_id"] = draft.related_id
    if draft.users:
        found["golden_path.users"] = draft.users
    if draft.runs:
        found["golden_path.runs"] = draft.runs
