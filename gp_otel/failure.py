"""The shape of the catalogue: what a failure point is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Literal

Kind = Literal["string", "int", "double", "boolean", "string[]"]
"""The type that a field has, always; the names are those of the OTLP values."""

Value = str | int | float | bool | tuple[str, ...]
"""What a field can hold."""

Priority = Literal["P1", "P2", "P3"]

NOTHING: Mapping[str, Value] = MappingProxyType({})


class ConfigurationError(ValueError):
    """Somebody's settings or failure points are wrong: says file, key and remedy."""


class Level(Enum):
    """How bad it is; the value is the OTel severity number.

    https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
    """

    CRITICAL = 21
    ERROR = 17
    WARNING = 13
    INFO = 9
    DEBUG = 5

    @property
    def is_failure(self) -> bool:
        """Tell a failure's record from an audited event."""
        return self.value >= Level.WARNING.value


class Stage(StrEnum):
    """The part of the golden path that a failure point belongs to."""

    AUTH = "auth"
    WEBSOCKET = "websocket"
    AGENT = "agent"
    DATABASE = "database"
    SERVICE = "service"
    TELEMETRY = "telemetry"


class Fault(StrEnum):
    """Who has to change something for the failure to go away."""

    CLIENT = "client"
    SERVER = "server"
    DEPENDENCY = "dependency"


class Secrecy(StrEnum):
    """What the funnel does to a value before it leaves the process."""

    OPEN = "open"
    """Cut to size, otherwise as it is: names, codes, numbers."""
    TEXT = "text"
    """Free text: secrets are masked, then it is cut to size."""
    USER = "user"
    """A user's id: its first eight characters and `...`."""


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of a record: its name, meaning, type and secrecy."""

    name: str
    text: str
    kind: Kind = "string"
    secrecy: Secrecy = Secrecy.TEXT


@dataclass(frozen=True, slots=True)
class Impact:
    """What a failure means for the user: `CRITICAL - nobody can sign in`."""

    rating: Literal["CRITICAL", "HIGH", "MEDIUM", "LOW"]
    text: str

    def __str__(self) -> str:
        """Write it as the attribute `golden_path_impact` has it."""
        return f"{self.rating} - {self.text}"


@dataclass(frozen=True, slots=True)
class Alert:
    """When somebody should hear of it.

    `share` is the part of the stage's operations that must fail (0: the first
    one is enough), `minimum` the count below which a share says nothing, both
    within `minutes`.
    """

    share: float = 0.0
    minimum: int = 1
    minutes: int = 5


AT_ONCE = Alert()
"""CRITICAL: nobody waits for a second one."""

ONE_IN_A_HUNDRED = Alert(share=0.01, minutes=5)
"""ERROR: a component is degraded."""

ONE_IN_TWENTY = Alert(share=0.05, minutes=15)
"""WARNING: a fallback carries it, for a while."""

MANY_CLIENTS = Alert(share=0.2, minimum=20, minutes=15)
"""What strangers can cause at will: only where it hits many of all."""


@dataclass(frozen=True, slots=True)
class Alias:
    """Another id under which the coverage report lists the same failure."""

    id: str
    report_row: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailurePoint:
    """One catalogued way to fail.

    `required` are fields that every record must carry (a string that cannot be
    known is `unknown`, a number or bool is named in `golden_path.unknown`);
    `further` are fields that it may carry. `says` are the values that a judgement
    takes from the catalogue itself (`mitigation_strategy`, …), by field name;
    settings can replace them. `alert` is None where nobody has to hear of it (INFO,
    DEBUG). `title` stands in the headline after the category;
    `when` and `not_when` say in a sentence or two when it fires and when it must not.
    """

    id: str
    title: str
    category: str
    level: Level
    fault: Fault
    impact: Impact
    resolution_steps: tuple[str, ...] = ()
    required: tuple[Field, ...] = ()
    further: tuple[Field, ...] = ()
    says: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
    fallback_available: bool = False
    priority: Priority = "P3"
    alert: Alert | None = None
    report_row: str | None = None
    aliases: tuple[Alias, ...] = ()
    when: str = ""
    not_when: str = ""

    def __hash__(self) -> int:
        """Ids are unique; hashing every field for each look-up would be slow."""
        return hash(self.id)

    @property
    def stage(self) -> Stage:
        """The first part of the id."""
        return Stage(self.id.partition(".")[0])

    @property
    def event_name(self) -> str:
        """The record's event name."""
        return f"golden_path.{self.id}"

    @property
    def fields(self) -> tuple[Field, ...]:
        """Everything that its record may carry beside the common fields."""
        return self.required + self.further
