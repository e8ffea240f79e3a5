"""PostgreSQL: the engine and the tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chat.settings import Settings

Sessions = async_sessionmaker[AsyncSession]


class Table(DeclarativeBase):
    """The schema; ids are text, times have their zone."""

    type_annotation_map = {  # noqa: RUF012 - that is how SQLAlchemy reads it
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
    }


class User(Table):
    """Who may sign in."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)
    password_hash: Mapped[str]


class Profile(Table):
    """How a user wants to be answered: see `chat.agents.profile`."""

    __tablename__ = "profiles"
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    config: Mapped[dict[str, Any]]


class Thread(Table):
    """One conversation of one user."""

    __tablename__ = "threads"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    title: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Message(Table):
    """What one side said; the client chooses the ids of its own messages."""

    __tablename__ = "messages"
    thread_id: Mapped[str] = mapped_column(ForeignKey("threads.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str]
    role: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]


class Run(Table):
    """An answer that was finished."""

    __tablename__ = "runs"
    thread_id: Mapped[str] = mapped_column(ForeignKey("threads.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    seconds: Mapped[float]
    finished_at: Mapped[datetime] = mapped_column(server_default=func.now())


def create_engine(settings: Settings) -> AsyncEngine:
    """Make the engine; nothing is connected yet."""
    return create_async_engine(
        settings.database_url,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout,
        pool_pre_ping=True,
        connect_args={"timeout": 5},
    )


async def create_tables(engine: AsyncEngine) -> None:
    """Create what is missing; of several workers one does, the others wait."""
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(2504)"))
        await connection.run_sync(Table.metadata.create_all)
