"""Served: whose connection or request runs, in somebody else's OTel context too.

A server's span is made in a context that was read from the request's headers, and
all middleware runs in it: there only a context variable of our own tells.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gp_otel.operation import Operation

_current: ContextVar[Operation | None] = ContextVar("golden_path_served", default=None)


def current() -> Operation | None:
    """The connection or request that the caller serves."""
    return _current.get()


@contextmanager
def serving(one: Operation) -> Generator[None]:
    """Serve a connection or request in the block."""
    token = _current.set(one)
    try:
        yield
    finally:
        with suppress(ValueError):  # closed in another context than it began in
            _current.reset(token)
