"""LangChain: tools that fail, and answers that cannot be parsed.

`BaseTool.run` and `arun` raise before LangGraph's `ToolNode`, an agent or a handler
makes a text of it. What they make a text of themselves passes through two functions.
Interrupts and commands are raised out of tools too, and are no failures.
"""

from __future__ import annotations

from gp_otel import catalogue as c
from gp_otel import tools
from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched

LANGCHAIN = Instrumentor(
    library="langchain-core>=1,<2",
    watched=(
        Watched(
            calls=(
                "langchain_core.tools.base:BaseTool.run",
                "langchain_core.tools.base:BaseTool.arun",
            ),
            stage=Stage.AGENT,
            kind="tool",
            compound=True,
            failures={
                "Exception": c.AGENT_TOOL_FAILED,
                "langgraph.errors.GraphBubbleUp": None,
                "starlette.exceptions.HTTPException": tools.answered,
            },
            judge=tools.judge,
            times_out=c.AGENT_TIMEOUT,
            describe=tools.describe,
        ),
        Watched(
            calls=(
                "langchain_core.tools.base:_handle_tool_error",
                "langchain_core.tools.base:_handle_validation_error",
            ),
            stage=Stage.AGENT,
            around=tools.handled,
        ),
        Watched(
            calls=(
                "langchain_core.output_parsers.base:BaseOutputParser.invoke",
                "langchain_core.output_parsers.base:BaseOutputParser.ainvoke",
                "langchain_core.output_parsers.base:BaseGenerationOutputParser.invoke",
                "langchain_core.output_parsers.base:BaseGenerationOutputParser.ainvoke",
            ),
            stage=Stage.AGENT,
            failures={
                "langchain_core.exceptions.OutputParserException": (
                    c.AGENT_RESULT_PROCESSING_FAILED
                ),
            },
        ),
    ),
)
