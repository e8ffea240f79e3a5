"""Ways to break what the application depends on, each mended when its block is left.

Ports, servers, rows of tables: nothing that the application has to know of.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any

from gp_otel.demo.fault import Breakage
from gp_otel.demo.parts.http_service import HttpService, ServiceRule
from gp_otel.demo.parts.llm_rule import LlmRule
from gp_otel.demo.world import World

WRITERS_PROMPT = "Answer the user in"
"""What only the writer is told: it makes a rule one about the stream."""


def llm(*rules: LlmRule, **rule: Any) -> Breakage:
    """Let the model's server answer by these rules."""
    return lambda world: world.llm.behaving(*rules, **rule)


def tools(**rule: Any) -> Breakage:
    """Let the search service answer by this rule."""
    return lambda world: _behaving(world.tools, ServiceRule(**rule))


@contextmanager
def supervisor_away(world: World) -> Generator[None]:
    """Close the supervisor's port."""
    with _refusing(world.supervisor):
        yield


@contextmanager
def threads_away(world: World) -> Generator[None]:
    """Let the thread service say that it is not there."""
    with _behaving(world.threads, ServiceRule(kind="status", status=503)):
        yield


@contextmanager
def postgres_stopped(world: World) -> Generator[None]:
    """Stop PostgreSQL, as its operator does."""
    world.postgres.stop()
    try:
        yield
    finally:
        world.postgres.start()


@contextmanager
def redis_stopped(world: World) -> Generator[None]:
    """Stop Redis."""
    world.redis.stop()
    try:
        yield
    finally:
        world.redis.start()


@contextmanager
def stores_stopped(world: World) -> Generator[None]:
    """Stop both."""
    with ExitStack() as both:
        both.enter_context(redis_stopped(world))
        both.enter_context(postgres_stopped(world))
        yield


@contextmanager
def password_changed(world: World) -> Generator[None]:
    """Change the password behind the application's back, and end its sessions."""
    known = world.postgres.password
    world.postgres.set_password("rotated")
    world.postgres.terminate_connections()
    try:
        yield
    finally:
        world.postgres.set_password(known)


@contextmanager
def idle_sessions_ended(world: World) -> Generator[None]:
    """End the application's sessions in PostgreSQL, which may log in again."""
    world.postgres.terminate_connections()
    yield


@contextmanager
def profiles_invalid(world: World) -> Generator[None]:
    """Write a profile for everybody that no agent can be made of."""
    world.postgres.sql(
        """INSERT INTO profiles SELECT id, '{"tools": "everything"}' FROM users"""
    )
    try:
        yield
    finally:
        world.postgres.sql("DELETE FROM profiles")


def renamed(table: str) -> Breakage:
    """Rename a table, as a migration does that came too early."""

    @contextmanager
    def broken(world: World) -> Generator[None]:
        world.postgres.sql(f"ALTER TABLE {table} RENAME TO {table}_new")
        try:
            yield
        finally:
            world.postgres.sql(f"ALTER TABLE {table}_new RENAME TO {table}")

    return broken


def locked(table: str) -> Breakage:
    """Lock a table, as a migration does that takes too long."""
    return lambda world: world.postgres.locked(table)


@contextmanager
def _refusing(service: HttpService) -> Generator[None]:
    service.refuse()
    try:
        yield
    finally:
        service.start()


@contextmanager
def _behaving(service: HttpService, rule: ServiceRule) -> Generator[None]:
    service.behave(rule)
    try:
        yield
    finally:
        service.normal()
