"""SQLAlchemy: engines, connections from a pool, statements, transactions.

`raw_connection` is where every connection comes from, new or pooled, pinged first or
not; it tries again inside, so it holds. Whatever a driver raises goes through
`_handle_dbapi_exception`, which runs for failures only: the asyncio engines too end
here, in greenlets. A root transaction ends in `_do_commit` or `_do_rollback`; closing
a connection without a word does not, for then nobody meant to keep anything.
"""

from __future__ import annotations

from gp_otel import catalogue as c
from gp_otel import commits, engines, waiting
from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched

SQLALCHEMY = Instrumentor(
    library="sqlalchemy>=2,<3",
    watched=(
        Watched(
            # All names: whoever has imported one calls it by that.
            calls=(
                "sqlalchemy:make_url",
                "sqlalchemy.engine:make_url",
                "sqlalchemy.engine.url:make_url",
                "sqlalchemy.engine.url:URL._get_entrypoint",
            ),
            stage=Stage.DATABASE,
            counted=False,
            failures={
                "sqlalchemy.exc.ArgumentError": c.DATABASE_URL_BUILD_FAILED,
                "ValueError": c.DATABASE_URL_BUILD_FAILED,
            },
            describe=engines.describe_engine,
        ),
        Watched(
            calls=(
                "sqlalchemy:create_engine",
                "sqlalchemy.engine:create_engine",
                "sqlalchemy.engine.create:create_engine",
                "sqlalchemy.ext.asyncio.engine:_create_engine",
            ),
            stage=Stage.DATABASE,
            compound=True,
            counted=False,
            failures={
                "sqlalchemy.exc.ArgumentError": engines.no_engine,
                "TypeError": engines.no_engine,
                "ValueError": engines.no_engine,
                "ImportError": c.DATABASE_URL_BUILD_FAILED,  # the driver
            },
            describe=engines.describe_engine,
        ),
        Watched(
            calls=("sqlalchemy.engine.base:Engine.raw_connection",),
            stage=Stage.DATABASE,
            kind="statement",
            compound=True,
            holds=True,
            failures={
                "sqlalchemy.exc.TimeoutError": c.DATABASE_POOL_EXHAUSTED,
                "Exception": engines.refused,
            },
            times_out=engines.waited,
            describe=engines.describe_connect,
            dependency=lambda call: str(engines.store_of(call.instance)),
            dependency_counted=False,
        ),
        Watched(
            calls=("sqlalchemy.pool.impl:QueuePool._do_get",),
            stage=Stage.DATABASE,
            around=waiting.counted,
        ),
        Watched(
            calls=("sqlalchemy.engine.default:DefaultDialect._do_ping_w_event",),
            stage=Stage.DATABASE,
            counted=False,
            judge=engines.stale,
        ),
        Watched(
            calls=("sqlalchemy.engine.base:Connection._handle_dbapi_exception",),
            stage=Stage.DATABASE,
            kind="statement",
            counted=False,
            failures={"Exception": engines.failed},
            times_out=engines.cut_off,
            recorded=engines.note,
            describe=engines.describe,
            dependency=lambda call: str(engines.store_of(call.instance.engine)),
            dependency_counted=False,
        ),
        Watched(
            calls=("sqlalchemy.engine.base:Connection._begin_impl",),
            stage=Stage.DATABASE,
            around=commits.begin,
        ),
        Watched(
            calls=("sqlalchemy.engine.base:Connection._rollback_to_savepoint_impl",),
            stage=Stage.DATABASE,
            around=commits.recover,
        ),
        Watched(
            calls=("sqlalchemy.engine.base:RootTransaction._do_commit",),
            stage=Stage.DATABASE,
            kind="statement",
            compound=True,
            failures={"Exception": commits.not_committed},
            times_out=c.DATABASE_TRANSACTION_FAILED,
            judge=commits.ended,
            then=commits.committed,
            describe=commits.describe_transaction,
            dependency=lambda call: str(
                engines.store_of(call.instance.connection.engine)
            ),
            dependency_counted=False,
        ),
        Watched(
            calls=("sqlalchemy.engine.base:RootTransaction._do_rollback",),
            stage=Stage.DATABASE,
            kind="statement",
            compound=True,
            failures={"Exception": commits.not_rolled_back},
            times_out=c.DATABASE_ROLLBACK_FAILED,
            judge=commits.ended,
            describe=commits.describe_transaction,
            dependency=lambda call: str(
                engines.store_of(call.instance.connection.engine)
            ),
            dependency_counted=False,
        ),
    ),
)
