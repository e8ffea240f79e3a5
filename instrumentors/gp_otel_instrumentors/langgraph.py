"""LangGraph: agent runs, their steps and their state.

`invoke` and `ainvoke` read `stream` and `astream`, so these two see every run. Steps
make no record: their failure is the run's, which says which step it was. Interrupts
and commands are raised too, and are no failures.
"""

from __future__ import annotations

from gp_otel import catalogue as c
from gp_otel import graphs
from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched

LANGGRAPH = Instrumentor(
    library="langgraph>=1,<2",
    watched=(
        Watched(
            calls=(
                "langgraph.pregel.main:Pregel.stream",
                "langgraph.pregel.main:Pregel.astream",
            ),
            stage=Stage.AGENT,
            kind="run",
            compound=True,
            failures={
                "Exception": graphs.failed,
                "langgraph.errors.GraphBubbleUp": None,
                "starlette.exceptions.HTTPException": graphs.answered,
                "starlette.websockets.WebSocketDisconnect": graphs.left,
                "langgraph.errors.GraphRecursionError": graphs.out_of_time,
                "langgraph.errors.NodeTimeoutError": graphs.out_of_time,
                "langgraph.errors.InvalidUpdateError": graphs.out_of_order,
            },
            times_out=c.AGENT_TIMEOUT,
            succeeded=c.AGENT_SUCCESS,
            ids=graphs.ids,
            title=graphs.title,
            describe=graphs.describe,
        ),
        Watched(
            # In the module that calls them: it holds them under names of its own.
            calls=(
                "langgraph.pregel._runner:run_with_retry",
                "langgraph.pregel._runner:arun_with_retry",
            ),
            stage=Stage.AGENT,
            kind="step",
            compound=True,
            counted=False,
            failures={"langgraph.errors.GraphBubbleUp": None},
            enter=graphs.step_begins,
            leave=graphs.step_ends,
        ),
        Watched(
            # Every checkpointer is called from here, whatever its own class.
            calls=(
                "langgraph.pregel._loop:SyncPregelLoop._checkpointer_put_after_previous",
                "langgraph.pregel._loop:AsyncPregelLoop._checkpointer_put_after_previous",
            ),
            stage=Stage.AGENT,
            failures={"Exception": c.AGENT_STATE_FAILED},
            describe=graphs.checkpoint,
        ),
        Watched(
            calls=("langgraph.graph.state:StateGraph.compile",),
            stage=Stage.AGENT,
            failures={"Exception": c.AGENT_FACTORY_INIT_FAILED},
            describe=graphs.factory,
        ),
    ),
)
