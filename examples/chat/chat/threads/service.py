"""The thread service: what was said, wherever it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from chat.database import Thread
from chat.threads.cold import ColdStore
from chat.threads.hot import HotStore
from chat.threads.message import ChatMessage
from chat.threads.warm import WarmStore


@dataclass(frozen=True)
class ThreadService:
    """Reads fall through the tiers; what is written must reach PostgreSQL."""

    hot: HotStore
    warm: WarmStore
    cold: ColdStore | None

    async def history(self, thread_id: str, user_id: str) -> list[ChatMessage]:
        """Read a thread: from Redis, else PostgreSQL, else ClickHouse."""
        cached = await self.hot.messages(thread_id, user_id)
        if cached:
            return cached
        try:
            messages = await self.warm.messages(thread_id, user_id)
        except (SQLAlchemyError, OSError):
            if self.cold is None:
                raise
            return await self.cold.messages(thread_id, user_id)
        if not messages and self.cold is not None:
            with suppress(Exception):
                messages = await self.cold.messages(thread_id, user_id)
        await self.hot.fill(messages)
        return messages

    async def list_threads(self, user_id: str) -> Sequence[Thread]:
        """List the user's threads."""
        return await self.warm.list_threads(user_id)

    async def save_thread(self, thread_id: str, user_id: str, title: str) -> None:
        """Make sure that the thread exists and is the user's."""
        await self.warm.save_thread(thread_id, user_id, title)

    async def save_message(self, message: ChatMessage) -> bool:
        """Save a message; False if it was saved before."""
        if not await self.warm.save_message(message):
            return False
        await self.hot.append(message)
        if self.cold is not None:
            await self.cold.append(message)
        return True

    async def find_answer(self, thread_id: str, message_id: str) -> str | None:
        """Read what a message was answered with."""
        return await self.warm.find_answer(thread_id, message_id)

    async def save_run(self, thread_id: str, run_id: str, seconds: float) -> None:
        """Note that a run was finished."""
        await self.warm.save_run(thread_id, run_id, seconds)
