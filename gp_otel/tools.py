"""Tools: what failed although the model was told something else.

LangChain can turn a tool's exception into a text for the model. The user gets an
answer made without the tool, and nobody hears of it.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from gp_otel import catalogue as c
from gp_otel import operation
from gp_otel.failure import FailurePoint
from gp_otel.guard import guard
from gp_otel.watched import Call, Fields

_HANDLED: Final = "tool.handled"


def describe(call: Call) -> Fields:
    """Name the tool; its arguments stay here."""
    name = getattr(call.instance, "name", None)
    return {
        c.TOOL_NAME: name,
        c.GEN_AI_TOOL_NAME: name,
        c.TIMEOUT_LIMIT: call.limit,
        c.ACTUAL_DURATION: call.seconds,
    }


def answered(call: Call) -> FailurePoint | None:
    """Leave an answer that a tool gives by raising it to whoever sends it."""
    status: int = getattr(call.error, "status_code", HTTPStatus.INTERNAL_SERVER_ERROR)
    return c.AGENT_TOOL_FAILED if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None


def judge(call: Call) -> FailurePoint | None:
    """Look for an exception that was made a text, and for an answer that is one."""
    one = call.operation
    handled = one.facts.pop(_HANDLED, None) if one is not None else None
    if handled is not None:
        call.error = handled
        return c.AGENT_TOOL_FAILED
    wrong = getattr(call.result, "status", None) == "error"
    return c.AGENT_TOOL_FAILED if wrong else None


def handled(wrapped: Callable[..., Any], _tool: object, args: Any, kwargs: Any) -> Any:
    """Note the exception that LangChain is about to make a text of."""
    guard("tool", _note, args[0] if args else kwargs.get("e"))
    return wrapped(*args, **kwargs)


def _note(error: object) -> None:
    inside = operation.current()
    tool = inside.around("tool") if inside is not None else None
    if tool is not None and isinstance(error, Exception):
        tool.facts[_HANDLED] = error
