"""Sqlstate: what a PostgreSQL error code means.

Drivers and the libraries on top wrap one another's errors; the code is the same
everywhere: https://www.postgresql.org/docs/current/errcodes-appendix.html.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gp_otel import catalogue as c
from gp_otel import chain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gp_otel.failure import FailurePoint

_LENGTH: Final = 5

_MEANINGS: Final[Mapping[str, FailurePoint | None]] = MappingProxyType(
    {
        "08": c.DATABASE_POSTGRES_CONNECTION_FAILED,
        "23": None,  # a constraint: that is an answer
        "25P03": c.DATABASE_POSTGRES_CONNECTION_FAILED,  # idle in a transaction
        "25P04": c.DATABASE_POSTGRES_CONNECTION_FAILED,  # transaction too long
        "40P01": c.DATABASE_LOCK_CONTENTION,
        "53300": c.DATABASE_POSTGRES_CONNECTION_FAILED,
        "55P03": c.DATABASE_LOCK_CONTENTION,
        "57P": c.DATABASE_POSTGRES_CONNECTION_FAILED,  # shut down, starting, dropped
        "P0": None,  # raised by the application's own SQL
        "XX001": c.DATABASE_DATA_CORRUPTION,
        "XX002": c.DATABASE_DATA_CORRUPTION,
    }
)
"""By the code or its beginning: the class, or what a class has in common."""


def meaning(code: str) -> FailurePoint | None:
    """The failure point of a statement that ended with this code; None: an answer."""
    for length in (_LENGTH, 3, 2):
        if code[:length] in _MEANINGS:
            return _MEANINGS[code[:length]]
    return c.DATABASE_QUERY_FAILED


def code_of(error: BaseException | None) -> str | None:
    """The code that an error carries, or one of those it was made of.

    A client's own code says that the connection is gone, the server's below it why.
    """
    codes = _codes(error)
    return next((code for code in codes if code[:2] != "08"), next(iter(codes), None))


def _codes(error: BaseException | None) -> list[str]:
    found = [
        getattr(one, name, None)
        for one in (chain.behind(error) if error is not None else ())
        for name in ("sqlstate", "pgcode")
    ]
    return [code for code in found if isinstance(code, str) and len(code) == _LENGTH]
