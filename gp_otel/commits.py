"""Commits: how SQLAlchemy's transactions end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gp_otel import catalogue as c
from gp_otel import chain, engines, sqlstate, transactions
from gp_otel.failure import FailurePoint
from gp_otel.guard import guard
from gp_otel.watched import UNNAMED, Call, Fields


def begin(wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any) -> Any:
    """Note when a transaction begins."""
    guard("transaction", transactions.begin, instance, _session)
    return wrapped(*args, **kwargs)


def _session(connection: Any) -> str | None:
    """The server's process that serves a connection, as its driver knows it."""
    driver = connection._dbapi_connection.driver_connection  # noqa: SLF001 - the public one may reconnect
    if hasattr(driver, "get_server_pid"):
        return str(driver.get_server_pid())
    pid = getattr(getattr(driver, "info", None), "backend_pid", None)
    return str(pid) if pid is not None else None


def recover(wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any) -> Any:
    """Forget what went wrong once a savepoint was rolled back."""
    result = wrapped(*args, **kwargs)
    guard("savepoint", transactions.recover, instance)
    return result


def ended(call: Call) -> FailurePoint | None:
    """Judge a transaction that ended in order: a statement may have failed in it.

    PostgreSQL answers the commit of such a transaction by rolling it back.
    """
    connection = call.instance.connection
    committed = call.function.__name__ == "_do_commit"
    if committed and connection.dialect.name != engines.POSTGRESQL:
        return None
    if transactions.ends(call, connection):
        return c.DATABASE_TRANSACTION_FAILED
    return None


def committed(call: Call) -> None:
    """Say that it was committed, where settings ask for it."""
    if call.function.__name__ == "_do_commit":
        transactions.committed(call)


def not_committed(call: Call) -> FailurePoint | object | None:
    """A commit that fails is a failure, unless a constraint forbids it."""
    driver = call.instance.connection.dialect.loaded_dbapi
    code = sqlstate.code_of(call.error)
    if code is not None and sqlstate.meaning(code) is None:
        return None
    below = chain.behind(call.error) if call.error is not None else ()
    if not any(isinstance(one, driver.Error) for one in below):
        return UNNAMED
    transactions.ends(call, call.instance.connection)
    return c.DATABASE_TRANSACTION_FAILED


def not_rolled_back(call: Call) -> FailurePoint | object:
    """Without a connection the server rolls back by itself."""
    last = call.operation.last if call.operation else None
    lost = c.DATABASE_POSTGRES_CONNECTION_FAILED.id
    if last is None or last.failure != lost:
        transactions.ends(call, call.instance.connection)
        return c.DATABASE_ROLLBACK_FAILED
    if transactions.ends(call, call.instance.connection):
        return c.DATABASE_TRANSACTION_FAILED
    return UNNAMED


def describe_transaction(call: Call) -> Fields:
    """Say since when the transaction was open, and what went wrong in it."""
    connection, took = call.instance.connection, call.operation
    one = transactions.of(connection)
    committing = call.function.__name__ == "_do_commit"
    return {
        **engines.store_of(connection.engine).fields,
        **(one.fields() if one is not None else {}),
        c.OPERATION: "COMMIT" if committing else "ROLLBACK",
        c.OPERATION_TYPE: "commit" if committing else "rollback",
        c.COMMIT_DURATION: took.elapsed if took and committing else None,
        c.ROLLBACK_DURATION: took.elapsed if took and not committing else None,
    }
