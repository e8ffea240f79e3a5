"""A run: one user message, from its arrival to its answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import openai
from pybreaker import CircuitBreakerError

from chat.agents.factory import AgentFactory
from chat.database import User
from chat.protocol import Event, EventType, Send, UserMessage
from chat.threads.message import ChatMessage, answer_id
from chat.threads.service import ThreadService
from chat.threads.warm import NotYourThreadError


@dataclass(frozen=True)
class Runner:
    """Answers messages."""

    agents: AgentFactory
    threads: ThreadService
    timeout: float

    async def answer(self, user: User, message: UserMessage, send: Send) -> None:
        """Answer the message; whatever goes wrong, the user is told and can go on."""
        try:
            async with asyncio.timeout(self.timeout):
                await self._run(user, message, send)
        except Exception as error:  # noqa: BLE001 - the connection outlives the run
            await send(_event("error", message, text=apology(error)))

    async def _run(self, user: User, asked: UserMessage, send: Send) -> None:
        started = time.monotonic()
        history = await self.threads.history(asked.thread_id, user.id)
        await self.threads.save_thread(asked.thread_id, user.id, asked.text[:60])
        if not await self.threads.save_message(_question(user, asked)):
            answer = await self.threads.find_answer(asked.thread_id, asked.message_id)
            if answer is not None:
                await send(_event("agent_completed", asked, text=answer))
                return

        agent = await self.agents.create(user.id, asked.thread_id, asked.run_id, send)
        await send(_event("agent_started", asked))
        text = await agent.run(history, asked.text)
        await self.threads.save_message(_answer(user, asked, text))
        seconds = time.monotonic() - started
        await self.threads.save_run(asked.thread_id, asked.run_id, seconds)
        await send(_event("agent_completed", asked, text=text))


def apology(error: Exception) -> str:
    """Say it in words that help the user, and give nothing away."""
    match error:
        case TimeoutError():
            return "That took too long. Please try again."
        case openai.OpenAIError() | CircuitBreakerError():
            return "The assistant is busy. Please try again in a minute."
        case NotYourThreadError():
            return "This conversation is not yours."
        case _:
            return "Something went wrong. Please try again."


def _event(type_: EventType, message: UserMessage, **more: str) -> Event:
    return Event(type=type_, run_id=message.run_id, thread_id=message.thread_id, **more)


def _question(user: User, asked: UserMessage) -> ChatMessage:
    return ChatMessage(
        id=asked.message_id,
        thread_id=asked.thread_id,
        run_id=asked.run_id,
        user_id=user.id,
        role="user",
        text=asked.text,
    )


def _answer(user: User, asked: UserMessage, text: str) -> ChatMessage:
    return ChatMessage(
        id=answer_id(asked.message_id),
        thread_id=asked.thread_id,
        run_id=asked.run_id,
        user_id=user.id,
        role="assistant",
        text=text,
    )
