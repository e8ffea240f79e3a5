"""Blocks: how asyncpg's transactions end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gp_otel import catalogue as c
from gp_otel import chain, postgres, transactions, tries
from gp_otel.failure import FailurePoint
from gp_otel.guard import guard
from gp_otel.watched import UNNAMED, Call, Fields


def begin(wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any) -> Any:
    """Note when a transaction begins; a savepoint inside one is none."""
    guard("transaction", _begin, postgres.connection_of(instance))
    return wrapped(*args, **kwargs)


def _begin(connection: Any) -> None:
    if connection._top_xact is None:  # noqa: SLF001 - kept nowhere else
        transactions.begin(connection, lambda one: str(one.get_server_pid()))


def left(call: Call) -> FailurePoint | None:
    """Judge a block that was left in order: it may have been rolled back."""
    connection = postgres.connection_of(call.instance)
    if call.instance._nested:  # noqa: SLF001 - kept nowhere else
        if call.args[0] is not None:
            transactions.recover(connection)
        return None
    _blame(call)
    ended = transactions.ends(call, connection)
    return c.DATABASE_TRANSACTION_FAILED if ended else None


def _blame(call: Call) -> None:
    """Take up the exception that left the block, where it is a failure of its own."""
    error = call.args[1] if len(call.args) > 1 else None
    link = chain.cause_of(error, call.operation.scope) if call.operation else None
    one = transactions.of(postgres.connection_of(call.instance))
    if one is not None and link is not None and link.failure.startswith("database."):
        call.error = error
        one.note(error, link)


def committed(call: Call) -> None:
    """Say that it was committed, where settings ask for it; SQLAlchemy says its own."""
    is_commit = call.function.__name__ == "commit" or call.args[:1] == (None,)
    if is_commit and not call.instance._nested and call.outside is None:  # noqa: SLF001 - kept nowhere else
        transactions.committed(call)


def not_left(call: Call) -> FailurePoint | object | None:
    """Judge a block whose end has failed: a commit, or else a rollback."""
    is_rollback = call.function.__name__ == "rollback" or (
        bool(call.args) and call.args[0] is not None
    )
    return not_rolled_back(call) if is_rollback else not_committed(call)


def not_committed(call: Call) -> FailurePoint | object | None:
    """A commit that fails is a failure, unless a constraint forbids it."""
    point = postgres.failed(call)
    if point is None or call.instance._nested:  # noqa: SLF001 - kept nowhere else
        return None if point is None else UNNAMED
    transactions.ends(call, postgres.connection_of(call.instance))
    return c.DATABASE_TRANSACTION_FAILED


def not_rolled_back(call: Call) -> FailurePoint | object:
    """Without a connection the server rolls back by itself."""
    connection, error = postgres.connection_of(call.instance), call.error
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
    connection = postgres.connection_of(call.instance)
    one, took = transactions.of(connection), call.operation
    committing = call.function.__name__ == "commit" or call.args[:1] == (None,)
    return {
        **postgres.store_of(connection).fields,
        **(one.fields() if one is not None else {}),
        c.OPERATION: "COMMIT" if committing else "ROLLBACK",
        c.OPERATION_TYPE: "commit" if committing else "rollback",
        c.COMMIT_DURATION: took.elapsed if took and committing else None,
        c.ROLLBACK_DURATION: took.elapsed if took and not committing else None,
        c.RETRY_STATUS: tries.status(call),
    }
