"""Watch callables made up for a test, through the engine that watches real ones."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import wrapt
from opentelemetry.context import attach, detach

from gp_otel import operation
from gp_otel.engine import wrapper_for
from gp_otel.failure import Stage
from gp_otel.operation import Operation
from gp_otel.scope import Scope
from gp_otel.watched import Watched


def watching(function: Callable[..., Any], **says: Any) -> Any:
    """Wrap a callable as a table's row would."""
    given: dict[str, Any] = {"stage": Stage.DATABASE, **says}
    watched = Watched(**given)
    return wrapt.FunctionWrapper(function, wrapper_for(watched, function))


@contextmanager
def connected(user: str = "ada", connection: str = "c-1") -> Generator[Operation]:
    """Run the block as code that serves this user's connection."""
    scope = Scope(connection_id=connection)
    scope.verified_user(user)
    around = Operation("/ws", "connection", None, scope)
    token = attach(operation.inside(around))
    try:
        yield around
    finally:
        detach(token)
        around.done = True
