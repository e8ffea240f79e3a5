"""Describing: what a call's record says, asked of its table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gp_otel.guard import guard
from gp_otel.watched import Call

MESSAGE: Final = "message"
"""The fact of an operation that stands in for the words of an exception."""


def described(call: Call) -> Mapping[str, object]:
    """Ask the table for the fields; without them there is still a record."""
    fields = guard("describe", call.watched.describe, call) or {}
    one = call.nearest
    told: Mapping[str, object] = call.operation.told() if call.operation else {}
    found = {**told, **named(fields)}
    if one is not None and "retry_attempted" not in found:
        found["retry_attempted"] = bool(call.operation and call.operation.attempts)
    return found


def named(fields: Mapping[Any, object]) -> dict[str, object]:
    """Name fields by their constants' names."""
    return {getattr(key, "name", key): value for key, value in fields.items()}


def message_of(call: Call) -> str | None:
    """Say what an exception does not: the limit that ended the call."""
    if call.limit is None:
        return call.operation.facts.get(MESSAGE) if call.operation else None
    took = f" after {call.seconds:.2f} s" if call.seconds is not None else ""
    return f"no end within {call.limit:g} s, cancelled{took}"
