"""The life cycle that all parts share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Part(ABC):
    """Something that is started, and leaves nothing behind when it is closed."""

    @abstractmethod
    def start(self) -> None:
        """Start it, or start it again on the same port."""

    @abstractmethod
    def close(self) -> None:
        """End it at once and remove what it made; also where it never started."""

    def __enter__(self) -> Self:
        """Start it."""
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()
