"""What is done to the application, and what has to come of it: all of it data."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import KW_ONLY, dataclass, field

from gp_otel.demo.visitor import Visitor
from gp_otel.demo.world import USUAL, Environment, World
from gp_otel.failure import FailurePoint, Stage, Value

Known = Value | Callable[[Visitor], Value]
"""A field's value: as it is, or what the world of this visit makes it."""

Breakage = Callable[[World], AbstractContextManager[object]]
"""Breaks something from outside, and mends it when the block is left."""

Use = Callable[[Visitor], Generator[None, None, str]]
"""What a person does: up to `yield` all is well, then it is broken.

What it returns is what they saw.
"""

SIGNED_IN = ("user_id", "connection_id")
IN_RUN = (*SIGNED_IN, "run_id", "thread_id")


def nothing(world: World) -> AbstractContextManager[object]:
    """Break nothing: what goes wrong is what the person does."""
    del world
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Expected:
    """One record that has to arrive, once.

    `fields` are the values that the fault itself knows. `about` names the ids that
    have to be those of the visit; the connection's is made by the application and
    has to be there. `cause` is the failure point at the root of a symptom.
    """

    point: FailurePoint
    fields: Mapping[str, Known] = field(default_factory=dict[str, Known])
    _: KW_ONLY
    root: bool = True
    escalates: bool = True
    about: tuple[str, ...] = IN_RUN
    cause: FailurePoint | None = None

    def known_to(self, visitor: Visitor) -> dict[str, Value]:
        """Give the values that the fault and the visit know."""
        ids: Mapping[str, Value] = {
            "user_id": visitor.shown_user,
            "run_id": visitor.run_id,
            "thread_id": visitor.thread_id,
        }
        known: dict[str, Value] = {
            name: ids[name] for name in self.about if name in ids
        }
        for name, value in self.fields.items():
            known[name] = value(visitor) if callable(value) else value
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is broken while somebody uses the application.

    In `user_saw` a `…` stands for any text. `mends_by` are seconds that the
    application needs to get over it, unless it `ends` by it. `with_clickhouse` are
    the records that come as well where there is a third tier: it answers instead of
    PostgreSQL, and the run fails a step later.
    """

    name: str
    stage: Stage
    situation: str
    use: Use
    user_saw: str
    expected: tuple[Expected, ...]
    broken: Breakage = nothing
    environment: Environment = field(default_factory=lambda: USUAL)
    with_clickhouse: tuple[Expected, ...] = ()
    mends_by: float = 0.0
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What somebody other than us says of it, and whether it did happen."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Harmless:
    """Something that looks like a failure and is none.

    `evidence` looks at the world before, and what it returns at what has changed.
    """

    name: str
    situation: str
    use: Use
    user_saw: str
    evidence: Callable[[Visitor], Callable[[], Evidence]]
    broken: Breakage = nothing
    ends: bool = False
    environment: Environment = field(default_factory=lambda: USUAL)
