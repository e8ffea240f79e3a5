"""The supervisor: decides which sub-agent goes next."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph

from chat.agents.context import RunContext
from chat.agents.llm import LanguageModel
from chat.agents.researcher import build_researcher
from chat.agents.tools import ToolService
from chat.agents.writer import Writing, write

SubAgent = Literal["researcher", "writer"]


def supervise(state: Writing) -> SubAgent | Literal["__end__"]:
    """Decide who is next: first the facts, then the words."""
    if state.get("answer"):
        return "__end__"
    last = state["messages"][-1]
    return "writer" if isinstance(last, AIMessage) else "researcher"


class Supervisor:
    """Runs the sub-agents until there is an answer."""

    def __init__(self, llm: LanguageModel, tools: ToolService) -> None:
        """Build the graph once; the runs share it."""
        graph = StateGraph(Writing, context_schema=RunContext)
        graph.add_node("researcher", build_researcher(llm, tools))
        graph.add_node("writer", partial(write, llm))
        for done in (START, "researcher", "writer"):
            graph.add_conditional_edges(done, supervise)
        self._graph = graph.compile(name="supervisor")

    async def run(self, messages: Sequence[AnyMessage], context: RunContext) -> str:
        """Answer the last message."""
        user = context.user
        config = RunnableConfig(
            recursion_limit=context.profile.max_steps,
            configurable={"thread_id": user.thread_id, "run_id": user.run_id},
        )
        state = await self._graph.ainvoke(
            {"messages": list(messages), "answer": ""}, config, context=context
        )
        return str(state["answer"])
