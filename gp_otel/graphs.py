"""Graphs: runs of LangGraph, their ids, and how their steps fare.

The outermost graph is the run; a graph inside it is a step like any other.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from gp_otel import catalogue as c
from gp_otel.failure import FailurePoint
from gp_otel.operation import Operation
from gp_otel.watched import UNNAMED, Call, Fields

_STEP: Final = "graph.step"
_STATUS: Final = "graph.status"


def failed(call: Call) -> FailurePoint | object:
    """Leave the failure of a graph inside a run to whoever asked for it."""
    return _of_the_run(call, c.AGENT_SUPERVISOR_ORCHESTRATION_FAILED)


def answered(call: Call) -> FailurePoint | object | None:
    """Leave an answer that a step gives by raising it to whoever sends it."""
    status: int = getattr(call.error, "status_code", HTTPStatus.INTERNAL_SERVER_ERROR)
    return failed(call) if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None


def left(_call: Call) -> None:
    """Make nothing of it that a step noticed first that nobody is there any more."""


def out_of_time(call: Call) -> FailurePoint | object:
    """Tell a limit of LangGraph's own: of a node's time, or of the run's steps."""
    return _of_the_run(call, c.AGENT_TIMEOUT)


def out_of_order(call: Call) -> FailurePoint | object:
    """Tell an update of the state that cannot be applied."""
    return _of_the_run(call, c.AGENT_STATE_FAILED)


def describe(call: Call) -> Fields:
    """Say which agent it was, and what its limits were."""
    error, run = call.error, call.operation
    elapsed = run.elapsed if run is not None else None
    return {
        c.AGENT_NAME: title(call),
        c.GEN_AI_AGENT_NAME: title(call),
        c.TIMEOUT_LIMIT: call.limit or getattr(error, "timeout", None),
        c.ACTUAL_DURATION: getattr(error, "elapsed", None) or elapsed,
        c.PARTIAL_RESULTS_SAVED: bool(getattr(call.instance, "checkpointer", None)),
        c.EXECUTION_DURATION: elapsed,
        c.EXECUTION_STATE: "applying what the steps have written",
    }


def ids(call: Call) -> Mapping[str, str]:
    """Read the thread's and the run's id from the configuration of the call."""
    bound: Mapping[str, Any] = getattr(call.instance, "config", None) or {}
    given: Mapping[str, Any] = call.argument("config") or {}
    found: dict[str, str] = {}
    for config in (bound, given):
        if config.get("run_id"):
            found["run_id"] = str(config["run_id"])
        more: Mapping[str, Any] = config.get("configurable") or {}
        for name in ("thread_id", "run_id"):
            if more.get(name):
                found[name] = str(more[name])
    return found


def title(call: Call) -> str:
    """Name the graph as its author did."""
    return str(getattr(call.instance, "name", None) or "LangGraph")


def step_begins(call: Call) -> None:
    """Note that a step of the run is at work."""
    one = call.operation
    if one is not None:
        one.facts[_STEP] = _task(call).name
        _note(call, "running")


def step_ends(call: Call) -> None:
    """Note on the run how one of its steps ended."""
    error = call.error
    if error is None:
        _note(call, "completed")
    elif isinstance(error, CancelledError):
        _note(call, "cancelled")
    elif call.watched.verdict(error) is None:
        _note(call, "interrupted")
    else:
        _note(call, "failed")


def checkpoint(call: Call) -> Fields:
    """Say which checkpoint could not be written; its content stays here."""
    metadata: Mapping[str, Any] = call.argument("metadata") or {}
    step, source = metadata.get("step"), metadata.get("source")
    saver = getattr(call.instance, "checkpointer", None)
    return {
        c.EXECUTION_STATE: f"writing the checkpoint of step {step}",
        c.CURRENT_STATE: source,
        c.DB_SYSTEM_NAME: type(saver).__name__,
    }


def factory(call: Call) -> Fields:
    """Say what could not be built, and for whom."""
    run = call.nearest
    known = sorted(run.scope.ids()) if run is not None else []
    return {
        c.FACTORY_TYPE: type(call.instance).__name__,
        c.USER_CONTEXT: f"ids known: {', '.join(known)}" if known else "none",
        c.AGENT_NAME: call.argument("name"),
    }


def _of_the_run(call: Call, point: FailurePoint) -> FailurePoint | object:
    run = call.operation
    return point if run is not None and run.kind == "run" else UNNAMED


def _task(call: Call) -> Any:
    return call.args[0] if call.args else call.kwargs["task"]


def _note(call: Call, status: str) -> None:
    """Keep the status of the run's own steps; those of a graph inside are its own."""
    run = call.inside("run")
    if run is None or _inside_a_step(call, run):
        return
    name = _task(call).name
    if name.startswith("__"):
        return  # LangGraph's own
    steps: dict[str, str] = run.facts.setdefault(_STATUS, {})
    steps[name] = status
    if status == "failed":
        run.tell(c.FAILED_STEP.name, name)
    found = list(steps.items())
    run.tell(c.SUB_AGENTS_STATUS.name, tuple(f"{one}={how}" for one, how in found))
    counts = [how for _, how in found]
    run.tell(c.SUB_AGENTS_COMPLETED.name, counts.count("completed"))
    run.tell(c.SUB_AGENTS_FAILED.name, counts.count("failed"))


def _inside_a_step(call: Call, run: Operation) -> bool:
    for one in call.outside.up() if call.outside is not None else ():
        if one is run:
            return False
        if _STEP in one.facts:
            return True
    return False
