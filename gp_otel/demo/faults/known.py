"""What a fault knows of the world: who listens where."""

from __future__ import annotations

from gp_otel.demo.parts.ports import HOST
from gp_otel.demo.visitor import Visitor


def postgres_port(visitor: Visitor) -> int:
    """The port that PostgreSQL is stopped on."""
    return visitor.world.postgres.port


def postgres(visitor: Visitor) -> str:
    """PostgreSQL as a dependency, without credentials."""
    server = visitor.world.postgres
    return f"postgresql://{HOST}:{server.port}/{server.user}"


def redis_port(visitor: Visitor) -> int:
    """The port that Redis is stopped on."""
    return visitor.world.redis.port


def redis(visitor: Visitor) -> str:
    """Redis as a dependency."""
    return f"redis://{HOST}:{visitor.world.redis.port}/0"
