"""Redis: commands that fail, subscriptions that are lost, pools without a connection.

Every command goes through `execute_command`, those of a pipeline through `execute`; a
cluster first asks its nodes for one another, a sentinel its like. All of them try
again inside, so they hold: `_connect` and what is called between two tries only tell
them of an attempt. A subscription waits in `parse_response`, whichever way it is
read. A pool that blocks may wait for ever, so its silence is watched.
"""

from __future__ import annotations

from gp_otel import catalogue as c
from gp_otel import commands, waiting
from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched
from gp_otel.watched import Verdict

FAILURES: dict[str, Verdict] = {
    "redis.exceptions.RedisError": c.DATABASE_QUERY_FAILED,
    "redis.exceptions.RedisClusterException": c.DATABASE_REDIS_UNAVAILABLE,
    "redis.exceptions.ClusterError": c.DATABASE_REDIS_UNAVAILABLE,
    "redis.exceptions.ConnectionError": commands.unreachable,
    "redis.exceptions.MaxConnectionsError": c.DATABASE_POOL_EXHAUSTED,
    "redis.exceptions.OutOfMemoryError": c.DATABASE_REDIS_UNAVAILABLE,
    "redis.exceptions.ReadOnlyError": c.DATABASE_REDIS_UNAVAILABLE,
    "redis.exceptions.TimeoutError": c.DATABASE_REDIS_UNAVAILABLE,
    "OSError": c.DATABASE_REDIS_UNAVAILABLE,
    "redis.exceptions.NoScriptError": None,  # answers: load it, try it again
    "redis.exceptions.WatchError": None,
}

REDIS = Instrumentor(
    library="redis>=5,<9",
    watched=(
        Watched(
            calls=(
                "redis.client:Redis.execute_command",
                "redis.client:Pipeline.execute",
                "redis.client:Pipeline.immediate_execute_command",
                "redis.asyncio.client:Redis.execute_command",
                "redis.asyncio.client:Pipeline.execute",
                "redis.asyncio.client:Pipeline.immediate_execute_command",
                "redis.cluster:NodesManager.initialize",
                "redis.cluster:RedisCluster.execute_command",
                "redis.cluster:ClusterPipeline.execute",
                "redis.asyncio.cluster:NodesManager.initialize",
                "redis.asyncio.cluster:RedisCluster.execute_command",
                "redis.asyncio.cluster:ClusterPipeline.execute",
            ),
            stage=Stage.DATABASE,
            kind="statement",
            compound=True,
            holds=True,
            failures=FAILURES,
            times_out=commands.unanswered,
            describe=commands.describe,
            dependency=lambda call: str(commands.store_of(call.instance)),
        ),
        Watched(
            calls=(
                "redis.client:PubSub.execute_command",
                "redis.client:PubSub.parse_response",
                "redis.asyncio.client:PubSub.execute_command",
                "redis.asyncio.client:PubSub.parse_response",
            ),
            stage=Stage.DATABASE,
            kind="statement",
            compound=True,
            holds=True,
            failures=FAILURES,
            describe=commands.describe,
            dependency=lambda call: str(commands.store_of(call.instance)),
        ),
        Watched(
            # Every sentinel is asked, until one knows.
            calls=(
                "redis.sentinel:Sentinel.discover_master",
                "redis.asyncio.sentinel:Sentinel.discover_master",
            ),
            stage=Stage.DATABASE,
            kind="statement",
            compound=True,
            holds=True,
            counted=False,
            failures=FAILURES,
            describe=commands.describe_service,
            dependency=lambda call: str(commands.service_of(call)),
            dependency_of_each_call=True,
        ),
        Watched(
            calls=(
                "redis.connection:Connection._connect",
                "redis.connection:UnixDomainSocketConnection._connect",
                "redis.asyncio.connection:Connection._connect",
                "redis.asyncio.connection:UnixDomainSocketConnection._connect",
            ),
            stage=Stage.DATABASE,
            counted=False,
            attempt_of=frozenset({"statement"}),
            attempt=commands.attempt,
        ),
        Watched(
            calls=(
                "redis.client:Redis._close_connection",
                "redis.client:Pipeline._disconnect_raise_on_watching",
                "redis.client:Pipeline._disconnect_reset_raise_on_watching",
                "redis.client:PubSub._reconnect",
                "redis.asyncio.client:Redis._close_connection",
                "redis.asyncio.client:Pipeline._disconnect_raise_on_watching",
                "redis.asyncio.client:Pipeline._disconnect_reset_raise_on_watching",
                "redis.asyncio.client:PubSub._reconnect",
            ),
            stage=Stage.DATABASE,
            counted=False,
            attempt_of=frozenset({"statement"}),
            attempt=commands.between_tries,
            judge=lambda _call: None,
        ),
        Watched(
            calls=(
                "redis.connection:BlockingConnectionPool.get_connection",
                "redis.asyncio.connection:BlockingConnectionPool.get_connection",
            ),
            stage=Stage.DATABASE,
            compound=True,
            counted=False,
            enter=waiting.enter,
            leave=waiting.leave,
            deadline=commands.patience,
            times_out=commands.exhausted,
            describe=commands.describe,
            dependency=lambda call: str(commands.store_of(call.instance)),
            dependency_counted=False,
        ),
        Watched(
            calls=(
                "redis.lock:Lock.__enter__",
                "redis.lock:Lock.do_extend",
                "redis.lock:Lock.do_reacquire",
                "redis.lock:Lock.do_release",
                "redis.asyncio.lock:Lock.__aenter__",
                "redis.asyncio.lock:Lock.do_extend",
                "redis.asyncio.lock:Lock.do_reacquire",
                "redis.asyncio.lock:Lock.do_release",
            ),
            stage=Stage.DATABASE,
            counted=False,
            failures={"redis.exceptions.LockError": c.DATABASE_LOCK_CONTENTION},
            describe=commands.describe_lock,
            dependency=lambda call: str(commands.store_of(call.instance)),
            dependency_counted=False,
        ),
    ),
)
