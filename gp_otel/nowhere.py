"""Nowhere: the records of code that no connection, request or run is around.

Layers of one call see one exception, and it is recorded once. But without a scope
nobody can tell two uses of one exception object apart (a breaker or a future raises
the same one many times), so here a record is known for a second only.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gp_otel.chain import Link

KNOWN_FOR: Final = 1.0
"""Seconds for which a record outside any scope is known."""


class Nowhere(dict[str, "Link"]):
    """Links by record id, each for a second."""

    def __init__(self) -> None:
        super().__init__()
        self._since: dict[str, float] = {}

    def __setitem__(self, record_id: str, link: Link) -> None:
        """Know a record from now on."""
        self._since.setdefault(record_id, monotonic())
        super().__setitem__(record_id, link)

    def get(self, record_id: str, default: Any = None) -> Any:
        """Look a record up, unless it is too old."""
        since = self._since.get(record_id)
        if since is None or monotonic() - since > KNOWN_FOR:
            return default
        return super().get(record_id, default)

    def pop(self, record_id: str, default: Any = None) -> Any:
        """Forget a record."""
        self._since.pop(record_id, None)
        return super().pop(record_id, default)
