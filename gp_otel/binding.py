"""Bind: ids that only the application knows, for the code inside a block."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry.context import Context, attach, detach

from gp_otel import operation
from gp_otel.guard import guard
from gp_otel.operation import Operation
from gp_otel.scope import Scope


@contextmanager
def bind(
    *,
    user_id: str | None = None,
    connection_id: str | None = None,
    run_id: str | None = None,
    thread_id: str | None = None,
) -> Generator[None]:
    """Name who and what the block is about; nothing above it changes.

    For what gp-otel cannot find by itself: a queue's worker, a scheduled job.
    Never raises, and the block's own exceptions leave as they are.
    """
    ids = {
        "user_id": user_id,
        "connection_id": connection_id,
        "run_id": run_id,
        "thread_id": thread_id,
    }
    context = guard("bind", _inside, ids)
    token = attach(context) if context is not None else None
    try:
        yield
    finally:
        if token is not None:
            detach(token)


def _inside(ids: dict[str, str | None]) -> Context:
    outside = operation.current()
    scope = Scope(outside.scope if outside is not None else None)
    for name, value in ids.items():
        scope.learn(name, value)
    return operation.inside(Operation("bind", "step", outside, scope))
