"""Instrumentor: what is watched of one library, as a table."""

from __future__ import annotations

from dataclasses import dataclass

from gp_otel.watched import Call, Fields, Watched

__all__ = ["Call", "Fields", "Instrumentor", "Watched"]


@dataclass(frozen=True, eq=False)
class Instrumentor:
    """A library's watched calls.

    `library` is a requirement, `redis>=5,<9`: other versions are left alone, and the
    doctor says so; without a name (`""`) it is the standard library.
    """

    library: str
    watched: tuple[Watched, ...]

    def modules(self) -> dict[str, list[tuple[str, Watched]]]:
        """The watched attribute paths, by the module that they are found in."""
        found: dict[str, list[tuple[str, Watched]]] = {}
        for watched in self.watched:
            for target in watched.calls:
                module, _, path = target.partition(":")
                found.setdefault(module, []).append((path, watched))
        return found
