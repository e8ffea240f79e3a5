"""Record: a draft as an OpenTelemetry log record.

Complete when it is emitted, no later processor adds to it. The fields are an
include-list: what the failure point does not name does not leave the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gp_otel import redact
from gp_otel.plan import UNKNOWN, Plan, plan_of

if TYPE_CHECKING:
    from gp_otel.draft import Draft
    from gp_otel.failure import Field, Value
    from gp_otel.scope import Scope

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
    what = f"{point.title} for {ids}" if ids else point.title
    if point.level.is_failure:
        return f"🚨 {point.category} FAILURE: {what}"
    return f"{point.category}: {what}"


def _key_ids(scope: Scope | None) -> Iterator[str]:
    if scope is None:
        return
    if user := scope.get("user_id"):
        yield f"user {redact.user_of(user)}"
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
    plan, given = plan_of(draft.point), draft.fields
    for name in plan.ids:
        found[name] = UNKNOWN
    for field in plan.required:
        value = _value(draft, plan, field)
        if value is not None:
            found[field.name] = value
        elif field.kind == "string":
            found[field.name] = UNKNOWN
        else:
            unknown.append(field.name)
    for name in {**given, **plan.judged, **dict.fromkeys(plan.wanted)}:
        further = plan.further.get(name)
        if further is not None:
            value = _value(draft, plan, further)
            if value is not None:
                found[name] = value


def _value(draft: Draft, plan: Plan, field: Field) -> Value | None:
    name = field.name
    value = draft.fields.get(name)
    if value is None:
        value = plan.judged.get(name)
        if value is not None:
            return value
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
    return None


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
    found["resolution_steps"] = plan_of(point).resolution(found)
    found["retry_attempted"] = bool(given.get("retry_attempted", False))
    found["fallback_available"] = bool(
        given.get("fallback_available", point.fallback_available)
    )


def _golden_path(draft: Draft, found: dict[str, Value]) -> None:
    point, link = draft.point, draft.link
    found.update(plan_of(point).constant)
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
