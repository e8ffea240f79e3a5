"""Outcome: how a watched call ended for its caller."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The values of `golden_path.outcome`.

    The success ratio is (success + degraded) / (success + degraded + failed +
    interrupted); what was abandoned or cancelled is in neither.
    """

    SUCCESS = "success"
    DEGRADED = "degraded"
    """It succeeded, but something inside had to be tried again."""
    FAILED = "failed"
    ABANDONED = "abandoned"
    """The peer went away by itself, or nobody can tell."""
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """The process died."""
