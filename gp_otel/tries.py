"""Tries: how often something was tried, in the words of a record."""

from __future__ import annotations

from gp_otel.watched import Call


def failed(call: Call) -> int:
    """Count the tries that have failed inside a call, at least its own."""
    one = call.operation
    return max(1, one.tries if one is not None else 1)


def status(call: Call) -> str:
    """Say what was tried: `not retried`, or how many tries there were."""
    count = failed(call)
    return "not retried" if count == 1 else f"{count} attempts, all failed"
