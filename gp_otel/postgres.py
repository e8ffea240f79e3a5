"""Postgres: what asyncpg's connections, statements and pools say of a failure."""

from __future__ import annotations

from typing import Any, Final

from gp_otel import catalogue as c
from gp_otel import chain, sqlstate, store, transactions, tries, waiting, words
from gp_otel.failure import FailurePoint
from gp_otel.sql import Statement, statement
from gp_otel.store import Store
from gp_otel.watched import Call, Fields

_COMMANDS: Final = {"copy_from_table": "COPY", "copy_records_to_table": "COPY"}

# -- connections ---------------------------------------------------------------------


def connection_of(instance: Any) -> Any:
    """The connection that a statement, a cursor or a transaction belongs to."""
    return getattr(instance, "_connection", instance)


def store_asked(call: Call) -> Store:
    """The server that `_connect` was to connect to."""
    return store.postgresql(call.kwargs.get("dsn"), call.kwargs)


def store_of(instance: Any) -> Store:
    """The server that a connection is or was connected to."""
    connection = connection_of(instance)
    address, name = connection._addr, connection._params.database  # noqa: SLF001 - asyncpg has no public name for either
    if isinstance(address, str):
        return Store("postgresql", "localhost", _socket_port(address), name)
    return Store("postgresql", address[0], address[1], name)


def _socket_port(path: str) -> int | None:
    port = path.rpartition(".")[2]
    return int(port) if port.isdigit() else None


def describe_connect(call: Call) -> Fields:
    """Name the server, and what it said."""
    return {
        **store_asked(call).fields,
        c.OPERATION: "connect",
        c.DB_OPERATION_NAME: "CONNECT",
        c.SQLSTATE: sqlstate.code_of(call.error),
        c.DB_RESPONSE_STATUS_CODE: sqlstate.code_of(call.error),
        c.RETRY_STATUS: tries.status(call),
        c.FALLBACK_USED: False,
    }


# -- statements ----------------------------------------------------------------------


def failed(call: Call) -> FailurePoint | None:
    """Tell what an error of a statement means, by its code or the connection."""
    code = sqlstate.code_of(call.error)
    if code is not None:
        return sqlstate.meaning(code)
    if connection_of(call.instance).is_closed():
        return c.DATABASE_POSTGRES_CONNECTION_FAILED
    return c.DATABASE_QUERY_FAILED


def too_slow(call: Call) -> FailurePoint:
    """Name the limit that asyncpg itself has set to a statement."""
    limit = call.argument("timeout")
    if limit is None:
        limit = connection_of(call.instance)._config.command_timeout  # noqa: SLF001 - as above
    call.limit = limit
    return c.DATABASE_QUERY_FAILED


def text_of(call: Call) -> Statement:
    """The statement of a call, without its values."""
    text = call.argument("query") or call.argument("command")
    text = text or call.argument("copy_stmt") or getattr(call.instance, "_query", None)
    if isinstance(text, str):
        return statement(text)
    table = call.argument("table_name")
    return Statement(_COMMANDS.get(call.function.__name__, "statement"), table)


def describe(call: Call) -> Fields:
    """Name the statement, the server and its code."""
    said, code = text_of(call), sqlstate.code_of(call.error)
    return {
        **store_of(call.instance).fields,
        **words.about_statement(said, code),
        **words.about_error(call.error, said),
        c.DURATION_SECONDS: call.seconds,
        c.WAITING_TIME: call.seconds,
        c.RETRY_STATUS: tries.status(call),
    }


def note(call: Call, link: chain.Link) -> None:
    """Let the transaction know that a statement has failed in it."""
    transaction = transactions.of(connection_of(call.instance))
    if transaction is not None:
        transaction.note(call.error, link)


# -- pools ---------------------------------------------------------------------------


def patience(call: Call) -> float | None:
    """How long a wait may last that has no limit, where it has to wait at all."""
    limited = call.argument("timeout") is not None
    return waiting.PATIENCE if not limited and _is_exhausted(call.instance) else None


def waited(call: Call) -> FailurePoint:
    """Tell waiting for a connection from connecting; both end in a time-out."""
    if call.limit is None and call.operation is not None:
        call.limit, call.seconds = call.argument("timeout"), call.operation.elapsed
    if _is_exhausted(call.instance):
        return c.DATABASE_POOL_EXHAUSTED
    return c.DATABASE_POSTGRES_CONNECTION_FAILED


def _is_exhausted(pool: Any) -> bool:
    queue = pool._queue  # noqa: SLF001 - the pool does not say how many are free
    return queue is not None and bool(queue.empty())


def describe_pool(call: Call) -> Fields:
    """Say how large the pool is, and who holds and waits."""
    pool = call.instance
    size, active = pool.get_max_size(), pool.get_size() - pool.get_idle_size()
    waits = waiting.requests(pool, call) - (size - active)
    return {
        **store_of_pool(pool).fields,
        c.POOL_SIZE: size,
        c.ACTIVE_CONNECTIONS: active,
        c.WAITING_REQUESTS: max(1, waits),
        c.TIMEOUT_DURATION: call.limit,
        c.RETRY_STATUS: tries.status(call),
    }


def store_of_pool(pool: Any) -> Store:
    """The server that a pool connects to."""
    dsn = next(iter(pool._connect_args), None)  # noqa: SLF001 - kept nowhere else
    return store.postgresql(dsn, pool._connect_kwargs)  # noqa: SLF001 - as above
