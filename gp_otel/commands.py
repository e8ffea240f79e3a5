"""Commands: what redis-py's clients, pools and locks say of a failure.

Keys and values stay out of every record.
"""

from __future__ import annotations

import queue
from collections.abc import Mapping
from typing import Any, Final

from gp_otel import catalogue as c
from gp_otel import chain, tries, waiting
from gp_otel.attempt import Attempt
from gp_otel.failure import FailurePoint
from gp_otel.stack import name_of
from gp_otel.store import Store
from gp_otel.watched import Call, Fields

_COUNTED: Final = "attempt"
"""Marks an exception that has been counted as a failed try."""

_WAITING: Final = frozenset(
    {
        "BLMOVE",
        "BLMPOP",
        "BLPOP",
        "BRPOP",
        "BRPOPLPUSH",
        "BZMPOP",
        "BZPOPMAX",
        "BZPOPMIN",
        "WAIT",
        "WAITAOF",
        "XREAD",
        "XREADGROUP",
    }
)
"""Commands that wait for something to happen: a deadline round them is a heartbeat."""


def pool_of(instance: Any) -> Any:
    """The pool behind a client, a pipeline or a lock, or the pool itself."""
    client = getattr(instance, "redis", instance)
    return getattr(client, "connection_pool", client)


def store_of(instance: Any) -> Store:
    """The server that a pool connects to; of a cluster, where its first node is."""
    pool = pool_of(instance)
    given: Mapping[str, Any] = getattr(pool, "connection_kwargs", {})
    host, port = given.get("host"), given.get("port")
    if host is None and given.get("path"):
        host = "localhost"
    if host is None:
        host = getattr(pool, "service_name", None)  # a sentinel's
    if host is None and (node := _node(instance)) is not None:
        host, port = node.host, node.port
    return Store("redis", str(host or "localhost"), port, str(given.get("db") or 0))


def _node(cluster: Any) -> Any:
    nodes = getattr(getattr(cluster, "nodes_manager", None), "startup_nodes", {})
    return next(iter(nodes.values()), None)


def service_of(call: Call) -> Store:
    """The service that sentinels are asked for."""
    return Store("redis", str(call.argument("service_name")), None, "0")


# -- failures --------------------------------------------------------------------------


def unreachable(call: Call) -> FailurePoint:
    """Tell a pool without a free connection from a server without an answer."""
    error = call.error
    origin = error.__context__ if error is not None else None
    if isinstance(origin, (queue.Empty, TimeoutError)) and hasattr(
        pool_of(call.instance), "timeout"
    ):
        return c.DATABASE_POOL_EXHAUSTED
    return c.DATABASE_REDIS_UNAVAILABLE


def unanswered(call: Call) -> FailurePoint | None:
    """Tell what it means that a deadline ended a command."""
    waits = command(call) in _WAITING
    return None if waits else c.DATABASE_REDIS_UNAVAILABLE


def attempt(call: Call) -> Attempt | None:
    """Count a try that failed in connecting."""
    if call.error is None:
        return None
    chain.mark(call.error, _COUNTED)
    return Attempt(name_of(type(call.error)))


def between_tries(call: Call) -> Attempt | None:
    """Count a try that failed on a connection: redis-py closes it then."""
    error = call.argument("error")
    if not isinstance(error, BaseException):
        return None
    for one in chain.behind(error, context=True):
        if _COUNTED in chain.marks(one):
            return None
    chain.mark(error, _COUNTED)
    return Attempt(name_of(type(error)))


# -- fields ----------------------------------------------------------------------------


def command(call: Call) -> str:
    """The command's name: no key, no value."""
    if call.args and isinstance(call.args[0], str | bytes):
        text = call.args[0]
        text = text.decode(errors="replace") if isinstance(text, bytes) else text
        return text.partition(" ")[0].upper()[:32]
    kind = type(call.instance).__name__.upper()
    return kind if kind in {"PIPELINE", "PUBSUB"} else call.function.__name__.upper()


def describe(call: Call) -> Fields:
    """Name the command, the server, its code and the pool."""
    code = str(call.error).partition(" ")[0] if call.error else ""
    return {
        **store_of(call.instance).fields,
        **_pool(pool_of(call.instance), call),
        c.OPERATION: command(call),
        c.DB_OPERATION_NAME: command(call),
        c.DB_QUERY_SUMMARY: command(call),
        c.DB_RESPONSE_STATUS_CODE: code if code.isupper() else None,
        c.DURATION_SECONDS: call.operation.elapsed if call.operation else call.seconds,
        c.RETRY_STATUS: tries.status(call),
        c.RETRY_ATTEMPTED: tries.failed(call) > 1,
    }


def describe_service(call: Call) -> Fields:
    """Name the service, and how many sentinels have failed."""
    return {
        **service_of(call).fields,
        c.OPERATION: "discover",
        c.DB_OPERATION_NAME: "SENTINEL",
        c.RETRY_STATUS: tries.status(call),
        c.RETRY_ATTEMPTED: tries.failed(call) > 1,
    }


def _pool(pool: Any, call: Call) -> Fields:
    """Say how large the pool is, and who holds and waits."""
    return {
        c.POOL_SIZE: getattr(pool, "max_connections", None),
        c.ACTIVE_CONNECTIONS: _active(pool),
        c.WAITING_REQUESTS: waiting.requests(pool, call),
        c.TIMEOUT_DURATION: getattr(pool, "timeout", None),
    }


def _active(pool: Any) -> int | None:
    in_use = getattr(pool, "_in_use_connections", None)
    if in_use is not None:
        return len(in_use)
    free = getattr(pool, "pool", None)  # a blocking pool keeps those that are free
    return pool.max_connections - free.qsize() if free is not None else None


def describe_lock(call: Call) -> Fields:
    """Say how long a lock may be waited for; not its name, which is a key."""
    return {
        **store_of(call.instance).fields,
        c.OPERATION: "lock",
        c.LOCK_TYPE: "redis",
        c.WAITING_TIME: getattr(call.instance, "blocking_timeout", None),
    }


def patience(call: Call) -> float | None:
    """How long a wait for a connection may last that has no limit."""
    pool = call.instance
    limited = pool.timeout is not None
    return None if limited or not _is_exhausted(pool) else waiting.PATIENCE


def _is_exhausted(pool: Any) -> bool:
    free = getattr(pool, "pool", None)
    if free is not None:
        return bool(free.qsize() == 0)
    return not pool.can_get_connection()


def exhausted(call: Call) -> FailurePoint | None:
    """Tell whether a wait is one for a free connection."""
    return c.DATABASE_POOL_EXHAUSTED if _is_exhausted(call.instance) else None
