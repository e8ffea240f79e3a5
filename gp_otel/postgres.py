"""Postgres: what asyncpg's connections, pools and transactions say of a failure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from gp_otel import catalogue as c
from gp_otel import chain, sqlstate, store, transactions, tries, waiting
from gp_otel.failure import FailurePoint
from gp_otel.guard import guard
from gp_otel.sql import Statement, statement
from gp_otel.store import Store
from gp_otel.watched import UNNAMED, Call, Fields

_BLOCKER: Final = re.compile(r"blocked by process (\d+)")
_LOCK: Final = re.compile(r"waits for (\w+)")
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
        **about_statement(said, code),
        **about_error(call.error, said),
        c.DURATION_SECONDS: call.seconds,
        c.WAITING_TIME: call.seconds,
        c.RETRY_STATUS: tries.status(call),
    }


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


# -- transactions --------------------------------------------------------------------


def begin(wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any) -> Any:
    """Note when a transaction begins; a savepoint inside one is none."""
    guard("transaction", _begin, connection_of(instance))
    return wrapped(*args, **kwargs)


def _begin(connection: Any) -> None:
    if connection._top_xact is None:  # noqa: SLF001 - kept nowhere else
        transactions.begin(connection, lambda one: str(one.get_server_pid()))


def left(call: Call) -> FailurePoint | None:
    """Judge a block that was left in order: it may have been rolled back."""
    connection = connection_of(call.instance)
    if call.instance._nested:  # noqa: SLF001 - kept nowhere else
        if call.args[0] is not None and (one := transactions.of(connection)):
            one.recover()
        return None
    _blame(call)
    ended = transactions.ends(call, connection)
    return c.DATABASE_TRANSACTION_FAILED if ended else None


def _blame(call: Call) -> None:
    """Take up the exception that left the block, where it is a failure of its own."""
    error = call.args[1] if len(call.args) > 1 else None
    link = chain.cause_of(error, call.operation.scope) if call.operation else None
    one = transactions.of(connection_of(call.instance))
    if one is not None and link is not None and link.failure.startswith("database."):
        call.error = error
        one.note(error, link)


def not_left(call: Call) -> FailurePoint | object | None:
    """Judge a block whose end has failed: a commit, or else a rollback."""
    is_rollback = call.function.__name__ == "rollback" or (
        bool(call.args) and call.args[0] is not None
    )
    return not_rolled_back(call) if is_rollback else not_committed(call)


def not_committed(call: Call) -> FailurePoint | object | None:
    """A commit that fails is a failure, unless a constraint forbids it."""
    point = failed(call)
    if point is None or call.instance._nested:  # noqa: SLF001 - kept nowhere else
        return None if point is None else UNNAMED
    transactions.ends(call, connection_of(call.instance))
    return c.DATABASE_TRANSACTION_FAILED


def not_rolled_back(call: Call) -> FailurePoint | object:
    """Without a connection the server rolls back by itself."""
    connection, error = connection_of(call.instance), call.error
    if not connection.is_closed():
        transactions.ends(call, connection)
        return c.DATABASE_ROLLBACK_FAILED
    _blame(call)
    call.error = error
    if transactions.ends(call, connection):
        return c.DATABASE_TRANSACTION_FAILED
    return c.DATABASE_POSTGRES_CONNECTION_FAILED


def describe_transaction(call: Call) -> Fields:
    """Say since when the transaction was open, and what went wrong in it."""
    connection = connection_of(call.instance)
    one, took = transactions.of(connection), call.operation
    committing = call.function.__name__ == "commit" or call.args[:1] == (None,)
    return {
        **store_of(connection).fields,
        **(one.fields() if one is not None else {}),
        c.OPERATION: "COMMIT" if committing else "ROLLBACK",
        c.OPERATION_TYPE: "commit" if committing else "rollback",
        c.ROLLBACK_DURATION: took.elapsed if took and not committing else None,
        c.RETRY_STATUS: tries.status(call),
    }
