"""Agents made up for a test: graphs of LangGraph around OpenAI's client."""

from __future__ import annotations

from collections.abc import Callable
from operator import add
from typing import Annotated, Any, TypedDict

from langgraph.graph import START, StateGraph
from openai import AsyncOpenAI, OpenAI

from gp_otel.testing import Reported, Reports

ASKED: Any = [{"role": "user", "content": "What is the weather in Rome?"}]
MODEL = "small-1"
RUN: Any = {"configurable": {"thread_id": "t-1", "run_id": "r-1"}}
"""How a run is configured that knows its ids."""


class State(TypedDict):
    """What the steps of a run have said."""

    said: Annotated[list[str], add]


START_OF_RUN: Any = {"said": []}


def graph(*steps: Callable[..., Any], name: str = "boss", **options: Any) -> Any:
    """One step after the other, each called by the name of its function."""
    made = StateGraph(State)
    before = START
    for step in steps:
        made.add_node(step.__name__, step)
        made.add_edge(before, step.__name__)
        before = step.__name__
    return made.compile(name=name, **options)


def fan(*steps: Callable[..., Any], name: str = "boss") -> Any:
    """All steps at once."""
    made = StateGraph(State)
    for step in steps:
        made.add_node(step.__name__, step)
        made.add_edge(START, step.__name__)
    return made.compile(name=name)


def ask(client: OpenAI, model: str = MODEL) -> str | None:
    """Ask the model something."""
    completion = client.chat.completions.create(model=model, messages=ASKED)
    return completion.choices[0].message.content


def asking(client: OpenAI) -> Callable[[State], dict[str, list[str]]]:
    """Make a step that asks the model."""

    def think(state: State) -> dict[str, list[str]]:
        return {"said": [str(ask(client))]}

    return think


def asking_async(client: AsyncOpenAI) -> Callable[[State], Any]:
    """Make an asynchronous step that asks the model."""

    async def think(state: State) -> dict[str, list[str]]:
        completion = await client.chat.completions.create(model=MODEL, messages=ASKED)
        return {"said": [str(completion.choices[0].message.content)]}

    return think


def chain(reports: Reports) -> list[str]:
    """Each failure in its order: its id, its place in its chain, its effect."""
    return [_place(one) for one in reports.all]


def _place(one: Reported) -> str:
    place = "root" if one["golden_path.root"] else "symptom"
    return f"{one.id} {place}" + ("" if one["golden_path.escalates"] else " quiet")


def traces(reports: Reports) -> int:
    """Count the traces that the failures lie in; 0 is in none."""
    found = {one.trace_id for one in reports.all}
    assert 0 not in found
    return len(found)
