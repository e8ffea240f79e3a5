"""The HTTP routes: conversations, a chat by server-sent events, health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import text

from chat.database import User
from chat.protocol import Event, UserMessage
from chat.runs import Runner
from chat.services import Services, get_runner, get_services, get_thread_service
from chat.signin import current_user
from chat.threads.message import ChatMessage
from chat.threads.service import ThreadService

router = APIRouter()
SignedIn = Annotated[User, Depends(current_user)]
Threads = Annotated[ThreadService, Depends(get_thread_service)]


class Conversation(BaseModel, from_attributes=True):
    """A thread in the user's list."""

    id: str
    title: str
    created_at: datetime


@router.get("/threads")
async def list_threads(user: SignedIn, threads: Threads) -> list[Conversation]:
    """List the user's conversations, the newest first."""
    rows = await threads.list_threads(user.id)
    return [Conversation.model_validate(row) for row in rows]


@router.get("/threads/{thread_id}/messages")
async def list_messages(
    thread_id: str, user: SignedIn, threads: Threads
) -> list[ChatMessage]:
    """List what was said; nothing for a conversation that is somebody else's."""
    return await threads.history(thread_id, user.id)


@router.post("/chat")
async def chat(
    message: UserMessage,
    user: SignedIn,
    runner: Annotated[Runner, Depends(get_runner)],
) -> StreamingResponse:
    """Answer one message with server-sent events."""
    return StreamingResponse(
        stream_run(message, user, runner), media_type="text/event-stream"
    )


async def stream_run(
    message: UserMessage, user: User, runner: Runner
) -> AsyncIterator[str]:
    """Run, and yield the events as they come; the run ends if the client leaves."""
    events = asyncio.Queue[Event | None]()
    run = asyncio.create_task(runner.answer(user, message, events.put))
    run.add_done_callback(lambda _: events.put_nowait(None))
    try:
        while (event := await events.get()) is not None:
            yield f"data: {event.to_json()}\n\n"
    finally:
        run.cancel()


@router.get("/health")
async def health(services: Annotated[Services, Depends(get_services)]) -> str:
    """Say "ok" while the database answers; else `app.try_later` does."""
    async with services.sessions() as session:
        await session.execute(text("SELECT 1"))
    return "ok"
