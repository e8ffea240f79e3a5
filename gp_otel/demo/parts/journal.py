"""What a part has seen, in order: written by its thread, read by another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    E = TypeVar("E", bound=DataclassInstance)
else:
    E = TypeVar("E")


class Journal(Generic[E]):
    """A growing list of frozen dataclasses, which can be waited for."""

    def __init__(self) -> None:
        self._entries: list[E] = []
        self._changed = threading.Condition()

    def add(self, entry: E) -> int:
        """Append an entry; its number is what `change` takes."""
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()
            return len(self._entries) - 1

    def change(self, number: int, **changes: Any) -> None:
        """Put a changed copy in the place of an entry."""
        with self._changed:
            self._entries[number] = replace(self._entries[number], **changes)
            self._changed.notify_all()

    @property
    def entries(self) -> tuple[E, ...]:
        """Everything so far."""
        with self._changed:
            return tuple(self._entries)

    def wait_for(
        self, is_there: Callable[[tuple[E, ...]], bool], timeout: float = 10.0
    ) -> bool:
        """Wait until the entries are as wanted; False when they never were."""
        with self._changed:
            return self._changed.wait_for(
                lambda: is_there(tuple(self._entries)), timeout
            )
