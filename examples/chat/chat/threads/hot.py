"""Redis, the fast tier: a copy of the threads that are being used."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chat.settings import Settings
from chat.threads.message import ChatMessage

Reply = TypeVar("Reply")


class HotStore:
    """Never raises: without Redis, everything is read from PostgreSQL.

    After a failure Redis is left alone for a moment, so that an outage costs one
    time-out and not one for every message. A write that is lost meanwhile leaves
    a stale copy, until its lifetime ends.
    """

    def __init__(self, settings: Settings) -> None:
        """Make the client; nothing is connected yet."""
        self._redis = Redis.from_url(
            settings.redis_url,
            decode_responses=True,
            socket_connect_timeout=1,
            socket_timeout=1,
            retry=Retry(NoBackoff(), 1),
        )
        self._lifetime = settings.redis_lifetime
        self._pause = settings.redis_pause
        self._paused_until = 0.0

    async def __aenter__(self) -> Self:
        """Nothing is connected before the first command."""
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def messages(self, thread_id: str, user_id: str) -> list[ChatMessage]:
        """Read the copy of a thread; empty if there is none."""
        key = _key(user_id, thread_id)
        rows = await self._try(lambda: self._redis.lrange(key, 0, -1))
        return [ChatMessage.model_validate_json(row) for row in rows or ()]

    async def fill(self, messages: Sequence[ChatMessage]) -> None:
        """Keep a copy of a thread that was read from another tier."""
        if not messages:
            return
        key = _key(messages[0].user_id, messages[0].thread_id)
        rows = [message.model_dump_json() for message in messages]
        pipeline: Any = self._redis.pipeline()  # its annotations want an await each
        pipeline.delete(key).rpush(key, *rows)
        await self._try(pipeline.expire(key, self._lifetime).execute)

    async def append(self, message: ChatMessage) -> None:
        """Add to the copy, if there is one."""
        key = _key(message.user_id, message.thread_id)
        await self._try(lambda: self._redis.rpushx(key, message.model_dump_json()))

    async def _try(self, command: Callable[[], Awaitable[Reply]]) -> Reply | None:
        if time.monotonic() < self._paused_until:
            return None
        try:
            return await command()
        except RedisError:
            self._paused_until = time.monotonic() + self._pause
            return None


def _key(user_id: str, thread_id: str) -> str:
    return f"chat:{user_id}:{thread_id}"
