"""The language model, behind a circuit breaker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self, TypeVar

from langchain_core.messages import AIMessage, AnyMessage, convert_to_openai_messages
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from openai import AsyncOpenAI, OpenAIError
from openai.types.chat import ChatCompletionMessage
from pybreaker import CircuitBreaker, CircuitBreakerError

from chat.settings import Settings

Answer = TypeVar("Answer")


class LanguageModel:
    """Asks the model, and the fallback model where there is one and it fails."""

    def __init__(self, settings: Settings) -> None:
        """Make the client; it tries twice more by itself."""
        self._client = AsyncOpenAI(
            base_url=settings.llm_base_url,
            api_key=settings.llm_api_key,
            timeout=settings.llm_timeout,
        )
        models = filter(None, (settings.llm_model, settings.llm_fallback_model))
        self._breakers = {
            model: CircuitBreaker(
                name=f"llm {model}",
                fail_max=settings.breaker_failures,
                reset_timeout=settings.breaker_reset,
                exclude=[asyncio.CancelledError],  # the user's doing, not the model's
            )
            for model in models
        }

    async def __aenter__(self) -> Self:
        """Nothing is connected before the first call."""
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the connections."""
        await self._client.close()

    async def think(
        self, messages: Sequence[AnyMessage], tools: Sequence[BaseTool]
    ) -> AIMessage:
        """Ask for the next step: tools to call, or a text."""

        async def ask(model: str) -> AIMessage:
            completion = await self._client.chat.completions.create(
                model=model,
                messages=_to_openai(messages),
                tools=_described(tools),
            )
            return _from_openai(completion.choices[0].message)

        return await self._ask(ask)

    async def write(
        self,
        messages: Sequence[AnyMessage],
        on_text: Callable[[str], Awaitable[None]],
    ) -> str:
        """Ask for a text, and hand its pieces on as they come."""

        async def ask(model: str) -> str:
            pieces: list[str] = []
            async with await self._client.chat.completions.create(
                model=model, messages=_to_openai(messages), stream=True
            ) as chunks:
                async for chunk in chunks:
                    for choice in chunk.choices:
                        if choice.delta.content:
                            pieces.append(choice.delta.content)
                            await on_text(choice.delta.content)
            return "".join(pieces)

        return await self._ask(ask)

    async def _ask(self, ask: Callable[[str], Awaitable[Answer]]) -> Answer:
        *preferred, last = self._breakers
        for model in preferred:
            try:
                with self._breakers[model].calling():
                    return await ask(model)
            except (OpenAIError, CircuitBreakerError):
                continue
        with self._breakers[last].calling():
            return await ask(last)


def _to_openai(messages: Sequence[AnyMessage]) -> Any:
    return convert_to_openai_messages(messages)


def _described(tools: Sequence[BaseTool]) -> Any:
    return [convert_to_openai_tool(tool) for tool in tools]


def _from_openai(message: ChatCompletionMessage) -> AIMessage:
    calls = [
        {
            "id": call.id,
            "name": call.function.name,
            "args": json.loads(call.function.arguments),
        }
        for call in message.tool_calls or ()
        if call.type == "function"
    ]
    return AIMessage(message.content or "", tool_calls=calls)
