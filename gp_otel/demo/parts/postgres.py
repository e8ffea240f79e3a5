"""A real PostgreSQL server in a folder of its own, with a password."""

from __future__ import annotations

import signal
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from gp_otel.demo.parts.cluster import ADMINISTRATOR, Cluster, make_cluster
from gp_otel.demo.parts.folder import Folder
from gp_otel.demo.parts.part import Part
from gp_otel.demo.parts.ports import HOST, free_port
from gp_otel.demo.parts.process import Process, StartError
from gp_otel.demo.parts.psql import Psql, Rows

Mode = Literal["fast", "immediate", "smart"]

_SIGNALS: Mapping[Mode, signal.Signals] = {
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
    "smart": signal.SIGTERM,
}
"""https://www.postgresql.org/docs/current/server-shutdown.html"""

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "log_line_prefix": "%m [%p] %e ",
    "log_min_error_statement": "error",
    "shared_buffers": "16MB",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}


class Postgres(Part):
    """One server, with one database that belongs to one ordinary user.

    The log names the SQLSTATE of every error. The user is no superuser, so that
    `max_connections` and a changed password are real to it, while `sql` (the
    administrator's) still gets through.
    """

    def __init__(
        self,
        *,
        port: int | None = None,
        user: str = "chat",
        password: str = "chat-secret",  # noqa: S107 - the demo's own
        max_connections: int = 50,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port or free_port()
        self.user = user
        self.password = password
        self.max_connections = max_connections
        self.settings = dict(settings or {})
        self._folder: Folder | None = None
        self._cluster: Cluster | None = None
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """Where the ordinary user finds the database: `postgresql://…`."""
        return self.url_for()

    @property
    def dsn(self) -> str:
        """The same as libpq's key=value pairs."""
        return (
            f"host={HOST} port={self.port} dbname={self.user}"
            f" user={self.user} password={self.password}"
        )

    def url_for(self, driver: str = "", password: str | None = None) -> str:
        """Write the URL for one of SQLAlchemy's drivers, or with another password."""
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        secret = self.password if password is None else password
        return f"{scheme}://{self.user}:{secret}@{HOST}:{self.port}/{self.user}"

    @property
    def is_running(self) -> bool:
        """Tell whether the server's process lives."""
        return self._process is not None and self._process.is_running

    @property
    def pid(self) -> int | None:
        """The id of the server's process."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the server; the first time, make its folder, user and database."""
        is_new = self._cluster is None
        if self._cluster is None or self._folder is None:
            self._folder = Folder("gp-otel-postgres-")
            self._cluster = make_cluster(self._folder.path, ADMINISTRATOR)
        self._process = self._server(self._cluster, self._folder.path)
        self._process.start()
        self._wait_until_ready(self._cluster, self._process)
        if is_new:
            self._make_database()

    def stop(self, mode: Mode = "fast") -> None:
        """Stop the server; its data and its port stay.

        `fast` ends every session properly (57P01), `immediate` drops them as a
        crash would, `smart` waits for them to end by themselves.
        """
        if self._process is not None:
            self._process.stop(_SIGNALS[mode])

    def restart(self, mode: Mode = "fast") -> None:
        """Stop and start on the same port, with what is set now."""
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self.stop("immediate")
        self._process = self._cluster = None
        if self._folder is not None:
            self._folder.remove()
            self._folder = None

    def sql(self, statements: str) -> Rows:
        """Run statements as the administrator: the rows of the one that has some."""
        with self.session() as session:
            return session.sql(statements)

    @contextmanager
    def session(
        self, *, as_user: bool = False, database: str | None = None
    ) -> Generator[Psql]:
        """Open a session that stays, to hold a transaction, a lock or a place."""
        if self._cluster is None:
            msg = "PostgreSQL was not started"
            raise RuntimeError(msg)
        administrator = (
            f"postgresql://{ADMINISTRATOR}:{ADMINISTRATOR}"
            f"@{HOST}:{self.port}/{database or self.user}"
        )
        url = self.url if as_user else administrator
        with Psql(self._cluster.program("psql"), url) as session:
            yield session

    @contextmanager
    def locked(self, table: str) -> Generator[None]:
        """Make every statement on `table` wait until the block is left."""
        with self.session() as session:
            session.sql(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield

    def set_password(self, password: str) -> None:
        """Change the user's password; `url` goes on naming the old one."""
        self.sql(f"ALTER ROLE {self.user} PASSWORD '{password}'")

    def connections(self) -> int:
        """Count the ordinary user's sessions."""
        rows = self.sql(f"SELECT count(*) {self._sessions}")
        return int(rows[0]["count"])

    def terminate_connections(self) -> int:
        """End the ordinary user's sessions (57P01); tell how many there were."""
        return len(self.sql(f"SELECT pg_terminate_backend(pid, 5000) {self._sessions}"))

    def log_text(self) -> str:
        """Everything that the server has logged so far."""
        return self._process.log_text() if self._process else ""

    @property
    def _sessions(self) -> str:
        return f"FROM pg_stat_activity WHERE usename = '{self.user}'"

    def _server(self, cluster: Cluster, folder: Path) -> Process:
        settings = {
            **_SETTINGS,
            "port": str(self.port),
            "max_connections": str(self.max_connections),
            **self.settings,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return Process(
            command=[cluster.program("postgres"), "-D", str(cluster.data), *options],
            log=folder / "log",
            folder=folder,
            account=cluster.account,
            last_resort=signal.SIGQUIT,
        )

    def _wait_until_ready(self, cluster: Cluster, process: Process) -> None:
        """Watch the last line of its pid file, as `pg_ctl --wait` does."""
        status = cluster.data / "postmaster.pid"
        deadline = time.monotonic() + 20.0
        while time.monotonic() < deadline and process.is_running:
            lines = status.read_text().splitlines() if status.exists() else []
            if lines[:1] == [str(process.pid)] and lines[-1].strip() == "ready":
                return
            time.sleep(0.01)
        process.stop(signal.SIGQUIT)
        msg = f"PostgreSQL did not start:\n{process.log_text()[-2000:]}"
        raise StartError(msg)

    def _make_database(self) -> None:
        with self.session(database=ADMINISTRATOR) as session:
            session.sql(f"CREATE ROLE {self.user} LOGIN PASSWORD '{self.password}'")
            session.sql(f"CREATE DATABASE {self.user} OWNER {self.user}")
