"""The servers that the suites break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gp_otel.demo.parts.ports import free_port
from gp_otel.demo.parts.postgres import Postgres
from gp_otel.demo.parts.proxy import Proxy
from gp_otel.demo.parts.valkey import Valkey


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One PostgreSQL for all tests."""
    with Postgres(max_connections=20) as server:
        yield server


@pytest.fixture
def postgres(postgres_server: Postgres) -> Iterator[Postgres]:
    """PostgreSQL, running and as it was before; a test may do what it likes to it."""
    if not postgres_server.is_running:
        postgres_server.start()
    password = postgres_server.password
    yield postgres_server
    if not postgres_server.is_running:
        postgres_server.start()
    if postgres_server.password != password:
        postgres_server.set_password(password)
    postgres_server.terminate_connections()
    owner = f"REASSIGN OWNED BY {postgres_server.user} TO {postgres_server.user}"
    postgres_server.sql(
        f"{owner}; DROP SCHEMA public CASCADE; CREATE SCHEMA public"
        f" AUTHORIZATION {postgres_server.user}"
    )


@pytest.fixture
def postgres_proxy(postgres: Postgres) -> Iterator[Proxy]:
    """A way to PostgreSQL that can be cut."""
    with Proxy(postgres.port) as proxy:
        yield proxy


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """Valkey, empty."""
    with Valkey() as server:
        yield server


@pytest.fixture
def closed_port() -> int:
    """A port that nobody listens on."""
    return free_port()
