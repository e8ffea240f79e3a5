"""The writer: turns what was found into an answer."""

from __future__ import annotations

from langchain_core.messages import SystemMessage
from langgraph.graph import MessagesState
from langgraph.runtime import Runtime

from chat.agents.context import RunContext
from chat.agents.llm import LanguageModel

NOTHING = "Sorry, I have no answer to that."


class Writing(MessagesState):
    """The conversation, and the answer once it is written."""

    answer: str


async def write(
    llm: LanguageModel, state: Writing, runtime: Runtime[RunContext]
) -> dict[str, str]:
    """Write the answer; the user sees it grow."""
    context = runtime.context

    async def on_text(text: str) -> None:
        await context.tell("agent_thinking", agent="writer", text=text)

    prompt = SystemMessage(f"Answer the user in a {context.profile.tone} tone.")
    text = await llm.write([prompt, *state["messages"]], on_text)
    return {"answer": text or NOTHING}
