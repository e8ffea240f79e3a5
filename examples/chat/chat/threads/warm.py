"""PostgreSQL, the tier that counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chat.database import Message, Run, Sessions, Thread
from chat.threads.message import ChatMessage, answer_id

UNIQUE_VIOLATION = "23505"


class NotYourThreadError(Exception):
    """A user wrote to a thread of somebody else."""


@dataclass(frozen=True)
class WarmStore:
    """Threads, messages and runs in PostgreSQL."""

    sessions: Sessions

    async def save_thread(self, thread_id: str, user_id: str, title: str) -> None:
        """Insert the thread unless it is there; another worker may be faster."""
        async with self.sessions() as session:
            thread = await session.get(Thread, thread_id)
            if thread is None:
                thread = Thread(id=thread_id, user_id=user_id, title=title)
                session.add(thread)
                try:
                    await session.commit()
                except IntegrityError:
                    await session.rollback()
                    thread = await session.get_one(Thread, thread_id)
        if thread.user_id != user_id:
            raise NotYourThreadError(thread_id)

    async def save_message(self, message: ChatMessage) -> bool:
        """Insert the message; False if a client sends it for the second time."""
        columns = message.model_dump(exclude={"user_id"})
        try:
            async with self.sessions.begin() as session:
                session.add(Message(**columns))
        except IntegrityError as error:
            if getattr(error.orig, "sqlstate", None) != UNIQUE_VIOLATION:
                raise
            return False
        return True

    async def save_run(self, thread_id: str, run_id: str, seconds: float) -> None:
        """Insert the run, or replace it: a client may use its id again."""
        async with self.sessions.begin() as session:
            await session.merge(Run(thread_id=thread_id, id=run_id, seconds=seconds))

    async def messages(self, thread_id: str, user_id: str) -> list[ChatMessage]:
        """Read a thread of the user, in its order."""
        statement = (
            select(Message)
            .join(Thread, Thread.id == Message.thread_id)
            .where(Thread.id == thread_id, Thread.user_id == user_id)
            .order_by(Message.created_at)
        )
        async with self.sessions() as session:
            rows = await session.scalars(statement)
            return [_to_message(row, user_id) for row in rows]

    async def find_answer(self, thread_id: str, message_id: str) -> str | None:
        """Read what a message was answered with."""
        async with self.sessions() as session:
            answer = await session.get(Message, (thread_id, answer_id(message_id)))
        return answer.text if answer else None

    async def list_threads(self, user_id: str) -> Sequence[Thread]:
        """List the user's threads, the newest first."""
        statement = (
            select(Thread)
            .where(Thread.user_id == user_id)
            .order_by(Thread.created_at.desc())
            .limit(100)
        )
        async with self.sessions() as session:
            return (await session.scalars(statement)).all()


def _to_message(row: Message, user_id: str) -> ChatMessage:
    return ChatMessage.model_validate(
        {
            "id": row.id,
            "thread_id": row.thread_id,
            "run_id": row.run_id,
            "user_id": user_id,
            "role": row.role,
            "text": row.text,
            "created_at": row.created_at,
        }
    )
