"""Asyncpg: connections that are refused or lost, statements, pools, transactions.

`_connect` is what `connect`, every pool and SQLAlchemy end in. Statements are
watched at the methods that contrib wraps too, and at those of prepared statements and
cursors, which SQLAlchemy uses; what a statement's error means is told by its code. A
pool waits without a limit unless it is given one, so its silence is watched. The
protocol below is compiled and stays untouched.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from gp_otel import blocks, postgres, waiting
from gp_otel import catalogue as c
from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched
from gp_otel.watched import Verdict

FAILURES: dict[str, Verdict] = {
    "asyncpg.exceptions._base.PostgresError": postgres.failed,
    "asyncpg.exceptions._base.InterfaceError": postgres.failed,
    "asyncpg.exceptions._base.InternalClientError": c.DATABASE_QUERY_FAILED,
    "OSError": c.DATABASE_POSTGRES_CONNECTION_FAILED,
    "TimeoutError": postgres.too_slow,
}

ENDS: dict[str, Verdict] = {
    "asyncpg.exceptions._base.PostgresError": blocks.not_left,
    "asyncpg.exceptions._base.InterfaceError": blocks.not_left,
    "OSError": blocks.not_left,
}


def statements(*calls: str, owner: Callable[[Any], Any] | None = None) -> Watched:
    """Watch statements; those of a connection, or of what belongs to one."""
    return Watched(
        calls=calls,
        stage=Stage.DATABASE,
        kind="statement",
        failures=FAILURES,
        times_out=c.DATABASE_QUERY_FAILED,
        recorded=postgres.note,
        describe=postgres.describe,
        dependency=lambda call: str(postgres.store_of(call.instance)),
        owner=owner,
    )


ASYNCPG = Instrumentor(
    library="asyncpg>=0.27,<1",
    watched=(
        Watched(
            calls=("asyncpg.connect_utils:_connect",),
            stage=Stage.DATABASE,
            kind="statement",
            failures={
                "asyncpg.exceptions._base.PostgresError": (
                    c.DATABASE_POSTGRES_CONNECTION_FAILED
                ),
                "asyncpg.exceptions._base.InternalClientError": (
                    c.DATABASE_POSTGRES_CONNECTION_FAILED
                ),
                "asyncpg.exceptions._base.InterfaceError": (
                    c.DATABASE_POSTGRES_CONNECTION_FAILED
                ),
                "asyncpg.exceptions._base.ClientConfigurationError": (
                    c.DATABASE_URL_BUILD_FAILED
                ),
                "OSError": c.DATABASE_POSTGRES_CONNECTION_FAILED,
            },
            times_out=c.DATABASE_POSTGRES_CONNECTION_FAILED,
            describe=postgres.describe_connect,
            dependency=lambda call: str(postgres.store_asked(call)),
            dependency_of_each_call=True,
        ),
        statements(
            "asyncpg.connection:Connection.execute",
            "asyncpg.connection:Connection.executemany",
            "asyncpg.connection:Connection.fetch",
            "asyncpg.connection:Connection.fetchmany",
            "asyncpg.connection:Connection.fetchrow",
            "asyncpg.connection:Connection.fetchval",
            "asyncpg.connection:Connection._prepare",
            "asyncpg.connection:Connection._copy_in",
            "asyncpg.connection:Connection._copy_out",
            "asyncpg.connection:Connection.copy_records_to_table",
        ),
        statements(
            "asyncpg.prepared_stmt:PreparedStatement.executemany",
            "asyncpg.prepared_stmt:PreparedStatement.fetch",
            "asyncpg.prepared_stmt:PreparedStatement.fetchmany",
            "asyncpg.prepared_stmt:PreparedStatement.fetchrow",
            "asyncpg.prepared_stmt:PreparedStatement.fetchval",
            "asyncpg.cursor:Cursor._init",
            "asyncpg.cursor:Cursor.fetch",
            "asyncpg.cursor:Cursor.fetchrow",
            "asyncpg.cursor:Cursor.forward",
            "asyncpg.cursor:CursorIterator.__anext__",
            owner=attrgetter("_connection"),
        ),
        Watched(
            calls=("asyncpg.pool:Pool._acquire",),
            stage=Stage.DATABASE,
            kind="statement",
            compound=True,
            counted=False,
            enter=waiting.enter,
            leave=waiting.leave,
            deadline=postgres.patience,
            failures={"TimeoutError": postgres.waited},
            times_out=postgres.waited,
            describe=postgres.describe_pool,
            dependency=lambda call: str(postgres.store_of_pool(call.instance)),
            dependency_counted=False,
        ),
        Watched(
            # It reconnects what was lost, on its own and as often as it takes.
            calls=("asyncpg.pool:Pool._maintain_min_size",),
            stage=Stage.DATABASE,
            compound=True,
            holds=True,
            counted=False,
        ),
        Watched(
            calls=("asyncpg.transaction:Transaction.start",),
            stage=Stage.DATABASE,
            around=blocks.begin,
        ),
        Watched(
            calls=("asyncpg.transaction:Transaction.__aexit__",),
            stage=Stage.DATABASE,
            kind="statement",
            compound=True,
            counted=False,
            failures=ENDS,
            times_out=blocks.not_left,
            judge=blocks.left,
            then=blocks.committed,
            describe=blocks.describe_transaction,
            dependency=lambda call: str(postgres.store_of(call.instance)),
            dependency_counted=False,
        ),
        Watched(
            calls=(
                "asyncpg.transaction:Transaction.commit",
                "asyncpg.transaction:Transaction.rollback",
            ),
            stage=Stage.DATABASE,
            kind="statement",
            compound=True,
            counted=False,
            failures=ENDS,
            times_out=blocks.not_left,
            then=blocks.committed,
            describe=blocks.describe_transaction,
            dependency=lambda call: str(postgres.store_of(call.instance)),
            dependency_counted=False,
        ),
    ),
)
