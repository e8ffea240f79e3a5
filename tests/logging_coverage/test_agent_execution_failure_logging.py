"""How agent runs fail, and what is reported then."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Literal

import openai
import pytest
from agents import (
    ASKED,
    MODEL,
    RUN,
    START_OF_RUN,
    State,
    ask,
    asking,
    asking_async,
    chain,
    fan,
    graph,
    traces,
)
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, ToolCall
from langchain_core.output_parsers import JsonOutputParser
from langchain_core.tools import StructuredTool, ToolException
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphRecursionError, InvalidUpdateError
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from gp_otel import catalogue as c
from gp_otel import watch
from gp_otel.demo.parts.llm import Llm
from gp_otel.testing import Reports

LLM_FAILED = "agent.llm.call_failed"
RUN_FAILED = "agent.supervisor.orchestration_failed"
TOOL_FAILED = "agent.tool.failed"
TIMED_OUT = "agent.timeout"


@pytest.fixture
def llm() -> Iterator[Llm]:
    """A model that a test may break."""
    with Llm() as server:
        yield server


@pytest.fixture
def client(llm: Llm) -> Iterator[OpenAI]:
    """A client that does not try again."""
    with OpenAI(base_url=llm.url, api_key="none", max_retries=0, timeout=5) as client:
        yield client


@pytest.fixture
async def aclient(llm: Llm) -> AsyncIterator[AsyncOpenAI]:
    """The same, asynchronous."""
    async with AsyncOpenAI(
        base_url=llm.url, api_key="none", max_retries=0, timeout=5
    ) as client:
        yield client


def run(agent: Any) -> Any:
    """Run an agent that knows its ids."""
    return agent.invoke(START_OF_RUN, RUN)


# -- what is in order -----------------------------------------------------------------


@pytest.mark.provokes(c.AGENT_SUCCESS)
def test_run_succeeds(
    reports: Reports, client: OpenAI, settings_of: Callable[[str], None]
) -> None:
    """Where settings audit agents, a run that ends well is told once."""
    settings_of('audit = ["agent"]')

    run(graph(asking(client), name="helper"))
    event = reports.one("agent.success")

    assert [] == reports.ids
    assert ("helper", "r-1", 1) == (
        event["agent_name"],
        event["run_id"],
        event["sub_agents_completed"],
    )
    assert 0 < event["execution_duration"] < 5


def test_run_is_a_span(reports: Reports, client: OpenAI) -> None:
    """It has the ids, the agent's name and the outcome."""
    run(graph(asking(client), name="helper"))

    assert [
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "helper",
            "golden_path.outcome": "success",
            "run_id": "r-1",
            "thread_id": "t-1",
        }
    ] == [dict(span.attributes or {}) for span in reports.spans]


def test_interrupt(reports: Reports) -> None:
    """A run that waits for a person has not failed."""

    def approve(state: State) -> None:
        interrupt("May I?")

    answer = run(graph(approve, checkpointer=InMemorySaver()))

    assert "__interrupt__" in answer
    assert [] == reports.ids


def test_command_to_the_graph_around(reports: Reports) -> None:
    """A sub-graph that hands over raises, and that is no failure."""

    def hand_over(state: State) -> Command[Any]:
        return Command(graph=Command.PARENT, goto="after")

    def after(state: State) -> dict[str, list[str]]:
        return {"said": ["after"]}

    made = StateGraph(State)
    made.add_node("inner", graph(hand_over, name="inner"))
    made.add_node("after", after)
    made.add_edge(START, "inner")

    assert {"said": ["after"]} == run(made.compile())
    assert [] == reports.ids


@pytest.mark.parametrize(
    ("status", "expected"), [(404, []), (503, [f"{RUN_FAILED} root"])]
)
def test_step_answers_the_client(
    reports: Reports, status: int, expected: list[str]
) -> None:
    """Below 500 an `HTTPException` is an answer, and no failure."""

    def find(state: State) -> None:
        raise HTTPException(status)

    with pytest.raises(HTTPException):
        run(graph(find))

    assert expected == chain(reports)


def test_reader_stops(reports: Reports, client: OpenAI) -> None:
    """A run whose events nobody reads any more is abandoned, not failed."""
    for _ in graph(asking(client), asking_twice(client)).stream(START_OF_RUN):
        break
    gc.collect()

    assert [] == reports.ids
    assert ["abandoned"] == outcomes(reports)


def asking_twice(client: OpenAI) -> Callable[[State], Any]:
    """Make one more step."""

    def again(state: State) -> dict[str, list[str]]:
        return {"said": [str(ask(client))]}

    return again


def outcomes(reports: Reports) -> list[Any]:
    """How the runs ended."""
    found = (span.attributes or {} for span in reports.spans)
    return [one["golden_path.outcome"] for one in found if "golden_path.outcome" in one]


# -- the model ------------------------------------------------------------------------


@pytest.mark.provokes(c.AGENT_LLM_CALL_FAILED)
@pytest.mark.provokes(c.AGENT_SUPERVISOR_ORCHESTRATION_FAILED)
def test_model_answers_500(reports: Reports, llm: Llm, client: OpenAI) -> None:
    """The model's failure is the root, the run's names it, and pages."""
    llm.behave(kind="status", status=500)

    with pytest.raises(openai.InternalServerError):
        run(graph(asking(client), name="helper"))
    root, symptom = reports.all

    assert [f"{LLM_FAILED} root", f"{RUN_FAILED} symptom"] == chain(reports)
    assert 1 == traces(reports)
    assert root["golden_path.record_id"] == symptom["golden_path.cause_id"]
    assert f"http://127.0.0.1:{llm.port}" == symptom["golden_path.dependency"]
    assert ("r-1", "t-1") == (symptom["run_id"], symptom["thread_id"])
    assert ("think", ("think=failed",), 0, 1) == (
        symptom["failed_step"],
        symptom["sub_agents_status"],
        symptom["sub_agents_completed"],
        symptom["sub_agents_failed"],
    )
    assert ("127.0.0.1", MODEL, "server_error", False, "none named in settings") == (
        root["provider"],
        root["model"],
        root["error_code"],
        root["retry_attempted"],
        root["fallback_model"],
    )
    assert ("retry_delay",) == root["golden_path.unknown"]


@pytest.mark.provokes(c.AGENT_LLM_CALL_FAILED)
async def test_model_gives_up_after_its_retries(
    reports: Reports, llm: Llm, aclient: AsyncOpenAI
) -> None:
    """It is one failure, with the tries and the delay that was asked for."""
    llm.behave(kind="status", status=429, retry_after=0.01)
    step = asking_async(aclient.with_options(max_retries=2))

    with pytest.raises(openai.RateLimitError):
        await graph(step).ainvoke(START_OF_RUN, RUN)
    root = reports.one(LLM_FAILED)

    assert 3 == llm.count(429)
    assert [f"{LLM_FAILED} root", f"{RUN_FAILED} symptom"] == chain(reports)
    assert ("rate_limit_exceeded", 0.01, True, 3) == (
        root["error_code"],
        root["retry_delay"],
        root["retry_attempted"],
        root["attempts"],
    )


def test_second_model_fails_too(reports: Reports, llm: Llm, client: OpenAI) -> None:
    """It is called while the first failure is handled, and is a root of its own."""
    llm.behave(kind="status", status=500)

    def think(state: State) -> None:
        try:
            ask(client, "large-1")
        except openai.OpenAIError:
            ask(client, "small-1")

    with pytest.raises(openai.InternalServerError):
        run(graph(think))
    first, second, died = reports.all

    assert [
        f"{LLM_FAILED} root",
        f"{LLM_FAILED} root",
        f"{RUN_FAILED} symptom",
    ] == chain(reports)
    assert ("large-1", "small-1") == (first["model"], second["model"])
    assert first["golden_path.record_id"] == second["golden_path.related_id"]
    assert second["golden_path.record_id"] == died["golden_path.cause_id"]


def test_second_model_helps(reports: Reports, llm: Llm, client: OpenAI) -> None:
    """A fallback is no retry: the first failure is recorded, and the run succeeds."""
    llm.behave(kind="status", status=500, times=1)

    def think(state: State) -> None:
        try:
            ask(client, "large-1")
        except openai.OpenAIError:
            ask(client, "small-1")

    run(graph(think))

    assert [f"{LLM_FAILED} root"] == chain(reports)
    assert ["success"] == outcomes(reports)


def test_failure_raised_again_as_text(
    reports: Reports, llm: Llm, client: OpenAI
) -> None:
    """A new exception without a cause is what the call inside has led to."""
    llm.behave(kind="status", status=500)

    def think(state: State) -> None:
        text = ""
        try:
            ask(client)
        except openai.OpenAIError as error:
            text = str(error)
        raise RuntimeError(text)

    with pytest.raises(RuntimeError, match="500"):
        run(graph(think))

    assert [f"{LLM_FAILED} root", f"{RUN_FAILED} symptom"] == chain(reports)


async def test_failure_in_a_group(
    reports: Reports, llm: Llm, aclient: AsyncOpenAI
) -> None:
    """What a task group raises has neither cause nor context; its members tell."""
    llm.behave(kind="status", status=500)
    think = asking_async(aclient)

    async def together(state: State) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(think(state))

    with pytest.raises(ExceptionGroup):
        await graph(together).ainvoke(START_OF_RUN, RUN)

    assert [f"{LLM_FAILED} root", f"{RUN_FAILED} symptom"] == chain(reports)
    assert 1 == traces(reports)


async def test_siblings_are_cancelled(
    reports: Reports, llm: Llm, aclient: AsyncOpenAI
) -> None:
    """One step fails; that the others are called off is no failure of theirs."""
    llm.behave(kind="hang")

    async def calculate(state: State) -> None:
        await asyncio.to_thread(llm.wait_for, bool)
        raise ValueError("cannot calculate")

    with pytest.raises(ValueError, match="cannot calculate"):
        await fan(asking_async(aclient), calculate).ainvoke(START_OF_RUN, RUN)
    only = reports.one(RUN_FAILED)

    assert [f"{RUN_FAILED} root"] == chain(reports)
    assert "calculate" == only["failed_step"]
    assert {"think=cancelled", "calculate=failed"} == set(only["sub_agents_status"])


# -- the supervisor -------------------------------------------------------------------


@pytest.mark.provokes(c.AGENT_SUPERVISOR_ORCHESTRATION_FAILED)
def test_sub_agent_raises(reports: Reports) -> None:
    """The run's outermost graph reports it once; the graph inside is a step."""

    def research(state: State) -> None:
        raise KeyError("facts")

    def greet(state: State) -> dict[str, list[str]]:
        return {"said": ["hello"]}

    made = StateGraph(State)
    made.add_node("greet", greet)
    made.add_node("researcher", graph(research, name="researcher"))
    made.add_edge(START, "greet")
    made.add_edge("greet", "researcher")

    with pytest.raises(KeyError):
        run(made.compile(name="supervisor"))
    only = reports.one(RUN_FAILED)

    assert [f"{RUN_FAILED} root"] == chain(reports)
    assert ("researcher", ("greet=completed", "researcher=failed"), "supervisor") == (
        only["failed_step"],
        only["sub_agents_status"],
        only["agent_name"],
    )
    assert "KeyError" == only["error.type"]
    assert ["failed"] == outcomes(reports)


def test_sub_agent_fails_and_is_made_good(
    reports: Reports, llm: Llm, client: OpenAI
) -> None:
    """A graph inside fails, the step around it goes on: only the root is there."""
    llm.behave(kind="status", status=500)
    researcher = graph(asking(client), name="researcher")

    def research(state: State) -> dict[str, list[str]]:
        try:
            return {"said": researcher.invoke(START_OF_RUN)["said"]}
        except openai.OpenAIError:
            return {"said": ["nothing found"]}

    run(graph(research))

    assert [f"{LLM_FAILED} root"] == chain(reports)
    assert ["success"] == outcomes(reports)


@pytest.mark.parametrize("kind", ["call", "run"])
def test_supervisor_is_named(
    reports: Reports, llm: Llm, client: OpenAI, kind: Literal["call", "run"]
) -> None:
    """A supervisor that is watched itself reports in the graph's stead, once."""
    llm.behave(kind="status", status=500)
    agent = graph(asking(client))

    @watch(c.AGENT_SUPERVISOR_ORCHESTRATION_FAILED, kind=kind)
    def supervise() -> None:
        run(agent)

    with pytest.raises(openai.InternalServerError):
        supervise()
    only = reports.one(RUN_FAILED)

    assert [f"{LLM_FAILED} root", f"{RUN_FAILED} symptom"] == chain(reports)
    assert 1 == traces(reports)
    assert ("think", ("think=failed",)) == (
        only["failed_step"],
        only["sub_agents_status"],
    )


# -- tools ----------------------------------------------------------------------------


def tool(raises: Exception | None = None, **options: Any) -> StructuredTool:
    """Make a tool that raises."""

    def search(query: str) -> str:
        """Search for facts."""
        if raises is not None:
            raise raises
        return query

    return StructuredTool.from_function(search, **options)


def tool_agent(used: StructuredTool, **options: Any) -> Any:
    """Make an agent that uses the tool as LangGraph's own node does."""
    made = StateGraph(MessagesState)
    made.add_node("tools", ToolNode([used], **options))
    made.add_edge(START, "tools")
    return made.compile(name="researcher")


def use(agent: Any) -> Any:
    """Run an agent as if its model had asked for the tool."""
    call = ToolCall(name="search", args={"query": "Rome"}, id="call-1")
    return agent.invoke({"messages": [AIMessage("", tool_calls=[call])]}, RUN)


@pytest.mark.provokes(c.AGENT_TOOL_FAILED)
def test_tool_raises(reports: Reports) -> None:
    """The tool is the root, and the run that dies of it a symptom."""
    with pytest.raises(ConnectionError):
        use(tool_agent(tool(ConnectionError("index is down"))))
    root = reports.one(TOOL_FAILED)

    assert [f"{TOOL_FAILED} root", f"{RUN_FAILED} symptom"] == chain(reports)
    assert 1 == traces(reports)
    assert ("search", "index is down", False, "ConnectionError") == (
        root["tool_name"],
        root["tool_error"],
        root["retry_attempted"],
        root["error.type"],
    )


@pytest.mark.provokes(c.AGENT_TOOL_FAILED)
def test_node_tells_the_model(reports: Reports) -> None:
    """`ToolNode` makes a text of it and goes on; the tool failed all the same."""
    agent = tool_agent(tool(ConnectionError("index is down")), handle_tool_errors=True)

    answer = use(agent)["messages"][-1]

    assert "error" == answer.status
    assert [f"{TOOL_FAILED} root"] == chain(reports)
    assert "index is down" == reports.one(TOOL_FAILED)["tool_error"]
    assert ["success"] == outcomes(reports)


@pytest.mark.provokes(c.AGENT_TOOL_FAILED)
def test_tool_tells_the_model(reports: Reports) -> None:
    """The tool itself makes a text of its `ToolException`: nothing is raised at all."""
    used = tool(ToolException("no such index"), handle_tool_error="try another way")

    answer = used.invoke({"query": "Rome"})
    only = reports.one(TOOL_FAILED)

    assert "try another way" == answer
    assert [f"{TOOL_FAILED} root"] == chain(reports)
    assert ("search", "no such index") == (only["tool_name"], only["tool_error"])


def test_tool_that_failed_is_no_cause_of_what_comes_later(reports: Reports) -> None:
    """Its node went on; what the run dies of in another node is a root."""
    used = tool(ConnectionError("index is down"))

    def research(state: State) -> dict[str, list[str]]:
        try:
            return {"said": [used.invoke({"query": "Rome"})]}
        except ConnectionError:
            return {"said": ["nothing found"]}

    def write(state: State) -> None:
        raise ValueError("no template")

    with pytest.raises(ValueError, match="no template"):
        run(graph(research, write))

    assert [f"{TOOL_FAILED} root", f"{RUN_FAILED} root"] == chain(reports)


async def test_asynchronous_tool_runs_out_of_time(reports: Reports) -> None:
    """The deadline around the tool is the tool's, with its limit."""
    arrived = asyncio.Event()

    async def search(query: str) -> None:
        """Search for facts."""
        arrived.set()
        await asyncio.Event().wait()

    used = StructuredTool.from_function(coroutine=search)

    async def research(state: State) -> None:
        await asyncio.wait_for(used.ainvoke({"query": "Rome"}), 0.1)

    with pytest.raises(TimeoutError):
        await graph(research).ainvoke(START_OF_RUN, RUN)
    root = reports.one(TIMED_OUT)

    assert arrived.is_set()
    assert [f"{TIMED_OUT} root", f"{RUN_FAILED} symptom"] == chain(reports)
    assert ("search", 0.1) == (root["tool_name"], root["timeout_limit"])


# -- time -----------------------------------------------------------------------------


@pytest.mark.provokes(c.AGENT_TIMEOUT)
async def test_run_out_of_time(
    reports: Reports, llm: Llm, aclient: AsyncOpenAI
) -> None:
    """The run is what had the deadline; the call that it waited for is cancelled."""
    llm.behave(kind="hang")
    agent = graph(asking_async(aclient))

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(agent.ainvoke(START_OF_RUN, RUN), 0.3)
    only = reports.one(TIMED_OUT)

    assert [f"{TIMED_OUT} root"] == chain(reports)
    assert (0.3, False, "r-1") == (
        only["timeout_limit"],
        only["partial_results_saved"],
        only["run_id"],
    )
    assert 0.3 <= only["actual_duration"] + 0.005 < 3


@pytest.mark.provokes(c.AGENT_TIMEOUT)
def test_too_many_steps(reports: Reports) -> None:
    """LangGraph's limit is one of steps: there are no seconds to tell."""

    def think(state: State) -> Command[Any]:
        return Command(goto="think")

    with pytest.raises(GraphRecursionError):
        graph(think).invoke(START_OF_RUN, {**RUN, "recursion_limit": 5})
    only = reports.one(TIMED_OUT)

    assert [f"{TIMED_OUT} root"] == chain(reports)
    assert ("timeout_limit",) == only["golden_path.unknown"]


async def test_user_calls_the_run_off(
    reports: Reports, llm: Llm, aclient: AsyncOpenAI
) -> None:
    """A cancellation that no deadline is behind is no failure."""
    llm.behave(kind="hang")
    work = asyncio.create_task(graph(asking_async(aclient)).ainvoke(START_OF_RUN, RUN))
    await asyncio.to_thread(llm.wait_for, bool)

    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    assert [] == reports.ids
    assert ["cancelled"] == outcomes(reports)


# -- state, results, factory ----------------------------------------------------------


class FullDisk(InMemorySaver):
    """A store of checkpoints that cannot write any more."""

    def put(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - of any shape
        """Fail."""
        raise OSError("No space left on device")

    async def aput(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - as above
        """Fail."""
        raise OSError("No space left on device")


def to_thread(agent: Any) -> Callable[..., Any]:
    """Run an agent's steps on a thread, as a web framework does."""
    return lambda *args: asyncio.to_thread(agent.invoke, *args)


@pytest.mark.provokes(c.AGENT_STATE_FAILED)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
async def test_checkpoint_cannot_be_written(
    reports: Reports, *, asynchronous: bool
) -> None:
    """Whatever its class, the store fails and the run dies of it."""

    async def think(state: State) -> dict[str, list[str]]:
        return {"said": ["hello"]}

    def think_sync(state: State) -> dict[str, list[str]]:
        return {"said": ["hello"]}

    agent = graph(think if asynchronous else think_sync, checkpointer=FullDisk())
    with pytest.raises(OSError, match="No space left"):
        await (agent.ainvoke if asynchronous else to_thread(agent))(START_OF_RUN, RUN)
    root = reports.one("agent.state.failed")

    assert ["agent.state.failed root", f"{RUN_FAILED} symptom quiet"] == chain(reports)
    assert 1 == traces(reports)
    assert ("writing the checkpoint of step -1", "No space left on device", "r-1") == (
        root["execution_state"],
        root["state_error"],
        root["run_id"],
    )


@pytest.mark.provokes(c.AGENT_STATE_FAILED)
def test_two_steps_write_the_same(reports: Reports) -> None:
    """An update that cannot be applied is the state's failure, not a step's."""

    class Single(MessagesState):
        answer: str

    def one(state: Single) -> dict[str, str]:
        return {"answer": "1"}

    def two(state: Single) -> dict[str, str]:
        return {"answer": "2"}

    made = StateGraph(Single)
    for step in (one, two):
        made.add_node(step.__name__, step)
        made.add_edge(START, step.__name__)

    with pytest.raises(InvalidUpdateError):
        made.compile().invoke({"messages": [], "answer": ""}, RUN)

    assert ["agent.state.failed root"] == chain(reports)


@pytest.mark.provokes(c.AGENT_RESULT_PROCESSING_FAILED)
def test_answer_is_no_json(reports: Reports, llm: Llm, client: OpenAI) -> None:
    """The parser's failure is the run's cause."""
    llm.behave(kind="say", text="Sure! Here is your JSON.")

    def parse(state: State) -> None:
        JsonOutputParser().invoke(str(ask(client)))

    with pytest.raises(OutputParserException):
        run(graph(parse))

    assert [
        "agent.result.processing_failed root",
        f"{RUN_FAILED} symptom",
    ] == chain(reports)
    assert "Invalid json" in reports.all[0]["processing_error"]


class City(BaseModel):
    """What the model is asked for."""

    name: str
    inhabitants: int


@pytest.mark.provokes(c.AGENT_RESULT_PROCESSING_FAILED)
def test_answer_does_not_fit_the_schema(
    reports: Reports, llm: Llm, client: OpenAI
) -> None:
    """The client's own parser is seen too."""
    llm.behave(kind="say", text='{"name": "Rome"}')

    with pytest.raises(ValueError, match="inhabitants"):
        client.chat.completions.parse(model=MODEL, messages=ASKED, response_format=City)

    assert ["agent.result.processing_failed root"] == chain(reports)


@pytest.mark.provokes(c.AGENT_FACTORY_INIT_FAILED)
def test_graph_cannot_be_built(reports: Reports) -> None:
    """A graph without a beginning is refused by LangGraph."""
    made = StateGraph(State)
    made.add_node("think", lambda state: state)

    with pytest.raises(ValueError, match="entrypoint"):
        made.compile(name="helper")
    only = reports.one("agent.factory.init_failed")

    assert ["agent.factory.init_failed root"] == chain(reports)
    assert ("StateGraph", "helper") == (only["factory_type"], only["agent_name"])
    assert "entrypoint" in only["factory_error"]
