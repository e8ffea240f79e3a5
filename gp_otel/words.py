"""Words: what a PostgreSQL server says of a failure, beside its code."""

from __future__ import annotations

import re
from typing import Final

from gp_otel import catalogue as c
from gp_otel import chain, sqlstate
from gp_otel.sql import Statement
from gp_otel.watched import Fields

_BLOCKER: Final = re.compile(r"blocked by process (\d+)")
_LOCK: Final = re.compile(r"waits for (\w+)")


def about_statement(said: Statement, code: str | None) -> Fields:
    """What records say of a statement."""
    return {
        c.OPERATION: str(said),
        c.DB_OPERATION_NAME: said.verb,
        c.DB_COLLECTION_NAME: said.table,
        c.DB_QUERY_SUMMARY: str(said),
        c.SQLSTATE: code,
        c.DB_RESPONSE_STATUS_CODE: code,
    }


def about_error(error: BaseException | None, said: Statement) -> Fields:
    """What the server's own words say: of locks, and of damage."""
    table = _attribute(error, "table_name") or said.table
    blocker = _BLOCKER.search(_attribute(error, "detail") or "")
    return {
        c.LOCK_TYPE: lock_type(error, said),
        c.BLOCKING_PROCESS: blocker[1] if blocker else None,
        c.CORRUPTION_TYPE: {"XX001": "data", "XX002": "index"}.get(
            sqlstate.code_of(error) or ""
        ),
        c.AFFECTED_TABLES: (table,) if table else None,
    }


def lock_type(error: BaseException | None, said: Statement) -> str | None:
    """The kind of lock: the server names it for a deadlock, and rows in its context.

    Of what else can be waited for, an advisory lock names no table.
    """
    found = _LOCK.search(_attribute(error, "detail") or "")
    if found:
        return found[1]
    context = f"{_attribute(error, 'context') or ''} {error}"
    if "tuple" in context or " row " in context:
        return "row"
    return "relation" if said.table else "advisory"


def _attribute(error: BaseException | None, name: str) -> str | None:
    """An attribute of a server's error, under whatever wraps it."""
    for one in chain.behind(error) if error is not None else ():
        value = getattr(one, name, None) or getattr(
            getattr(one, "diag", None), name, None
        )
        if isinstance(value, str):
            return value
    return None
