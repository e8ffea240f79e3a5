"""What came of it all, for people and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gp_otel.demo.fault import Evidence, Fault, Harmless
from gp_otel.demo.judge import Due
from gp_otel.demo.observe import Observed
from gp_otel.demo.parts.otlp_decode import Data
from gp_otel.failure import Value

_AS_IT_ARRIVED = (
    "event_name",
    "severity_number",
    "severity_text",
    "body",
    "trace_id",
    "span_id",
    "time_unix_nano",
    "attributes",
)


@dataclass(frozen=True, slots=True)
class Healthy:
    """What came while nothing was broken."""

    chats: int
    observed: Observed
    problems: Sequence[str] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Tell whether all was well."""
        return not self.problems

    def as_json(self) -> dict[str, object]:
        """Write it for programs."""
        return {
            "chats": self.chats,
            "records": list(map(as_arrived, self.observed.records)),
            "audit": list(map(as_arrived, self.observed.events)),
        }


@dataclass(frozen=True, slots=True)
class Broken:
    """What came of one fault."""

    fault: Fault
    due: Sequence[Due]
    user_saw: str
    observed: Observed
    problems: Sequence[str] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Tell whether it came as it had to."""
        return not self.problems

    def as_json(self) -> dict[str, object]:
        """Write it for programs."""
        return {
            "fault": self.fault.name,
            "stage": self.fault.stage.value,
            "expected": [_expected(due) for due in self.due],
            "user_saw": self.user_saw,
            "records": list(map(as_arrived, self.observed.records)),
            "ok": self.ok,
        }


@dataclass(frozen=True, slots=True)
class Unharmed:
    """What came of something harmless."""

    harmless: Harmless
    evidence: Evidence
    user_saw: str
    observed: Observed
    problems: Sequence[str] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Tell whether it happened, and nothing came of it."""
        return not self.problems

    def as_json(self) -> dict[str, object]:
        """Write it for programs."""
        return {
            "situation": self.harmless.name,
            "evidence": self.evidence.text,
            "user_saw": self.user_saw,
            "records": list(map(as_arrived, self.observed.records)),
            "ok": self.ok,
        }


@dataclass(slots=True)
class Result:
    """Everything, as it happened."""

    healthy: Healthy | None = None
    faults: list[Broken] = field(default_factory=list[Broken])
    harmless: list[Unharmed] = field(default_factory=list[Unharmed])
    late: Sequence[str] = ()
    """What came after everything had been settled."""
    seconds: float = 0.0

    @property
    def all(self) -> Sequence[Healthy | Broken | Unharmed]:
        """Every situation."""
        healthy = [self.healthy] if self.healthy is not None else []
        return [*healthy, *self.faults, *self.harmless]

    @property
    def ok(self) -> bool:
        """Tell whether everything came as it had to, and nothing else came."""
        return bool(self.all) and all(one.ok for one in self.all) and not self.late

    def as_json(self) -> dict[str, object]:
        """Write it for programs."""
        return {
            "healthy": self.healthy.as_json() if self.healthy is not None else None,
            "faults": [one.as_json() for one in self.faults],
            "harmless": [one.as_json() for one in self.harmless],
            "ok": self.ok,
        }


def as_arrived(log: Data) -> dict[str, Any]:
    """Give a record as it came over OTLP, without what it shares with its process."""
    return {name: log[name] for name in _AS_IT_ARRIVED}


def _expected(due: Due) -> Mapping[str, object]:
    fields: Mapping[str, Value] = due.fields
    return {
        "id": due.point.id,
        "root": due.root,
        "escalates": due.escalates,
        "fields": dict(fields),
    }
