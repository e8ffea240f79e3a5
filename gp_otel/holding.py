"""Holding: who holds records back in this process, to be released at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from gp_otel.guard import guard

if TYPE_CHECKING:
    from gp_otel.operation import Operation


class Holders:
    """The operations that hold something back, to be released at shutdown."""

    def __init__(self) -> None:
        self._holding: WeakSet[Operation] = WeakSet()

    def add(self, one: Operation) -> None:
        """Remember an operation that holds a record."""
        self._holding.add(one)

    def release(self) -> None:
        """Emit all that is held."""
        for one in list(self._holding):
            guard("release", one.release_aged)


HOLDERS: Final = Holders()
