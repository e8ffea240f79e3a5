"""How the stores of a conversation fail, and what is reported then."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
import redis
import redis.asyncio
import sqlalchemy as sa
from redis import cluster, exceptions, sentinel
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine

from gp_otel import catalogue as c
from gp_otel import waiting
from gp_otel.demo.parts.ports import free_port
from gp_otel.demo.parts.postgres import Postgres
from gp_otel.demo.parts.proxy import Proxy
from gp_otel.demo.parts.valkey import Valkey
from gp_otel.testing import Reported, Reports

Asyncpg = Any
"""A connection: asyncpg ships no types."""

connect: Asyncpg = asyncpg.connect
make_node: Redis = cluster.ClusterNode
find_sentinels: Redis = sentinel.Sentinel

Redis = Any
"""A client or a pool: redis-py leaves half of its methods untyped."""

ONCE = Retry(NoBackoff(), 0)
ONCE_ASYNC = AsyncRetry(NoBackoff(), 0)
DRIVERS = ("asyncpg", "psycopg_async")


@pytest.fixture
async def connection(postgres: Postgres) -> AsyncIterator[Asyncpg]:
    """A connection of asyncpg's, and a table of messages."""
    one = await asyncpg.connect(postgres.url)
    await one.execute("CREATE TABLE messages (id int PRIMARY KEY, text varchar(8))")
    yield one
    one.terminate()


@pytest.fixture
async def second(postgres: Postgres) -> AsyncIterator[Asyncpg]:
    """Another connection."""
    one = await asyncpg.connect(postgres.url)
    yield one
    one.terminate()


@pytest.fixture(params=DRIVERS)
async def engine(
    request: pytest.FixtureRequest, postgres: Postgres
) -> AsyncIterator[AsyncEngine]:
    """An engine of SQLAlchemy's, on each driver, and a table of messages."""
    postgres.sql(
        "CREATE TABLE messages (id int PRIMARY KEY, text varchar(8));"
        f"ALTER TABLE messages OWNER TO {postgres.user}"
    )
    one = create_async_engine(
        postgres.url_for(request.param), pool_size=1, max_overflow=0, pool_timeout=0.2
    )
    yield one
    with suppress(Exception):
        await one.dispose()


@pytest.fixture
def client(valkey: Valkey) -> Iterator[Redis]:
    """A client that tries once."""
    with redis.Redis.from_url(valkey.url, retry=ONCE, socket_timeout=0.3) as one:
        yield one


@pytest.fixture
async def async_client(valkey: Valkey) -> AsyncIterator[Redis]:
    """An asynchronous client that tries once."""
    one = redis.asyncio.Redis.from_url(valkey.url, retry=ONCE_ASYNC, socket_timeout=0.3)
    yield one
    await one.aclose()


def told(record: Reported, *names: str) -> tuple[Any, ...]:
    """What a record says under these names."""
    return tuple(record.attributes.get(name) for name in names)


def chain(reports: Reports) -> list[tuple[str, bool]]:
    """Every failure in its order, and whether it is a root."""
    return [(one.id, one["golden_path.root"]) for one in reports.all]


def chained(reports: Reports) -> bool:
    """Tell whether every record names the first one as its cause."""
    root, *symptoms = reports.all
    return all(
        one["golden_path.cause_id"] == root["golden_path.record_id"] for one in symptoms
    )


def recovered(reports: Reports) -> list[tuple[Any, ...]]:
    """The events of what was made good: how many tries had failed."""
    return [
        told(one, "retry_count", "retry_attempted")
        for one in reports.events
        if one.id == "agent.recovery.attempt"
    ]


def address(server: Postgres | Valkey | Proxy, name: str = "chat") -> str:
    """The name of a store in a record."""
    scheme = "redis" if isinstance(server, Valkey) else "postgresql"
    return f"{scheme}://127.0.0.1:{server.port}/{name}"


# -- connecting to PostgreSQL ----------------------------------------------------------


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
async def test_nobody_listens(reports: Reports, closed_port: int) -> None:
    """It is reported once, with the server and without the password."""
    with pytest.raises(ConnectionRefusedError):
        await asyncpg.connect(f"postgresql://ada:wonder@127.0.0.1:{closed_port}/chat")
    record = reports.one("database.postgres.connection_failed")

    assert [("database.postgres.connection_failed", True)] == chain(reports)
    assert ("127.0.0.1", closed_port, "chat", "not retried", False) == told(
        record, "host", "server.port", "db.namespace", "retry_status", "retry_attempted"
    )
    assert (
        f"postgresql://127.0.0.1:{closed_port}/chat" == record["golden_path.dependency"]
    )
    assert "ConnectionRefusedError" == record["error.type"]
    assert str(closed_port) in record["connection_error"]
    assert "wonder" not in str(record.attributes)


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
async def test_name_that_nobody_knows(reports: Reports) -> None:
    """The host is the one that was asked for."""
    with pytest.raises(socket.gaierror):
        await asyncpg.connect(host="db.invalid", port=5432, user="a", database="chat")
    record = reports.one("database.postgres.connection_failed")

    assert ("db.invalid", "socket.gaierror") == told(record, "host", "error.type")
    assert "postgresql://db.invalid:5432/chat" == record["golden_path.dependency"]


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
async def test_server_that_says_nothing(
    reports: Reports, postgres: Postgres, postgres_proxy: Proxy
) -> None:
    """The record says how long was waited, which the exception does not."""
    postgres_proxy.behave("blackhole")

    with pytest.raises(TimeoutError):
        await connect(postgres.url, port=postgres_proxy.port, timeout=0.3)
    record = reports.one("database.postgres.connection_failed")

    assert ["database.postgres.connection_failed"] == reports.ids
    assert record["connection_error"].startswith("no end within 0.3 s, cancelled")
    assert address(postgres_proxy) == record["golden_path.dependency"]


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
@pytest.mark.parametrize(
    ("url", "code"),
    [("{user}:stale@{server}", "28P01"), ("{login}@{server}s", "3D000")],
)
async def test_connection_that_is_refused(
    reports: Reports, postgres: Postgres, url: str, code: str
) -> None:
    """A wrong password and a database that is not there are told by their code."""
    login = f"{postgres.user}:{postgres.password}"
    server = f"127.0.0.1:{postgres.port}/{postgres.user}"

    with pytest.raises(asyncpg.PostgresError):
        await asyncpg.connect(
            "postgresql://" + url.format(user=postgres.user, login=login, server=server)
        )
    record = reports.one("database.postgres.connection_failed")

    assert (code, code) == told(record, "sqlstate", "db.response.status_code")
    assert ["database.postgres.connection_failed"] == reports.ids


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
async def test_too_many_clients(reports: Reports, postgres: Postgres) -> None:
    """That is the server's pool, not ours."""
    postgres.sql(f"ALTER ROLE {postgres.user} CONNECTION LIMIT 0")

    with pytest.raises(asyncpg.TooManyConnectionsError):
        await asyncpg.connect(postgres.url)
    postgres.sql(f"ALTER ROLE {postgres.user} CONNECTION LIMIT -1")

    assert ["database.postgres.connection_failed"] == reports.ids
    assert "53300" == reports.all[0]["sqlstate"]


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
async def test_server_that_shuts_down(
    reports: Reports, postgres: Postgres, connection: Asyncpg
) -> None:
    """It lets nobody in any more while the last session ends."""
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGTERM)
    await until(lambda: "smart shutdown" in postgres.log_text().rpartition("ready")[2])

    with pytest.raises(asyncpg.CannotConnectNowError):
        await asyncpg.connect(postgres.url)
    connection.terminate()
    postgres.stop()

    assert ["database.postgres.connection_failed"] == reports.ids
    assert "57P03" == reports.all[0]["sqlstate"]


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
async def test_connection_ended_in_a_statement(
    reports: Reports, postgres: Postgres, connection: Asyncpg
) -> None:
    """It is the connection that failed, not the statement."""
    waits = asyncio.create_task(connection.fetch("SELECT pg_sleep(20)"))
    await until_active(postgres)
    postgres.terminate_connections()

    with pytest.raises(asyncpg.PostgresError):
        await waits

    assert [("database.postgres.connection_failed", True)] == chain(reports)
    assert ("57P01", "SELECT", address(postgres)) == told(
        reports.all[0], "sqlstate", "db.operation.name", "golden_path.dependency"
    )


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
async def test_connection_reset_and_used_again(
    reports: Reports, postgres: Postgres, postgres_proxy: Proxy
) -> None:
    """The statement that it was cut in and the next one each say so."""
    connection = await asyncpg.connect(postgres.url, port=postgres_proxy.port)
    waits = asyncio.create_task(connection.fetch("SELECT pg_sleep(20)"))
    await until_active(postgres)
    postgres_proxy.behave("reset")

    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await waits
    with pytest.raises(asyncpg.InterfaceError):
        await connection.fetchval("SELECT 1")

    assert [("database.postgres.connection_failed", True)] * 2 == chain(reports)
    assert [address(postgres_proxy)] * 2 == [
        one["golden_path.dependency"] for one in reports.all
    ]


async def until_active(postgres: Postgres) -> None:
    """Wait until a statement of the user's sleeps on the server."""
    asleep = "SELECT 1 AS one FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    with postgres.session() as session:
        await until(lambda: session.sql(asleep))


async def until(condition: Callable[[], object]) -> None:
    """Wait for what only somebody else can tell."""
    give_up = asyncio.get_running_loop().time() + 10
    while not condition():
        assert asyncio.get_running_loop().time() < give_up
        await asyncio.sleep(0.01)


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
@pytest.mark.parametrize("driver", DRIVERS)
async def test_engine_that_nobody_answers(
    reports: Reports, closed_port: int, driver: str
) -> None:
    """What the driver's hook and SQLAlchemy's see is one failure, named alike."""
    engine = create_async_engine(
        f"postgresql+{driver}://ada:wonder@127.0.0.1:{closed_port}/chat"
    )

    with pytest.raises((OSError, exc.OperationalError)):
        async with engine.connect():
            pass
    record = reports.one("database.postgres.connection_failed")

    assert [("database.postgres.connection_failed", True)] == chain(reports)
    assert ("127.0.0.1", closed_port, "chat", "not retried", False, 1) == told(
        record,
        "host",
        "server.port",
        "db.namespace",
        "retry_status",
        "retry_attempted",
        "golden_path.occurrences",
    )
    assert (
        f"postgresql://127.0.0.1:{closed_port}/chat" == record["golden_path.dependency"]
    )
    assert "wonder" not in str(record.attributes)


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
@pytest.mark.parametrize("driver", DRIVERS)
async def test_engine_with_a_stale_password(
    reports: Reports, postgres: Postgres, driver: str
) -> None:
    """One record, whether the error carries a code or only words."""
    engine = create_async_engine(postgres.url_for(driver, password="stale"))

    with pytest.raises(exc.DBAPIError):
        async with engine.connect():
            pass

    assert [("database.postgres.connection_failed", True)] == chain(reports)
    assert address(postgres) == reports.all[0]["golden_path.dependency"]
    assert "password authentication failed" in reports.all[0]["connection_error"]


@pytest.mark.parametrize("driver", DRIVERS)
async def test_stale_connection_that_is_replaced(
    reports: Reports, postgres: Postgres, driver: str
) -> None:
    """The pre-ping has made it good: an event, no failure."""
    engine = create_async_engine(postgres.url_for(driver), pool_pre_ping=True)
    async with engine.connect():
        pass
    postgres.terminate_connections()

    async with engine.connect() as connection:
        answer = (await connection.execute(sa.text("SELECT 1"))).scalar()
    await engine.dispose()

    assert 1 == answer
    assert [] == reports.ids
    assert [(1, True)] == recovered(reports)


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
@pytest.mark.parametrize("driver", DRIVERS)
async def test_stale_connection_that_nobody_replaces(
    reports: Reports, postgres: Postgres, driver: str
) -> None:
    """The ping and the new connection are two tries of one failure."""
    engine = create_async_engine(postgres.url_for(driver), pool_pre_ping=True)
    async with engine.connect():
        pass
    postgres.stop()

    with pytest.raises((OSError, exc.OperationalError)):
        async with engine.connect():
            pass
    await engine.dispose()

    assert [("database.postgres.connection_failed", True)] == chain(reports)
    assert ("2 attempts, all failed", True) == told(
        reports.all[0], "retry_status", "retry_attempted"
    )


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
async def test_connection_ended_under_an_engine(
    reports: Reports, postgres: Postgres, engine: AsyncEngine
) -> None:
    """The transaction dies of it: one root, one symptom that pages nobody again."""

    async def wait() -> None:
        async with engine.begin() as connection:
            await connection.execute(sa.text("SELECT pg_sleep(20)"))

    waits = asyncio.create_task(wait())
    await until_active(postgres)
    postgres.terminate_connections()
    with pytest.raises(exc.DBAPIError):
        await waits
    root, symptom = reports.all

    assert [
        ("database.postgres.connection_failed", True),
        ("database.transaction.failed", False),
    ] == chain(reports)
    assert chained(reports)
    assert (True, False) == (
        root["golden_path.escalates"],
        symptom["golden_path.escalates"],
    )
    assert {address(postgres)} == {r["golden_path.dependency"] for r in reports.all}


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
async def test_pool_that_restores_itself(reports: Reports, postgres: Postgres) -> None:
    """Nobody waits for what a pool does in the background until it succeeds."""
    async with asyncpg.create_pool(postgres.url, min_size=1, max_size=1) as pool:
        postgres.stop()
        with pytest.raises(asyncpg.PostgresError):
            await pool.fetch("SELECT 1")
        with pytest.raises(ConnectionRefusedError):
            await pool.fetch("SELECT 1")
        postgres.start()
        answer = await pool.fetchval("SELECT 1")

    assert 1 == answer
    assert {"database.postgres.connection_failed"} == set(reports.ids)


# -- pools -----------------------------------------------------------------------------


@pytest.mark.provokes(c.DATABASE_POOL_EXHAUSTED)
async def test_pool_with_a_time_out(reports: Reports, postgres: Postgres) -> None:
    """Its exception is empty: the record says who holds, who waits and how long."""
    async with asyncpg.create_pool(postgres.url, min_size=1, max_size=2) as pool:
        async with pool.acquire(), pool.acquire():
            waits = asyncio.create_task(pool.fetchval("SELECT 1"))
            with pytest.raises(TimeoutError):
                async with pool.acquire(timeout=0.2):
                    pass
        await waits
    record = reports.one("database.pool.exhausted")

    assert [("database.pool.exhausted", True)] == chain(reports)
    assert (2, 2, 2, 0.2) == told(
        record,
        "pool_size",
        "active_connections",
        "waiting_requests",
        "timeout_duration",
    )
    assert record["error_details"].startswith("no end within 0.2 s")
    assert address(postgres) == record["golden_path.dependency"]


@pytest.mark.provokes(c.DATABASE_POOL_EXHAUSTED)
async def test_pool_that_waits_for_ever(
    reports: Reports, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is raised: the silence is reported, once, and the wait goes on."""
    monkeypatch.setattr(waiting, "PATIENCE", 0.1)
    async with asyncpg.create_pool(postgres.url, min_size=1, max_size=1) as pool:
        async with pool.acquire():
            waits = asyncio.create_task(pool.fetchval("SELECT 1", timeout=0.1))
            await asyncio.to_thread(reports.wait_for, lambda r: r.ids)
        answer = await waits

    assert 1 == answer
    assert [("database.pool.exhausted", True)] == chain(reports)
    assert (1, 1, 1, 0.1) == told(
        reports.all[0],
        "pool_size",
        "active_connections",
        "waiting_requests",
        "timeout_duration",
    )
    assert "no end within 0.1 s, still running" == reports.all[0]["error_details"]


@pytest.mark.provokes(c.DATABASE_POSTGRES_CONNECTION_FAILED)
async def test_pool_with_room_and_no_server(
    reports: Reports, postgres: Postgres, postgres_proxy: Proxy
) -> None:
    """The time-out is the connection's: the pool has a place to spare."""
    async with asyncpg.create_pool(
        postgres.url, port=postgres_proxy.port, min_size=0, max_size=1
    ) as pool:
        postgres_proxy.behave("blackhole")
        with pytest.raises(TimeoutError):
            await pool.acquire(timeout=0.2)
        postgres_proxy.normal()

    assert [("database.postgres.connection_failed", True)] == chain(reports)


@pytest.mark.provokes(c.DATABASE_POOL_EXHAUSTED)
async def test_engine_without_a_connection(
    reports: Reports, postgres: Postgres, engine: AsyncEngine
) -> None:
    """SQLAlchemy keeps no count of those who wait; the record does."""

    async def wait() -> None:
        async with engine.connect():
            pass

    async with engine.connect():
        ends = await asyncio.gather(wait(), wait(), return_exceptions=True)
    first = reports.all[0]

    assert [exc.TimeoutError] * 2 == [type(end) for end in ends]
    assert [("database.pool.exhausted", True)] * 2 == chain(reports)
    assert (1, 1, 2, 0.2) == told(
        first,
        "pool_size",
        "active_connections",
        "waiting_requests",
        "timeout_duration",
    )
    assert address(postgres) == first["golden_path.dependency"]


@pytest.mark.provokes(c.DATABASE_POOL_EXHAUSTED)
async def test_deadline_around_a_wait_for_the_pool(
    reports: Reports, postgres: Postgres
) -> None:
    """Whose deadline it was is said; that the pool was empty is why."""
    engine = create_async_engine(
        postgres.url_for("asyncpg"), pool_size=1, max_overflow=0
    )
    async with engine.connect():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), engine.connect():
                pass
    await engine.dispose()

    assert [("database.pool.exhausted", True)] == chain(reports)
    assert reports.all[0]["error_details"].startswith("no end within 0.2 s, cancelled")


@pytest.mark.provokes(c.DATABASE_POOL_EXHAUSTED)
def test_redis_pool_without_a_connection(reports: Reports, valkey: Valkey) -> None:
    """It is not mistaken for the `ConnectionError` that it derives from."""
    pool = redis.ConnectionPool.from_url(valkey.url, max_connections=1)
    pool.get_connection()

    with pytest.raises(exceptions.MaxConnectionsError):
        redis.Redis(connection_pool=pool).get("session:lovelace")

    assert [("database.pool.exhausted", True)] == chain(reports)
    assert (1, 1, address(valkey, "0")) == told(
        reports.all[0], "pool_size", "active_connections", "golden_path.dependency"
    )


@pytest.mark.provokes(c.DATABASE_POOL_EXHAUSTED)
def test_redis_pool_that_blocks(reports: Reports, valkey: Valkey) -> None:
    """A plain `ConnectionError`, and yet no server has failed."""
    pool: Redis = redis.BlockingConnectionPool.from_url(
        valkey.url, max_connections=1, timeout=0.1
    )
    pool.get_connection()

    with pytest.raises(redis.ConnectionError):
        redis.Redis(connection_pool=pool).get("session:lovelace")

    assert [("database.pool.exhausted", True)] == chain(reports)
    assert (1, 1, 1, 0.1) == told(
        reports.all[0],
        "pool_size",
        "active_connections",
        "waiting_requests",
        "timeout_duration",
    )


@pytest.mark.provokes(c.DATABASE_POOL_EXHAUSTED)
async def test_redis_pool_that_blocks_for_ever(
    reports: Reports, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is raised: the silence is reported, once."""
    monkeypatch.setattr(waiting, "PATIENCE", 0.1)
    pool: Redis = redis.asyncio.BlockingConnectionPool.from_url(
        valkey.url, max_connections=1, timeout=None
    )
    client: Redis = redis.asyncio.Redis(connection_pool=pool)
    held = await pool.get_connection()
    waits = asyncio.create_task(client.ping())
    await asyncio.to_thread(reports.wait_for, lambda r: r.ids)
    await pool.release(held)
    answer = await waits
    await client.aclose()
    await pool.disconnect()

    assert answer
    assert [("database.pool.exhausted", True)] == chain(reports)


# -- statements ------------------------------------------------------------------------


@pytest.mark.provokes(c.DATABASE_QUERY_FAILED)
async def test_table_that_is_not_there(
    reports: Reports, postgres: Postgres, connection: Asyncpg
) -> None:
    """What was done to which table is said; of the values nothing."""
    with pytest.raises(asyncpg.UndefinedTableError):
        await connection.execute("INSERT INTO mesages VALUES (1, 'hello')")
    record = reports.one("database.query.failed")

    assert [("database.query.failed", True)] == chain(reports)
    assert (
        "INSERT mesages",
        "42P01",
        "asyncpg.exceptions.UndefinedTableError",
    ) == told(record, "operation", "sqlstate", "error_type")
    assert ("INSERT", "mesages", "postgresql", "chat", address(postgres)) == told(
        record,
        "db.operation.name",
        "db.collection.name",
        "db.system.name",
        "db.namespace",
        "golden_path.dependency",
    )
    assert "hello" not in str(record.attributes)


@pytest.mark.provokes(c.DATABASE_QUERY_FAILED)
@pytest.mark.parametrize(
    "way",
    [
        "execute",
        "executemany",
        "fetch",
        "fetchrow",
        "fetchval",
        "prepare",
        "cursor",
        "prepared",
        "copy",
    ],
)
async def test_every_way_to_fail(
    reports: Reports, connection: Asyncpg, way: str
) -> None:
    """Each statement that fails is one record."""
    with pytest.raises(asyncpg.PostgresError):
        await fail(connection, way)

    assert [("database.query.failed", True)] == chain(reports)


async def fail(connection: Asyncpg, way: str) -> None:
    """Divide by zero, in one of the ways that asyncpg offers."""
    if way == "executemany":
        await connection.executemany("SELECT 1 / $1::int", [(1,), (0,)])
    elif way == "prepare":
        await connection.prepare("SELEC 1")
    elif way == "prepared":
        await (await connection.prepare("SELECT 1 / $1::int")).fetchval(0)
    elif way == "copy":
        await connection.copy_records_to_table(
            "messages", records=[(1, "far too long for it")]
        )
    elif way == "cursor":
        await connection.transaction().start()
        async for _ in connection.cursor("SELECT 1 / $1::int", 0):
            pass
    else:
        await getattr(connection, way)("SELECT 1 / $1::int", 0)


@pytest.mark.provokes(c.DATABASE_QUERY_FAILED)
async def test_statement_through_an_engine(
    reports: Reports, postgres: Postgres, engine: AsyncEngine
) -> None:
    """One record on each driver, and neither statement nor parameters in it."""
    async with engine.connect() as connection:
        with pytest.raises(exc.DBAPIError):
            await connection.execute(
                sa.text("INSERT INTO mesages VALUES (1, :text, 'hello')"),
                {"text": "lovelace"},
            )

    assert [("database.query.failed", True)] == chain(reports)
    assert ("INSERT mesages", "42P01", address(postgres)) == told(
        reports.all[0], "operation", "sqlstate", "golden_path.dependency"
    )
    assert 'relation "mesages" does not exist' == reports.all[0]["error_details"]
    assert "hello" not in str(reports.all[0].attributes)
    assert "lovelace" not in str(reports.all[0].attributes)


@pytest.mark.provokes(c.DATABASE_QUERY_FAILED)
def test_statement_through_a_synchronous_engine(
    reports: Reports, postgres: Postgres
) -> None:
    """SQLAlchemy without asyncio, on psycopg."""
    engine = sa.create_engine(postgres.url_for("psycopg"))
    with engine.connect() as connection, pytest.raises(exc.ProgrammingError):
        connection.execute(sa.text("SELECT * FROM mesages"))
    engine.dispose()

    assert [("database.query.failed", True)] == chain(reports)
    assert ("SELECT mesages", "42P01") == told(reports.all[0], "operation", "sqlstate")


@pytest.mark.provokes(c.DATABASE_QUERY_FAILED)
async def test_statement_that_the_server_cancels(
    reports: Reports, connection: Asyncpg
) -> None:
    """`statement_timeout` is told by its code."""
    await connection.execute("SET statement_timeout = 100")

    with pytest.raises(asyncpg.QueryCanceledError):
        await connection.fetch("SELECT pg_sleep(20)")

    assert [("database.query.failed", True)] == chain(reports)
    assert "57014" == reports.all[0]["sqlstate"]


@pytest.mark.provokes(c.DATABASE_QUERY_FAILED)
async def test_statement_with_a_time_out(reports: Reports, connection: Asyncpg) -> None:
    """The exception of asyncpg is empty: the record has the limit."""
    with pytest.raises(TimeoutError):
        await connection.fetch("SELECT pg_sleep(20)", timeout=0.1)

    assert [("database.query.failed", True)] == chain(reports)
    assert reports.all[0]["error_details"].startswith("no end within 0.1 s")


@pytest.mark.provokes(c.DATABASE_QUERY_FAILED)
async def test_deadline_around_a_statement(
    reports: Reports, engine: AsyncEngine
) -> None:
    """The statement is what was too slow, whoever set the limit."""
    async with engine.connect() as connection:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await connection.execute(sa.text("SELECT pg_sleep(20)"))

    assert [("database.query.failed", True)] == chain(reports)
    assert reports.all[0]["error_details"].startswith("no end within 0.2 s, cancelled")
    assert "SELECT" == reports.all[0]["operation"]


async def test_statement_that_is_cancelled(
    reports: Reports, postgres: Postgres, engine: AsyncEngine
) -> None:
    """Nobody wants the answer any more: that is no failure."""

    async def wait() -> None:
        async with engine.begin() as connection:
            await connection.execute(sa.text("SELECT pg_sleep(20)"))

    waits = asyncio.create_task(wait())
    await until_active(postgres)
    waits.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waits

    assert [] == reports.ids


async def test_constraint_that_the_application_handles(
    reports: Reports, postgres: Postgres, engine: AsyncEngine
) -> None:
    """A violation is an answer, in a transaction that it ends too."""
    insert = sa.text("INSERT INTO messages VALUES (1, 'one')")
    async with engine.begin() as connection:
        await connection.execute(insert)
    with pytest.raises(exc.IntegrityError):
        async with engine.begin() as connection:
            await connection.execute(insert)

    assert "23505" in postgres.log_text()
    assert [] == reports.ids


async def test_constraint_under_asyncpg(
    reports: Reports, postgres: Postgres, connection: Asyncpg
) -> None:
    """The same without SQLAlchemy, and what the application's own SQL raises."""
    await connection.execute("INSERT INTO messages VALUES (2, 'two')")
    with pytest.raises(asyncpg.UniqueViolationError):
        async with connection.transaction():
            await connection.execute("INSERT INTO messages VALUES (2, 'two')")
    with pytest.raises(asyncpg.RaiseError):
        await connection.execute("DO $$ BEGIN RAISE 'not for you'; END $$")

    assert "P0001" in postgres.log_text()
    assert [] == reports.ids


@pytest.mark.provokes(c.DATABASE_LOCK_CONTENTION)
async def test_lock_that_is_not_obtained(
    reports: Reports, connection: Asyncpg, second: Asyncpg
) -> None:
    """How long was waited, and for what."""
    await connection.execute("INSERT INTO messages VALUES (1, 'one')")
    await second.execute("SET lock_timeout = 200")
    async with connection.transaction():
        await connection.execute("UPDATE messages SET text = 'two'")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await second.execute("UPDATE messages SET text = 'six'")
    record = reports.one("database.lock.contention")

    assert [("database.lock.contention", True)] == chain(reports)
    assert ("row", "unknown", "55P03", "messages") == told(
        record, "lock_type", "blocking_process", "sqlstate", "db.collection.name"
    )
    assert 0.2 <= record["waiting_time"] < 5


@pytest.mark.provokes(c.DATABASE_LOCK_CONTENTION, c.DATABASE_TRANSACTION_FAILED)
async def test_deadlock(reports: Reports, connection: Asyncpg, second: Asyncpg) -> None:
    """The server ends one of the two: its transaction is the symptom, and pages."""
    await connection.execute("INSERT INTO messages VALUES (1, 'a'), (2, 'b')")
    pids = {one.get_server_pid() for one in (connection, second)}
    meet = asyncio.Barrier(2)

    async def update(one: Asyncpg, *rows: int) -> None:
        async with one.transaction():
            for row in rows:
                await one.execute("UPDATE messages SET text = '' WHERE id = $1", row)
                if row == rows[0]:
                    await meet.wait()

    ends = await asyncio.gather(
        update(connection, 1, 2), update(second, 2, 1), return_exceptions=True
    )
    root, symptom = reports.all

    assert {type(None), asyncpg.DeadlockDetectedError} == {type(end) for end in ends}
    assert [
        ("database.lock.contention", True),
        ("database.transaction.failed", False),
    ] == chain(reports)
    assert chained(reports)
    assert ("ShareLock", "40P01") == told(root, "lock_type", "sqlstate")
    assert int(root["blocking_process"]) in pids
    assert symptom["golden_path.escalates"]


@pytest.mark.provokes(c.DATABASE_DATA_CORRUPTION)
async def test_page_that_is_damaged(
    reports: Reports, postgres: Postgres, connection: Asyncpg
) -> None:
    """The server says so when it reads the page; the table is the statement's."""
    await connection.execute("INSERT INTO messages VALUES (1, 'one')")
    await connection.close()
    postgres.sql("CHECKPOINT")
    [place] = postgres.sql(
        "SELECT current_setting('data_directory') || '/' ||"
        " pg_relation_filepath('messages') AS file"
    )
    postgres.stop()
    damage(Path(place["file"]))
    postgres.start()

    reader = await asyncpg.connect(postgres.url)
    with pytest.raises(asyncpg.DataCorruptedError):
        await reader.fetch("SELECT * FROM messages")
    await reader.close()
    record = reports.one("database.data.corruption")

    assert [("database.data.corruption", True)] == chain(reports)
    assert ("data", ("messages",), "XX001") == told(
        record, "corruption_type", "affected_tables", "sqlstate"
    )


def damage(file: Path) -> None:
    """Write over the head of a table's first page."""
    file.write_bytes(b"\xa5" * 256 + file.read_bytes()[256:])


# -- transactions ----------------------------------------------------------------------


@pytest.mark.provokes(c.DATABASE_TRANSACTION_FAILED, c.DATABASE_QUERY_FAILED)
async def test_block_that_a_statement_ends(
    reports: Reports, postgres: Postgres, engine: AsyncEngine
) -> None:
    """The statement is the root, the transaction its symptom, and pages."""

    async def save() -> None:
        async with engine.begin() as connection:
            await connection.execute(sa.text("INSERT INTO messages VALUES (1, 'one')"))
            await connection.execute(sa.text("INSERT INTO mesages VALUES (2, 'two')"))

    with pytest.raises(exc.DBAPIError):
        await save()
    _, symptom = reports.all

    assert [
        ("database.query.failed", True),
        ("database.transaction.failed", False),
    ] == chain(reports)
    assert chained(reports)
    assert ("rollback", "42P01", 'relation "mesages" does not exist') == told(
        symptom, "operation_type", "sqlstate", "error_details"
    )
    assert 0 < symptom["rollback_duration"] < symptom["session_duration"]
    assert symptom["session_id"].removesuffix("...").isdigit()
    assert "golden_path.unknown" not in symptom.attributes
    assert {address(postgres)} == {r["golden_path.dependency"] for r in reports.all}


@pytest.mark.provokes(c.DATABASE_TRANSACTION_FAILED)
async def test_block_under_asyncpg(reports: Reports, connection: Asyncpg) -> None:
    """The same without SQLAlchemy."""

    async def save() -> None:
        async with connection.transaction():
            await connection.execute("INSERT INTO messages VALUES (1, 'one')")
            await connection.execute("INSERT INTO mesages VALUES (2, 'two')")

    with pytest.raises(asyncpg.UndefinedTableError):
        await save()
    symptom = reports.all[-1]

    assert [
        ("database.query.failed", True),
        ("database.transaction.failed", False),
    ] == chain(reports)
    assert chained(reports)
    assert ("rollback", "asyncpg.exceptions.UndefinedTableError") == told(
        symptom, "operation_type", "error_type"
    )
    assert "golden_path.unknown" not in symptom.attributes


@pytest.mark.provokes(c.DATABASE_TRANSACTION_FAILED)
async def test_session_that_is_rolled_back(
    reports: Reports, engine: AsyncEngine
) -> None:
    """What a handler does after an error is the end of the transaction too."""
    async with async_sessionmaker(engine)() as session:
        try:
            await session.execute(sa.text("INSERT INTO mesages VALUES (1, 'one')"))
            await session.commit()
        except exc.DBAPIError:
            await session.rollback()

    assert [
        ("database.query.failed", True),
        ("database.transaction.failed", False),
    ] == chain(reports)
    assert chained(reports)


@pytest.mark.provokes(c.DATABASE_TRANSACTION_FAILED)
async def test_error_that_is_swallowed_before_the_commit(
    reports: Reports, engine: AsyncEngine
) -> None:
    """PostgreSQL answers such a commit by rolling back, and nobody is told."""
    async with engine.begin() as connection:
        await connection.execute(sa.text("INSERT INTO messages VALUES (1, 'one')"))
        with suppress(exc.DBAPIError):
            await connection.execute(sa.text("SELECT * FROM mesages"))
    async with engine.connect() as connection:
        count = (
            await connection.execute(sa.text("SELECT count(*) FROM messages"))
        ).scalar()

    assert 0 == count
    assert [
        ("database.query.failed", True),
        ("database.transaction.failed", False),
    ] == chain(reports)
    assert ("commit",) == told(reports.all[-1], "operation_type")


@pytest.mark.provokes(c.DATABASE_TRANSACTION_FAILED)
async def test_commit_that_fails(
    reports: Reports, connection: Asyncpg, second: Asyncpg
) -> None:
    """Of two serializable transactions that exclude one another one is refused."""
    await connection.execute("INSERT INTO messages VALUES (1, 'one')")
    first = connection.transaction(isolation="serializable")
    other = second.transaction(isolation="serializable")
    await first.start()
    await other.start()
    for number, one in ((2, connection), (3, second)):
        await one.fetch("SELECT sum(id) FROM messages")
        await one.execute("INSERT INTO messages VALUES ($1, 'new')", number)
    await first.commit()

    with pytest.raises(asyncpg.SerializationError):
        await other.commit()
    root, symptom = reports.all

    assert [
        ("database.query.failed", True),
        ("database.transaction.failed", False),
    ] == chain(reports)
    assert chained(reports)
    assert ("COMMIT", "40001") == told(root, "operation", "sqlstate")
    assert "commit" == symptom["operation_type"]


@pytest.mark.provokes(c.DATABASE_TRANSACTION_FAILED)
@pytest.mark.parametrize("driver", DRIVERS)
async def test_commit_that_fails_under_an_engine(
    reports: Reports, connection: Asyncpg, postgres: Postgres, driver: str
) -> None:
    """Neither the driver's hook nor the rollback that follows adds a third record."""
    engine = create_async_engine(
        postgres.url_for(driver), isolation_level="SERIALIZABLE"
    )
    insert = "INSERT INTO messages SELECT 1 + coalesce(max(id), {}) FROM messages"

    meet = asyncio.Barrier(2)

    async def save(start: int) -> None:
        async with engine.begin() as one:
            await one.execute(sa.text(insert.format(start)))
            await meet.wait()

    ends = await asyncio.gather(save(10), save(20), return_exceptions=True)
    await engine.dispose()

    assert 1 == sum(isinstance(end, exc.DBAPIError) for end in ends)
    assert [
        ("database.query.failed", True),
        ("database.transaction.failed", False),
    ] == chain(reports)
    assert chained(reports)
    assert ("COMMIT", "40001") == told(reports.all[0], "operation", "sqlstate")
    assert ("commit", "40001") == told(reports.all[1], "operation_type", "sqlstate")


async def test_commit_that_a_constraint_forbids(
    reports: Reports, engine: AsyncEngine
) -> None:
    """A constraint that is checked at the end is an answer as well."""
    async with engine.begin() as connection:
        await connection.execute(
            sa.text("CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        )
    with pytest.raises(exc.IntegrityError):
        async with engine.begin() as connection:
            await connection.execute(sa.text("INSERT INTO late VALUES (1), (1)"))

    assert [] == reports.ids


async def test_application_that_changes_its_mind(
    reports: Reports, engine: AsyncEngine, postgres: Postgres
) -> None:
    """Its own exception leaves the block, and everything is rolled back in order."""
    insert = "INSERT INTO messages VALUES (1, 'one')"
    other = await asyncpg.connect(postgres.url)

    async def save_through_the_engine() -> None:
        async with engine.begin() as connection:
            await connection.execute(sa.text(insert))
            raise LookupError

    async def save() -> None:
        async with other.transaction():
            await other.execute(insert)
            raise LookupError

    with pytest.raises(LookupError):
        await save_through_the_engine()
    with pytest.raises(LookupError):
        await save()
    await other.close()

    assert [] == reports.ids


@pytest.mark.provokes(c.DATABASE_SESSION_COMMITTED)
async def test_commit_that_settings_ask_for(
    reports: Reports,
    engine: AsyncEngine,
    postgres: Postgres,
    settings_of: Callable[[str], None],
) -> None:
    """An event for each, with its session; by default there is none."""
    insert = "INSERT INTO messages VALUES ({}, 'one')"
    other = await connect(postgres.url)
    async with other.transaction():
        await other.execute(insert.format(1))
    settings_of('audit = ["database"]')
    async with other.transaction():
        await other.execute(insert.format(2))
    async with engine.begin() as connection:
        await connection.execute(sa.text(insert.format(3)))
    await other.close()
    events = [one for one in reports.events if one.id == "database.session.committed"]

    assert [] == reports.ids
    assert [("commit", True, True)] * 2 == [
        (
            one["operation_type"],
            one["session_id"].removesuffix("...").isdigit(),
            0 < one["commit_duration"] < one["duration"],
        )
        for one in events
    ]


@pytest.mark.provokes(c.DATABASE_QUERY_FAILED)
async def test_savepoint_that_makes_it_good(
    reports: Reports, engine: AsyncEngine, postgres: Postgres
) -> None:
    """The statement has failed; the transaction has not."""
    async with engine.begin() as connection:
        with suppress(exc.DBAPIError):
            async with connection.begin_nested():
                await connection.execute(sa.text("SELECT * FROM mesages"))
    other = await asyncpg.connect(postgres.url)
    async with other.transaction():
        with suppress(asyncpg.PostgresError):
            async with other.transaction():
                await other.execute("SELECT * FROM mesages")
    await other.close()

    assert [("database.query.failed", True)] * 2 == chain(reports)


@pytest.mark.provokes(c.DATABASE_ROLLBACK_FAILED)
async def test_rollback_that_hangs(
    reports: Reports, postgres: Postgres, postgres_proxy: Proxy
) -> None:
    """The application's own exception was none of ours; that it is stuck is."""
    connection = await asyncpg.connect(
        postgres.url, port=postgres_proxy.port, command_timeout=0.2
    )

    async def change_its_mind() -> None:
        async with connection.transaction():
            await connection.execute("SELECT 1")
            postgres_proxy.behave("blackhole")
            raise LookupError

    with pytest.raises(TimeoutError):
        await change_its_mind()
    postgres_proxy.normal()
    connection.terminate()
    root, symptom = reports.all

    assert [
        ("database.query.failed", True),
        ("database.rollback.failed", False),
    ] == chain(reports)
    assert chained(reports)
    assert "ROLLBACK" == root["operation"]
    assert symptom["session_id"].removesuffix("...").isdigit()
    assert 0.2 <= symptom["rollback_duration"] < 5


# -- starting --------------------------------------------------------------------------


@pytest.mark.provokes(c.DATABASE_URL_BUILD_FAILED)
@pytest.mark.parametrize(
    "url", ["postgresql//ada:wonder@db/chat", "postgrsql://ada:wonder@db/chat"]
)
def test_url_that_cannot_be_used(reports: Reports, url: str) -> None:
    """What is wrong with it is said; what stands in it is not."""
    with pytest.raises(exc.ArgumentError):
        sa.create_engine(url)
    record = reports.one("database.url.build_failed")

    assert [("database.url.build_failed", True)] == chain(reports)
    assert record["url_error"]
    assert "wonder" not in str(record.attributes)
    assert "golden_path.unknown" not in record.attributes


@pytest.mark.provokes(c.DATABASE_URL_BUILD_FAILED)
def test_driver_that_is_not_installed(reports: Reports) -> None:
    """The URL names what is not there."""
    with pytest.raises(ModuleNotFoundError):
        sa.create_engine("postgresql+pg8000://ada@db/chat")

    assert [("database.url.build_failed", True)] == chain(reports)
    assert "pg8000" in reports.all[0]["url_error"]


@pytest.mark.provokes(c.DATABASE_URL_BUILD_FAILED)
async def test_dsn_that_asyncpg_refuses(reports: Reports) -> None:
    """The same without SQLAlchemy."""
    with pytest.raises(ValueError, match="scheme"):
        await asyncpg.connect("mysql://ada:wonder@db/chat")

    assert [("database.url.build_failed", True)] == chain(reports)
    assert "wonder" not in str(reports.all[0].attributes)


@pytest.mark.provokes(c.DATABASE_INIT_FAILED)
@pytest.mark.parametrize(
    "options", [{"poolclass": sa.pool.QueuePool}, {"pool_timout": 3}]
)
def test_engine_that_cannot_be_made(reports: Reports, options: dict[str, Any]) -> None:
    """The URL is right, the rest is not."""
    with pytest.raises((exc.ArgumentError, TypeError)):
        create_async_engine("postgresql+asyncpg://ada:wonder@db/chat", **options)
    record = reports.one("database.init.failed")

    assert [("database.init.failed", True)] == chain(reports)
    assert record["duration"] > 0
    assert "wonder" not in str(record.attributes)


# -- Redis -----------------------------------------------------------------------------


@pytest.mark.provokes(c.DATABASE_REDIS_UNAVAILABLE)
def test_redis_where_nobody_listens(reports: Reports, closed_port: int) -> None:
    """It is reported once, after the client's own tries, and without the key."""
    client = redis.Redis(
        host="127.0.0.1", port=closed_port, retry=Retry(NoBackoff(), 2)
    )

    with pytest.raises(redis.ConnectionError):
        client.get("session:lovelace")
    record = reports.one("database.redis.unavailable")

    assert [("database.redis.unavailable", True)] == chain(reports)
    assert ("127.0.0.1", closed_port, "GET", True) == told(
        record,
        "server.address",
        "server.port",
        "db.operation.name",
        "retry_attempted",
    )
    assert f"redis://127.0.0.1:{closed_port}/0" == record["golden_path.dependency"]
    assert "redis.exceptions.ConnectionError" == record["error.type"]
    assert record["fallback_strategy"]
    assert record["performance_impact"]
    assert "lovelace" not in str(record.attributes)


@pytest.mark.provokes(c.DATABASE_REDIS_UNAVAILABLE)
async def test_redis_where_nobody_listens_asynchronously(
    reports: Reports, closed_port: int
) -> None:
    """The same with asyncio, tried once."""
    client = redis.asyncio.Redis(host="127.0.0.1", port=closed_port, retry=ONCE_ASYNC)

    with pytest.raises(redis.ConnectionError):
        await client.get("session:lovelace")
    await client.aclose()

    assert [("database.redis.unavailable", True)] == chain(reports)
    assert (closed_port, "GET", False) == told(
        reports.all[0], "server.port", "db.operation.name", "retry_attempted"
    )


@pytest.mark.provokes(c.DATABASE_REDIS_UNAVAILABLE)
def test_redis_with_a_stale_password(reports: Reports, valkey: Valkey) -> None:
    """A refused login is no answer either."""
    valkey.set_password("new")

    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(valkey.url_for("old"), retry=ONCE).get("session:lovelace")

    assert [("database.redis.unavailable", True)] == chain(reports)
    assert "redis.exceptions.AuthenticationError" == reports.all[0]["error.type"]


@pytest.mark.provokes(c.DATABASE_REDIS_UNAVAILABLE)
def test_redis_that_hangs(reports: Reports, valkey: Valkey, client: Redis) -> None:
    """Its time-out is said by its class."""
    client.ping()
    valkey.freeze()

    with pytest.raises(redis.TimeoutError):
        client.get("session:lovelace")
    valkey.thaw()

    assert [("database.redis.unavailable", True)] == chain(reports)
    assert ("redis.exceptions.TimeoutError", "GET", False) == told(
        reports.all[0], "error.type", "db.operation.name", "retry_attempted"
    )


@pytest.mark.provokes(c.DATABASE_REDIS_UNAVAILABLE)
@pytest.mark.parametrize(
    ("command", "error"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), "redis.exceptions.OutOfMemoryError"),
        (("REPLICAOF", "127.0.0.1", "1"), "redis.exceptions.ReadOnlyError"),
    ],
)
def test_redis_that_takes_nothing(
    reports: Reports,
    valkey: Valkey,
    client: Redis,
    command: tuple[str, ...],
    error: str,
) -> None:
    """Out of memory and read-only: it answers, and yet it is of no use."""
    valkey.command(*command)

    with pytest.raises(redis.ResponseError):
        client.set("session:lovelace", "online")

    assert [("database.redis.unavailable", True)] == chain(reports)
    assert ("SET", error) == told(reports.all[0], "db.operation.name", "error.type")
    assert "online" not in str(reports.all[0].attributes)


@pytest.mark.provokes(c.DATABASE_REDIS_UNAVAILABLE)
def test_cluster_that_is_down(reports: Reports) -> None:
    """A node without slots says so."""
    options = {"cluster-enabled": "yes", "cluster-port": str(free_port())}
    with (
        Valkey(settings=options) as node,
        pytest.raises(exceptions.ClusterDownError),
    ):
        redis.Redis.from_url(node.url, retry=ONCE).get("session:lovelace")

    assert [("database.redis.unavailable", True)] == chain(reports)


@pytest.mark.provokes(c.DATABASE_REDIS_UNAVAILABLE)
def test_cluster_without_a_node(reports: Reports, closed_port: int) -> None:
    """All nodes are asked; what they do not say is one failure."""
    nodes = [make_node("127.0.0.1", port) for port in (closed_port, 1)]

    with pytest.raises(exceptions.RedisClusterException):
        cluster.RedisCluster(startup_nodes=nodes)

    assert [("database.redis.unavailable", True)] == chain(reports)
    assert reports.all[0]["retry_attempted"]


@pytest.mark.provokes(c.DATABASE_REDIS_UNAVAILABLE)
def test_sentinel_that_nobody_is(reports: Reports, closed_port: int) -> None:
    """Nobody knows the service: the first that was asked is why."""
    sentinels: Redis = find_sentinels([("127.0.0.1", closed_port), ("127.0.0.1", 1)])

    with pytest.raises(sentinel.MasterNotFoundError):
        sentinels.discover_master("cache")

    assert [("database.redis.unavailable", True)] == chain(reports)
    assert ("SENTINEL", True, f"redis://127.0.0.1:{closed_port}/0") == told(
        reports.all[0],
        "db.operation.name",
        "retry_attempted",
        "golden_path.dependency",
    )


@pytest.mark.provokes(c.DATABASE_REDIS_UNAVAILABLE)
def test_pipeline_without_a_server(
    reports: Reports, valkey: Valkey, client: Redis
) -> None:
    """Many commands, one record."""
    client.ping()
    valkey.stop()

    with pytest.raises(redis.ConnectionError):
        client.pipeline().set("a", 1).set("b", 2).execute()

    assert [("database.redis.unavailable", True)] == chain(reports)
    assert "PIPELINE" == reports.all[0]["db.operation.name"]


@pytest.mark.provokes(c.DATABASE_REDIS_UNAVAILABLE)
async def test_subscription_without_a_server(
    reports: Reports, valkey: Valkey, async_client: Redis
) -> None:
    """Whoever listens is told, and so is everybody else."""
    subscription = async_client.pubsub()
    await subscription.subscribe("events")
    await subscription.get_message(timeout=1)
    valkey.stop()

    with pytest.raises(redis.ConnectionError):
        async for _ in subscription.listen():
            pass
    await subscription.aclose()

    assert [("database.redis.unavailable", True)] == chain(reports)
    assert address(valkey, "0") == reports.all[0]["golden_path.dependency"]


@pytest.mark.provokes(c.DATABASE_REDIS_UNAVAILABLE)
def test_subscribing_without_a_server(reports: Reports, closed_port: int) -> None:
    """The first command of a subscription connects."""
    client: Redis = redis.Redis(host="127.0.0.1", port=closed_port, retry=ONCE)

    with pytest.raises(redis.ConnectionError):
        client.pubsub().subscribe("events:lovelace")

    assert [("database.redis.unavailable", True)] == chain(reports)
    assert "SUBSCRIBE" == reports.all[0]["db.operation.name"]


def test_connection_that_the_client_replaces(reports: Reports, valkey: Valkey) -> None:
    """The client has tried again and was answered: an event, no failure."""
    client: Redis = redis.Redis.from_url(valkey.url, retry=Retry(NoBackoff(), 3))
    with client.client() as one:
        one.ping()
        valkey.terminate_connections()
        answer = one.ping()

    assert answer
    assert [] == reports.ids
    assert [(1, True)] == recovered(reports)


def test_subscription_that_the_client_replaces(
    reports: Reports, valkey: Valkey
) -> None:
    """It subscribes again by itself."""
    client: Redis = redis.Redis.from_url(valkey.url, retry=Retry(NoBackoff(), 3))
    with client.pubsub() as subscription:
        subscription.subscribe("events")
        subscription.get_message(timeout=1)
        valkey.terminate_connections()
        message = subscription.get_message(timeout=1)

    assert "subscribe" == message["type"]
    assert [] == reports.ids
    assert [(1, True)] == recovered(reports)


@pytest.mark.provokes(c.DATABASE_QUERY_FAILED)
def test_command_for_another_type(reports: Reports, client: Redis) -> None:
    """A wrong command is the application's mistake, not the server's."""
    client.lpush("queue", "one")

    with pytest.raises(redis.ResponseError):
        client.get("queue")

    assert [("database.query.failed", True)] == chain(reports)
    assert ("GET", "redis", "WRONGTYPE") == told(
        reports.all[0], "operation", "db.system.name", "db.response.status_code"
    )


def test_watched_key_that_has_changed(reports: Reports, client: Redis) -> None:
    """Then the application begins again: an answer, and so is a script's absence."""
    with client.pipeline() as pipeline:
        pipeline.watch("balance")
        client.set("balance", 1)
        pipeline.multi()
        pipeline.set("balance", 2)
        with pytest.raises(redis.WatchError):
            pipeline.execute()
    with pytest.raises(exceptions.NoScriptError):
        client.evalsha("0" * 40, 0)

    assert [] == reports.ids


@pytest.mark.provokes(c.DATABASE_REDIS_UNAVAILABLE)
async def test_deadline_around_a_command(
    reports: Reports, valkey: Valkey, async_client: Redis
) -> None:
    """Redis has not answered in time, whoever set the limit."""
    await async_client.ping()
    valkey.freeze()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(async_client.get("session:lovelace"), 0.1)
    valkey.thaw()

    assert [("database.redis.unavailable", True)] == chain(reports)
    assert reports.all[0]["error_details"].startswith("no end within 0.1 s, cancelled")


async def test_waiting_that_ends(reports: Reports, valkey: Valkey) -> None:
    """Nothing came, or nobody wants it any more: neither is a failure."""
    client: Redis = redis.asyncio.Redis.from_url(valkey.url)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.blpop("queue", timeout=0), 0.2)
    waits = asyncio.create_task(client.brpop("queue", timeout=0))
    await until(lambda: "cmd=brpop" in str(valkey.command("CLIENT", "LIST")))
    waits.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waits
    await client.aclose()

    assert [] == reports.ids


@pytest.mark.provokes(c.DATABASE_LOCK_CONTENTION)
def test_distributed_lock_that_was_lost(reports: Reports, client: Redis) -> None:
    """It ran out while its owner still worked."""
    lock = client.lock("thread:lovelace", timeout=10)
    lock.acquire()
    client.delete("thread:lovelace")

    with pytest.raises(exceptions.LockNotOwnedError):
        lock.release()

    assert [("database.lock.contention", True)] == chain(reports)
    assert "redis" == reports.all[0]["lock_type"]
    assert "lovelace" not in str(reports.all[0].attributes)


# -- what the application is not told --------------------------------------------------


async def test_password_in_an_error(reports: Reports, postgres: Postgres) -> None:
    """Whatever a driver says, no credential of the URL is in the record."""
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.url_for(password="stale-secret"))
    engine = create_async_engine(postgres.url_for("psycopg_async", password="stale-1"))
    with pytest.raises(exc.OperationalError):
        async with engine.connect():
            pass

    assert ["database.postgres.connection_failed"] == reports.ids
    assert "stale-1" not in str(reports.all[0].attributes)
