"""Engines: what SQLAlchemy's engines, pools and statements say of a failure.

What a driver that is watched itself has recorded already is one failure with what
SQLAlchemy makes of it. Of all other drivers it is recorded here.
"""

from __future__ import annotations

from typing import Any, Final

from gp_otel import catalogue as c
from gp_otel import chain, sqlstate, store, transactions, tries, waiting, words
from gp_otel.failure import FailurePoint
from gp_otel.sql import Statement, statement
from gp_otel.store import Store
from gp_otel.watched import UNNAMED, Call, Fields

WATCHED_DRIVERS: Final = frozenset({"asyncpg"})
POSTGRESQL: Final = "postgresql"
_WITHOUT_TEXT: Final = {"_do_commit": "COMMIT", "_do_rollback": "ROLLBACK"}
"""Statements that SQLAlchemy leaves to the driver, by the operation they are in."""

# -- engines and their pools -----------------------------------------------------------


def store_of(engine: Any) -> Store:
    """The server that an engine connects to."""
    url = engine.url
    return Store(store.system(url.drivername), url.host, url.port, url.database)


def no_engine(call: Call) -> FailurePoint:
    """A URL that cannot be used is told from all else that an engine refuses."""
    last = call.operation.last if call.operation else None
    return c.find(last.failure) if last else c.DATABASE_INIT_FAILED


def describe_engine(call: Call) -> Fields:
    """Say how long it took; nothing of the URL, which holds a password."""
    return {
        c.DURATION: call.operation.elapsed if call.operation else None,
        c.FALLBACK_USED: False,
    }


def refused(call: Call) -> FailurePoint | object:
    """Tell what it means that an engine gets no connection."""
    engine, last = call.instance, call.operation.last if call.operation else None
    if not isinstance(call.error, (OSError, engine.dialect.loaded_dbapi.Error)):
        return UNNAMED
    return c.find(last.failure) if last is not None else _unreachable(engine.dialect)


def waited(call: Call) -> FailurePoint:
    """Tell waiting for a connection from connecting, where a deadline ended it."""
    pool = call.instance.pool
    limited = getattr(pool, "_max_overflow", -1) >= 0
    if limited and pool.checkedout() >= _size(pool):
        return c.DATABASE_POOL_EXHAUSTED
    return _unreachable(call.instance.dialect)


def _unreachable(dialect: Any) -> FailurePoint:
    if dialect.name == POSTGRESQL:
        return c.DATABASE_POSTGRES_CONNECTION_FAILED
    return c.DATABASE_QUERY_FAILED


def stale(call: Call) -> FailurePoint | None:
    """Tell a connection that the pre-ping has found dead; the pool replaces it."""
    dialect = call.instance
    if call.result or dialect.driver in WATCHED_DRIVERS:
        return None
    return _unreachable(dialect)


def describe_connect(call: Call) -> Fields:
    """Name the server, what was tried, and how full the pool is."""
    pool, code = call.instance.pool, sqlstate.code_of(call.error)
    return {
        **store_of(call.instance).fields,
        **_pool(pool, call),
        c.OPERATION: "connect",
        c.DB_OPERATION_NAME: "CONNECT",
        c.SQLSTATE: code,
        c.DB_RESPONSE_STATUS_CODE: code,
        c.RETRY_STATUS: tries.status(call),
        c.RETRY_ATTEMPTED: tries.failed(call) > 1,
    }


def _pool(pool: Any, call: Call) -> Fields:
    """Say how large a pool is, and who holds and waits; not all pools have a size."""
    if not hasattr(pool, "checkedout"):
        return {}
    return {
        c.POOL_SIZE: _size(pool),
        c.ACTIVE_CONNECTIONS: pool.checkedout(),
        c.WAITING_REQUESTS: waiting.requests(pool, call),
        c.TIMEOUT_DURATION: pool.timeout(),
    }


def _size(pool: Any) -> int:
    return int(pool.size() + max(0, pool._max_overflow))  # noqa: SLF001 - `overflow()` says how many there are


# -- statements ------------------------------------------------------------------------


def failed(call: Call) -> FailurePoint | object | None:
    """Tell what the error of a statement means."""
    known = _known(call)
    if known is not None:
        return known
    error, driver = call.argument("e"), call.instance.dialect.loaded_dbapi
    if not isinstance(error, driver.Error):
        return UNNAMED
    code = sqlstate.code_of(error)
    if code is not None:
        return sqlstate.meaning(code)
    if isinstance(error, driver.IntegrityError):
        return None
    if getattr(call.error, "connection_invalidated", False):
        return _unreachable(call.instance.dialect)
    return c.DATABASE_QUERY_FAILED


def cut_off(call: Call) -> FailurePoint:
    """Tell what it means that a deadline ended a statement."""
    return _known(call) or c.DATABASE_QUERY_FAILED


def _known(call: Call) -> FailurePoint | None:
    """What a driver that is watched itself has made of the same error."""
    scope = call.outside.scope if call.outside else None
    link = chain.cause_of(call.error, scope)
    return c.find(link.failure) if link is not None else None


def describe(call: Call) -> Fields:
    """Name the statement, the server and its code."""
    error, said = call.argument("e"), text_of(call)
    return {
        **store_of(call.instance.engine).fields,
        **words.about_statement(said, sqlstate.code_of(error)),
        **words.about_error(error, said),
        c.RETRY_STATUS: tries.status(call),
    }


def text_of(call: Call) -> Statement:
    """The statement of an error, without its values."""
    text = call.argument("statement")
    if isinstance(text, str):
        return statement(text)
    around = call.outside.name.rpartition(".")[2] if call.outside else ""
    return Statement(_WITHOUT_TEXT.get(around, "statement"), None)


def note(call: Call, link: chain.Link) -> None:
    """Let the transaction know that a statement has failed in it."""
    transaction = transactions.of(call.instance)
    if transaction is not None:
        transaction.note(call.error, link)
