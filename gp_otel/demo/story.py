"""What a record says to people: the few things that are read first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gp_otel.demo.parts.otlp_decode import Data
from gp_otel.failure import Stage

_IDS = (
    ("user", "user_id"),
    ("connection", "connection_id"),
    ("run", "run_id"),
    ("thread", "thread_id"),
)


MEANING: Mapping[Stage, str] = {
    Stage.AUTH: "failures here block all access",
    Stage.WEBSOCKET: "failures here block the chat",
    Stage.AGENT: "failures here block the value delivered",
    Stage.DATABASE: "failures here lose conversations",
    Stage.SERVICE: "failures here can break the whole path",
}


@dataclass(frozen=True, slots=True)
class Story:
    """One record, told."""

    headline: str
    level: str
    failure: str
    impact: str
    ids: Sequence[tuple[str, str]]
    is_root: bool
    standing: str
    """Root, or whose symptom, and whether somebody is paged for it."""
    steps: Sequence[str]
    dependency: str


def tell(record: Data) -> Story:
    """Read a record as a person on call does."""
    about = record["attributes"]
    return Story(
        headline=str(record["body"]),
        level=str(record["severity_text"]),
        failure=str(about["golden_path.failure"]),
        impact=str(about["golden_path_impact"]),
        ids=[(word, str(about[name])) for word, name in _IDS if about.get(name)],
        is_root=bool(about["golden_path.root"]),
        standing=_standing(about),
        steps=[str(step) for step in about["resolution_steps"]],
        dependency=str(about.get("golden_path.dependency", "")),
    )


def count(number: int, thing: str) -> str:
    """Count things: `1 record`, `2 records`, `no records`."""
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"


def _standing(about: Data) -> str:
    root = about["golden_path.root"]
    standing = "root" if root else f"symptom of {about['golden_path.root_failure']}"
    times = about["golden_path.occurrences"]
    escalates = " · escalates" if about["golden_path.escalates"] else ""
    return f"{standing}{escalates}{f' · {times} times' if times > 1 else ''}"
