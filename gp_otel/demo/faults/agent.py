"""Faults of the agent: no answer, or not a good one."""

from __future__ import annotations

from collections.abc import Mapping

from gp_otel import catalogue as c
from gp_otel.demo import uses
from gp_otel.demo.breakages import WRITERS_PROMPT, llm, profiles_invalid, tools
from gp_otel.demo.fault import Expected, Fault, Known
from gp_otel.demo.parts.ports import HOST
from gp_otel.demo.world import MODEL, RUN_TIMEOUT
from gp_otel.failure import Stage

BUSY = "The assistant is busy. Please try again in a minute."
STARTED = "agent_started → agent_thinking"
SEARCHED = f"{STARTED} → tool_executing → tool_completed → agent_thinking"


SCRIPTED: Mapping[str, Known] = {"provider": HOST, "model": MODEL}
"""A provider that nobody knows is named by its host."""


def outage(error_code: str, status: int | None = None) -> tuple[Expected, ...]:
    """What an outage of the model comes to: nobody is paged for it, but for the run."""
    known: dict[str, Known] = {"error_code": error_code, "retry_attempted": True}
    if status is not None:
        known["http.response.status_code"] = status
    return (
        Expected(c.AGENT_LLM_CALL_FAILED, {**SCRIPTED, **known}),
        Expected(
            c.AGENT_SUPERVISOR_ORCHESTRATION_FAILED,
            {"failed_step": "researcher"},
            root=False,
            cause=c.AGENT_LLM_CALL_FAILED,
        ),
    )


AGENT = (
    Fault(
        name="llm-rate-limit",
        stage=Stage.AGENT,
        situation="The model's server answers 429, whatever the SDK tries.",
        use=uses.ask(),
        broken=llm(kind="status", status=429),
        user_saw=f"{STARTED} → error: {BUSY}",
        expected=outage("rate_limit_exceeded", 429),
    ),
    Fault(
        name="llm-server-error",
        stage=Stage.AGENT,
        situation="The model's server answers 500, whatever the SDK tries.",
        use=uses.ask(),
        broken=llm(kind="status", status=500),
        user_saw=f"{STARTED} → error: {BUSY}",
        expected=outage("server_error", 500),
    ),
    Fault(
        name="llm-hang",
        stage=Stage.AGENT,
        situation="The model's server accepts the request and says nothing.",
        use=uses.ask(),
        broken=llm(kind="hang"),
        user_saw=f"{STARTED} → error: {BUSY}",
        expected=outage("APITimeoutError"),
    ),
    Fault(
        name="llm-empty-answer",
        stage=Stage.AGENT,
        situation="The model answers with nothing, and calls that a success.",
        use=uses.ask(),
        broken=llm(kind="empty", about=WRITERS_PROMPT),
        user_saw=f"{STARTED} → answer: Sorry, I have no answer to that.",
        expected=(
            Expected(
                c.SERVICE_LLM_EMPTY_ANSWER,
                {**SCRIPTED, "finish_reason": "stop"},
            ),
        ),
    ),
    Fault(
        name="llm-cut-off",
        stage=Stage.AGENT,
        situation="The model stops in the middle of its answer.",
        use=uses.ask(),
        broken=llm(kind="length", about=WRITERS_PROMPT),
        user_saw=f"{STARTED} → answer: You said: …",
        expected=(
            Expected(
                c.SERVICE_LLM_TRUNCATED,
                {**SCRIPTED, "finish_reason": "length"},
            ),
        ),
    ),
    Fault(
        name="llm-gateway-page",
        stage=Stage.AGENT,
        situation="A gateway before the model answers with a page, and status 200.",
        use=uses.ask(),
        broken=llm(kind="html"),
        user_saw=f"{STARTED} → error: Something went wrong. Please try again.",
        expected=(
            Expected(
                c.SERVICE_LLM_MALFORMED, {**SCRIPTED, "content_type": "text/html"}
            ),
            Expected(
                c.AGENT_SUPERVISOR_ORCHESTRATION_FAILED,
                {"failed_step": "researcher"},
                root=False,
                cause=c.SERVICE_LLM_MALFORMED,
            ),
        ),
    ),
    Fault(
        name="tool-failing",
        stage=Stage.AGENT,
        situation="The search service answers 500; the agent goes on without it.",
        use=uses.ask(uses.SEARCH),
        broken=tools(kind="status", status=500),
        user_saw=f"{SEARCHED} → answer: You asked: {uses.SEARCH} I found: Error: …",
        expected=(Expected(c.AGENT_TOOL_FAILED, {"tool_name": "search"}),),
    ),
    Fault(
        name="agent-factory",
        stage=Stage.AGENT,
        situation="A user's profile names tools in a way that no agent understands.",
        use=uses.ask(),
        broken=profiles_invalid,
        user_saw="error: Something went wrong. Please try again.",
        expected=(Expected(c.AGENT_FACTORY_INIT_FAILED),),
    ),
    Fault(
        name="agent-timeout",
        stage=Stage.AGENT,
        situation="The model writes so slowly that the run's time is over.",
        use=uses.ask(uses.LONG_QUESTION),
        broken=llm(kind="drip", seconds=0.4, about=WRITERS_PROMPT),
        user_saw=f"{STARTED} → error: That took too long. Please try again.",
        expected=(
            Expected(
                c.AGENT_TIMEOUT,
                {"timeout_limit": RUN_TIMEOUT, "partial_results_saved": False},
            ),
        ),
    ),
)
