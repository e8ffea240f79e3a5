"""Lines: the ids on the application's own log lines."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from gp_otel import operation, redact
from gp_otel.guard import guard


def identify(
    wrapped: Callable[..., Any], _instance: logging.Logger, args: Any, kwargs: Any
) -> Any:
    """Fill in the ids that a log line lacks, then let it be handled."""
    inside = operation.current()
    if inside is not None:
        record = args[0] if args else kwargs.get("record")
        guard("log line", _fill, record, inside)
    return wrapped(*args, **kwargs)


def _fill(record: object, inside: operation.Operation) -> None:
    if not isinstance(record, logging.LogRecord):
        return
    present = vars(record)
    for name, value in inside.scope.ids().items():
        shown = redact.user_of(value) if name == "user_id" else value
        present.setdefault(name, shown)
