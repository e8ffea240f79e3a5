"""Plan: what all records of one failure point have in common, worked out once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from gp_otel import redact
from gp_otel.catalogue import fields as f
from gp_otel.failure import FailurePoint, Field, Secrecy, Value

UNKNOWN: Final = "unknown"

_ALWAYS: Final = frozenset(
    {
        *f.ID_NAMES,
        "golden_path_impact",
        "resolution_steps",
        "error_details",
        "retry_attempted",
        "fallback_available",
    }
)
"""Common fields, which are written once for all failure points."""

_PLACE: Final = re.compile(r"<([A-Za-z_.]+)>")
_CALL: Final = ("timestamp", "error_type", "error.type", "error")


class Plan:
    """How to fill in the records of one failure point."""

    __slots__ = (
        "constant",
        "further",
        "ids",
        "judged",
        "point",
        "required",
        "steps",
        "wanted",
    )

    def __init__(self, point: FailurePoint) -> None:
        self.point = point
        """Kept, so that its `id()` stays its own."""
        own = [field for field in point.required if field.name not in _ALWAYS]
        self.required: tuple[Field, ...] = tuple(own)
        self.further: Mapping[str, Field] = {
            field.name: field for field in point.further if field.name not in _ALWAYS
        }
        self.wanted = tuple(name for name in self.further if _of_the_call(name))
        """Further fields that are known without a description of the call."""
        self.ids = tuple(
            field.name for field in point.required if field.name in f.ID_NAMES
        )
        self.judged: Mapping[str, Value | None] = {
            field.name: redact.clean(point.says[field.name], field.kind, field.secrecy)
            for field in point.fields
            if field.name in point.says and field.name not in _ALWAYS
        }
        names = {field.name for field in own} | set(self.further)
        open_ = {field.name for field in point.fields if field.secrecy is Secrecy.OPEN}
        asked = set(_PLACE.findall(" ".join(point.resolution_steps)))
        self.steps = tuple(sorted(asked & names & open_))
        self.constant: Mapping[str, Value] = {
            "golden_path_impact": str(point.impact),
            "golden_path.failure": point.id,
            "golden_path.stage": point.stage.value,
            "golden_path.fault": point.fault.value,
            "golden_path.priority": point.priority,
        }

    def resolution(self, found: Mapping[str, Value]) -> tuple[str, ...]:
        """Write names, hosts and codes into the steps: commands to be copied.

        Free text is only referred to by the name of its field.
        """
        steps = self.point.resolution_steps
        if not self.steps:
            return steps
        known = [
            (name, ", ".join(value) if isinstance(value, tuple) else str(value))
            for name in self.steps
            if (value := found.get(name)) is not None and value != UNKNOWN
        ]
        return _written(steps, tuple(known)) if known else steps


def _of_the_call(name: str) -> bool:
    return name in _CALL or name.endswith("_error")


@lru_cache(maxsize=512)
def _written(
    steps: tuple[str, ...], known: tuple[tuple[str, str], ...]
) -> tuple[str, ...]:
    values = dict(known)
    return tuple(
        _PLACE.sub(lambda place: values.get(place[1], place[0]), step) for step in steps
    )


_plans: dict[int, Plan] = {}


def plan_of(point: FailurePoint) -> Plan:
    """The plan of a failure point, as settings have changed it."""
    found = _plans.get(id(point))
    if found is None:
        found = _plans[id(point)] = Plan(point)
    return found
