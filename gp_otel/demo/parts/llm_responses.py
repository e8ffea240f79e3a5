"""The responses API's wire format, whole and as a stream of events.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gp_otel.demo.parts.llm_reply import Say
from gp_otel.demo.parts.llm_wire import CREATED, Answer, Json, usage

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def response(answer: Answer) -> Json:
    """Word it as a `response`."""
    reason = _INCOMPLETE.get(answer.finish)
    status = "incomplete" if reason else "completed"
    rest: Json = {
        "output": [_item(answer, answer.text, status)],
        "usage": usage(answer, "input_tokens", "output_tokens"),
    }
    if reason:
        rest["incomplete_details"] = {"reason": reason}
    return _response(answer, status, **rest)


def response_stream(answer: Answer) -> Iterator[Json]:
    """Word it as the events of a streamed response, numbered."""
    for number, event in enumerate(_events(answer)):
        yield {**event, "sequence_number": number}


def _events(answer: Answer) -> Iterator[Json]:
    begun = _response(answer, "in_progress")
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    opened = _item(answer, "", "in_progress")
    yield {"type": "response.output_item.added", "output_index": 0, "item": opened}
    yield from (
        _text_events(answer) if isinstance(answer.reply, Say) else _call_events(answer)
    )
    whole = response(answer)
    item = whole["output"][0]
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": f"response.{whole['status']}", "response": whole}


def _text_events(answer: Answer) -> Iterator[Json]:
    place = {"item_id": f"msg_{answer.number}", "output_index": 0, "content_index": 0}
    kind = "response.content_part"
    yield {"type": f"{kind}.added", **place, "part": _part("")}
    for piece in answer.pieces:
        text: Json = {"delta": piece, "logprobs": []}
        yield {"type": "response.output_text.delta", **place, **text}
    whole: Json = {"text": answer.text, "logprobs": []}
    yield {"type": "response.output_text.done", **place, **whole}
    yield {"type": f"{kind}.done", **place, "part": _part(answer.text)}


def _call_events(answer: Answer) -> Iterator[Json]:
    place = {"item_id": f"fc_{answer.number}", "output_index": 0}
    kind = "response.function_call_arguments"
    for piece in answer.pieces:
        yield {"type": f"{kind}.delta", **place, "delta": piece}
    done = {"arguments": answer.text, "name": answer.tool}
    yield {"type": f"{kind}.done", **place, **done}


def _item(answer: Answer, text: str, status: str) -> Json:
    if isinstance(answer.reply, Say):
        content = [_part(text)] if status != "in_progress" else []
        head = {"id": f"msg_{answer.number}", "type": "message", "role": "assistant"}
        return {**head, "status": status, "content": content}
    return {
        "id": f"fc_{answer.number}",
        "type": "function_call",
        "call_id": f"call_{answer.number}",
        "name": answer.tool,
        "arguments": text,
        "status": status,
    }


def _part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _response(answer: Answer, status: str, **rest: Any) -> Json:
    return {
        "id": f"resp_{answer.number}",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "model": answer.model,
        "output": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "temperature": 1.0,
        "top_p": 1.0,
        **rest,
    }
