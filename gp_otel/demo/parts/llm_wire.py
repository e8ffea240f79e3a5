"""The two wire formats of an OpenAI-compatible server: read a prompt, write a reply.

https://platform.openai.com/docs/api-reference/chat
https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from gp_otel.demo.parts.llm_reply import Message, Prompt, Reply, Say

Json = dict[str, Any]

CREATED = 1_760_000_000
"""A fixed moment: the same conversation gives the same bytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, before it is worded; `finish` is a finish reason of chat."""

    number: int
    model: str
    reply: Reply
    finish: str
    tokens: int

    @property
    def pieces(self) -> list[str]:
        """The text, or the call's arguments, in the pieces that a stream sends."""
        return re.findall(r"\S+\s*|\s+", self.text)

    @property
    def tool(self) -> str:
        """The tool that is called."""
        return "" if isinstance(self.reply, Say) else self.reply.tool

    @property
    def text(self) -> str:
        """The text that is said, or the call's arguments."""
        if isinstance(self.reply, Say):
            return self.reply.text
        return json.dumps(dict(self.reply.arguments))


def read_prompt(body: Json) -> Prompt:
    """Read either API's request."""
    entries: Any = body.get("messages", body.get("input", []))
    if isinstance(entries, str):
        entries = [{"role": "user", "content": entries}]
    tools = [tool.get("function", tool) for tool in body.get("tools", [])]
    return Prompt(
        messages=[_message(entry) for entry in entries],
        tools={t["name"]: t.get("parameters") or {} for t in tools if "name" in t},
        choice=_choice(body.get("tool_choice", "auto")),
        schema=_schema(body),
    )


def _message(entry: Json) -> Message:
    match entry.get("type"):
        case "function_call":
            return Message("assistant", tools=(entry["name"],))
        case "function_call_output":
            return Message("tool", _text(entry["output"]))
        case _:
            pass
    calls = entry.get("tool_calls") or ()
    names = tuple(call["function"]["name"] for call in calls)
    return Message(entry.get("role", ""), _text(entry.get("content")), names)


def _text(content: Any) -> str:
    if isinstance(content, list):
        parts = cast("list[Json]", content)
        return " ".join(str(part.get("text", "")) for part in parts)
    return content or ""


def _choice(choice: str | Mapping[str, Any]) -> str:
    if isinstance(choice, str):
        return choice
    return str(choice.get("function", choice).get("name", "auto"))


def _schema(body: Json) -> Json | None:
    wanted: Json = body.get("response_format") or body.get("text", {}).get("format", {})
    holder: Json = wanted.get("json_schema", wanted)
    return holder.get("schema")


# -- chat completions --------------------------------------------------------


def chat(answer: Answer) -> Json:
    """Word it as a `chat.completion`."""
    message: Json = {"role": "assistant", "content": None, "refusal": None}
    if isinstance(answer.reply, Say):
        message["content"] = answer.text
    else:
        message["tool_calls"] = [_chat_call(answer, answer.text)]
    choice = {"index": 0, "message": message, "finish_reason": answer.finish}
    return _chat(answer, "chat.completion", choices=[choice], usage=_chat_usage(answer))


def chat_stream(answer: Answer, *, with_usage: bool) -> Iterator[Json]:
    """Word it as `chat.completion.chunk`s."""
    for delta in _chat_deltas(answer):
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        yield _chat(answer, "chat.completion.chunk", choices=[choice])
    last: Json = {"index": 0, "delta": {}, "finish_reason": answer.finish}
    yield _chat(answer, "chat.completion.chunk", choices=[last])
    if with_usage:
        kind, rest = "chat.completion.chunk", {"usage": _chat_usage(answer)}
        yield _chat(answer, kind, choices=[], **rest)


def _chat_deltas(answer: Answer) -> Iterator[Json]:
    yield {"role": "assistant", "content": ""}
    if isinstance(answer.reply, Say):
        yield from ({"content": piece} for piece in answer.pieces)
        return
    yield {"tool_calls": [{"index": 0, **_chat_call(answer, "")}]}
    for piece in answer.pieces:
        yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def _chat_call(answer: Answer, arguments: str) -> Json:
    function = {"name": answer.tool, "arguments": arguments}
    return {"id": f"call_{answer.number}", "type": "function", "function": function}


def _chat(answer: Answer, kind: str, **rest: Any) -> Json:
    head = {"id": f"chatcmpl-{answer.number}", "object": kind, "created": CREATED}
    return {**head, "model": answer.model, **rest}


def _chat_usage(answer: Answer) -> Json:
    return usage(answer, "prompt_tokens", "completion_tokens")


def usage(answer: Answer, asked: str, said: str) -> Json:
    """Count what was asked and said, under the names that an API has for it."""
    spoken = len(answer.pieces)
    return {
        asked: answer.tokens,
        said: spoken,
        "total_tokens": answer.tokens + spoken,
        f"{asked}_details": {"cached_tokens": 0},
        f"{said}_details": {"reasoning_tokens": 0},
    }
