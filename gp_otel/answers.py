"""Answers: what a model's answer says of itself.

An answer is a failure when there is nothing in it for the user. What it says is
never kept: only that it says something, why it ended and how long it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from gp_otel import catalogue as c
from gp_otel.failure import FailurePoint

Shape = Literal["completion", "response"]
"""The two shapes of OpenAI's API: chat completions, and responses."""

_CUT_OFF: Final = frozenset({"length", "max_output_tokens", "max_tokens"})
_FILTERED: Final = frozenset({"content_filter"})
_SPOKEN: Final = ("content", "text", "refusal", "tool_calls", "function_call", "audio")
_LAST_EVENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "response.completed": "completed",
        "response.incomplete": "incomplete",
        "response.failed": "failed",
    }
)


@dataclass(slots=True)
class Answer:
    """What is known of an answer, whole or so far."""

    shape: Shape
    finish_reason: str | None = None
    output_tokens: int | None = None
    says_something: bool = False
    is_foreign: bool = False
    is_pending: bool = False
    """It is made in the background and fetched later."""
    error_code: str | None = None
    """What an answer that says of itself that it failed gives as the reason."""

    def take(self, piece: Any) -> None:
        """Learn from a whole answer, or from one piece of a stream."""
        if self.shape == "completion":
            self._take_completion(piece)
        elif getattr(piece, "object", None) == "response":
            self._take_response(piece)
        else:
            self._take_event(piece)

    def verdict(self) -> FailurePoint | None:
        """Tell what is wrong with an answer that has come to its end."""
        if self.is_foreign:
            return c.SERVICE_LLM_MALFORMED
        if self.is_pending:
            return None
        if self.finish_reason in _FILTERED:
            return c.SERVICE_LLM_FILTERED
        if self.error_code is not None:
            return c.SERVICE_LLM_FAILED
        if self.finish_reason in _CUT_OFF:
            return c.SERVICE_LLM_TRUNCATED
        return None if self.says_something else c.SERVICE_LLM_EMPTY_ANSWER

    def verdict_of_stream(self) -> FailurePoint | None:
        """The same for a stream, which may end without its last piece."""
        if self.finish_reason is None and not self.is_foreign and not self.is_pending:
            return c.SERVICE_LLM_TRUNCATED
        return self.verdict()

    def _take_completion(self, piece: Any) -> None:
        choices: Any = getattr(piece, "choices", None)
        if choices.__class__ is not list:
            self.is_foreign = True
            return
        self._count(getattr(piece, "usage", None), "completion_tokens")
        for choice in choices:
            said = getattr(choice, "message", None) or getattr(choice, "delta", choice)
            self.says_something |= any(_has(said, name) for name in _SPOKEN)
            self.finish_reason = choice.finish_reason or self.finish_reason

    def _take_response(self, response: Any) -> None:
        status = getattr(response, "status", None)
        self.is_pending = status in ("queued", "in_progress")
        details = getattr(response, "incomplete_details", None)
        self.finish_reason = getattr(details, "reason", None) or status
        if (error := getattr(response, "error", None)) is not None:
            self.error_code = str(getattr(error, "code", None) or "unknown")
        self._count(getattr(response, "usage", None), "output_tokens")
        for item in getattr(response, "output", None) or ():
            self.says_something |= _speaks(item)

    def _take_event(self, event: Any) -> None:
        kind = getattr(event, "type", None)
        if not isinstance(kind, str):
            self.is_foreign = True
        elif kind == "error":
            self.finish_reason = "failed"
            self.error_code = str(getattr(event, "code", None) or "unknown")
        elif kind in _LAST_EVENTS:
            self._take_response(event.response)
            self.finish_reason = self.finish_reason or _LAST_EVENTS[kind]

    def _count(self, usage: Any, name: str) -> None:
        tokens = getattr(usage, name, None)
        if isinstance(tokens, int):
            self.output_tokens = tokens


def _has(said: Any, name: str) -> bool:
    value = getattr(said, name, None)
    return bool(value.strip() if isinstance(value, str) else value)


def _speaks(item: Any) -> bool:
    """Tell whether one item of a response is text or a call; reasoning is neither."""
    kind = getattr(item, "type", None)
    if kind == "message":
        return any(
            _has(part, "text") or _has(part, "refusal")
            for part in getattr(item, "content", None) or ()
        )
    return kind != "reasoning"
