"""Faults of the stores: conversations are lost."""

from __future__ import annotations

from dataclasses import replace

from gp_otel import catalogue as c
from gp_otel.demo import uses
from gp_otel.demo.breakages import (
    locked,
    password_changed,
    postgres_stopped,
    redis_stopped,
    renamed,
    stores_stopped,
)
from gp_otel.demo.fault import Expected, Fault
from gp_otel.demo.faults.known import postgres, postgres_port, redis, redis_port
from gp_otel.demo.world import POOL_SIZE, POOL_TIMEOUT, REDIS_PAUSE
from gp_otel.failure import Stage

WRONG = "error: Something went wrong. Please try again."
ANSWERED = f"agent_started → agent_thinking → answer: You said: {uses.QUESTION}"

POSTGRES_GONE = Expected(
    c.DATABASE_POSTGRES_CONNECTION_FAILED,
    {
        "host": "127.0.0.1",
        "server.port": postgres_port,
        "golden_path.dependency": postgres,
    },
)
REDIS_GONE = Expected(
    c.DATABASE_REDIS_UNAVAILABLE,
    {"server.port": redis_port, "golden_path.dependency": redis},
)

NO_CONNECTION = Expected(
    c.DATABASE_POOL_EXHAUSTED,
    {
        "pool_size": POOL_SIZE,
        "active_connections": POOL_SIZE,
        "timeout_duration": POOL_TIMEOUT,
    },
)
LOGIN_REFUSED = Expected(
    c.DATABASE_POSTGRES_CONNECTION_FAILED,
    {**POSTGRES_GONE.fields, "sqlstate": "28P01"},
)
NOT_SAVED = Expected(
    c.DATABASE_THREAD_SAVE_FAILED,
    root=False,
    escalates=False,
    cause=c.DATABASE_POSTGRES_CONNECTION_FAILED,
)

DATABASE = (
    Fault(
        name="postgres-stopped",
        stage=Stage.DATABASE,
        situation="PostgreSQL is stopped; Redis still has the conversation.",
        use=uses.go_on,
        broken=postgres_stopped,
        user_saw=WRONG,
        expected=(
            POSTGRES_GONE,
            NOT_SAVED,
        ),
    ),
    Fault(
        name="pool-exhausted",
        stage=Stage.DATABASE,
        situation="Requests that wait for a lock hold every connection of the pool.",
        use=uses.ask_in_a_crowd,
        broken=locked("threads"),
        user_saw=WRONG,
        expected=(NO_CONNECTION,),
        with_clickhouse=(
            NO_CONNECTION,
            replace(NOT_SAVED, cause=c.DATABASE_POOL_EXHAUSTED),
        ),
    ),
    Fault(
        name="wrong-password",
        stage=Stage.DATABASE,
        situation="PostgreSQL's password was changed, and the application has the old.",
        use=uses.ask(),
        broken=password_changed,
        user_saw=WRONG,
        expected=(LOGIN_REFUSED,),
        with_clickhouse=(LOGIN_REFUSED, NOT_SAVED),
    ),
    Fault(
        name="messages-gone",
        stage=Stage.DATABASE,
        situation="A migration has renamed the table of the messages.",
        use=uses.go_on,
        broken=renamed("messages"),
        user_saw=WRONG,
        expected=(
            Expected(c.DATABASE_QUERY_FAILED, {"sqlstate": "42P01"}),
            Expected(
                c.DATABASE_TRANSACTION_FAILED,
                {"sqlstate": "42P01"},
                root=False,
                cause=c.DATABASE_QUERY_FAILED,
            ),
            Expected(
                c.DATABASE_MESSAGE_SAVE_FAILED,
                {"message_type": "user"},
                root=False,
                escalates=False,
                cause=c.DATABASE_QUERY_FAILED,
            ),
        ),
    ),
    Fault(
        name="redis-stopped",
        stage=Stage.DATABASE,
        situation="Redis is stopped; PostgreSQL answers for it.",
        use=uses.ask(),
        broken=redis_stopped,
        user_saw=ANSWERED,
        mends_by=REDIS_PAUSE,
        expected=(REDIS_GONE,),
    ),
    Fault(
        name="redis-and-postgres",
        stage=Stage.DATABASE,
        situation="Redis and PostgreSQL are stopped, each for its own reason.",
        use=uses.ask(),
        broken=stores_stopped,
        user_saw=WRONG,
        mends_by=REDIS_PAUSE,
        expected=(REDIS_GONE, POSTGRES_GONE),
        with_clickhouse=(POSTGRES_GONE, NOT_SAVED),
    ),
)
