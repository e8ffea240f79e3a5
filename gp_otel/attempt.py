"""Attempt: one try of a call that tries again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try inside an operation that tries again: what came of it."""

    error_type: str
    status: int | None = None
    retry_after: float | None = None
    """Seconds that the other side asked to wait."""
