"""The researcher: thinks and uses tools until it has what the answer needs."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from typing import Any, cast

from langchain_core.messages import SystemMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.runtime import Runtime

from chat.agents.context import RunContext
from chat.agents.llm import LanguageModel
from chat.agents.tools import ToolService

PROMPT = "You are a researcher. Collect the facts that answer the user. Use your tools."


def build_researcher(
    llm: LanguageModel, service: ToolService
) -> CompiledStateGraph[Any, RunContext, Any, Any]:
    """Build the graph: think, use tools, think again."""
    tools = service.tools()

    async def think(
        state: MessagesState, runtime: Runtime[RunContext]
    ) -> dict[str, Any]:
        await runtime.context.tell("agent_thinking", agent="researcher")
        allowed = [t for t in tools if t.name in runtime.context.profile.tools]
        thought = await llm.think([SystemMessage(PROMPT), *state["messages"]], allowed)
        return {"messages": [thought]}

    graph = StateGraph(MessagesState, context_schema=RunContext)
    graph.add_node("think", think)
    # A tool's failure is told to the model, which can do without it.
    graph.add_node(
        "tools", ToolNode(tools, handle_tool_errors=True, awrap_tool_call=announced)
    )
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", tools_condition)
    graph.add_edge("tools", "think")
    return graph.compile(name="researcher")


async def announced(request: ToolCallRequest, execute: Any) -> Any:
    """Use a tool, and tell the user before and after."""
    context = cast("RunContext", request.runtime.context)
    tool = request.tool_call["name"]
    await context.tell("tool_executing", agent="researcher", tool=tool)
    result = await execute(request)
    await context.tell("tool_completed", agent="researcher", tool=tool)
    return result
