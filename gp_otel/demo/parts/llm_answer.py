"""One request to the scripted model, and how it is answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from gp_otel.demo.parts.behaviour import Gate
from gp_otel.demo.parts.http_server import Reply, TornError
from gp_otel.demo.parts.llm_reply import Call, Prompt, Say
from gp_otel.demo.parts.llm_reply import Reply as Spoken
from gp_otel.demo.parts.llm_responses import response, response_stream
from gp_otel.demo.parts.llm_rule import LlmRule
from gp_otel.demo.parts.llm_wire import Answer, Json, chat, chat_stream

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"

_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
_FINISH = {"length": "length", "filtered": "content_filter"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, the rule that it falls under, and what a normal reply would be."""

    path: str
    body: Json
    prompt: Prompt
    rule: LlmRule
    number: int
    speaks: Callable[[Prompt], Spoken]
    gate: Gate

    async def reply(self) -> Reply:
        """Answer as the rule says."""
        await asyncio.sleep(self.rule.delay)
        if self.rule.breaks_after == 0:
            await self._break()
        if self.path not in {CHAT, RESPONSES}:
            return Reply.of({"error": LlmRule(status=404).error()}, 404)
        match self.rule.kind:
            case "status":
                return self._refusal()
            case "html":
                return Reply(body=_PAGE, content_type="text/html")
            case "foreign":
                return Reply.of({"status": "ok"})
            case _:
                return await self._well_formed()

    async def _well_formed(self) -> Reply:
        if self.body.get("stream"):
            frames = _frames(self.path, self.body, self._answer())
            return Reply(body=self._stream(frames), content_type="text/event-stream")
        return await self._whole()

    def _refusal(self) -> Reply:
        after = self.rule.retry_after
        headers = {} if after is None else {"retry_after": f"{after:g}"}
        return Reply.of({"error": self.rule.error()}, self.rule.status, **headers)

    def _answer(self) -> Answer:
        spoken = self._spoken()
        usual = "tool_calls" if isinstance(spoken, Call) else "stop"
        return Answer(
            number=self.number,
            model=str(self.body.get("model", "")),
            reply=spoken,
            finish=_FINISH.get(self.rule.kind, usual),
            tokens=len(self.prompt.text.split()),
        )

    def _spoken(self) -> Spoken:
        match self.rule.kind:
            case "say":
                return Say(self.rule.text)
            case "call":
                return Call(self.rule.tool, self.rule.arguments)
            case "empty" | "filtered":
                return Say("")
            case "length":
                spoken = self.speaks(self.prompt)
                text = spoken.text if isinstance(spoken, Say) else self.prompt.question
                return Say(text[: len(text) // 2])
            case _:
                return self.speaks(self.prompt)

    async def _whole(self) -> Reply:
        answer = self._answer()
        whole = chat(answer) if self.path == CHAT else response(answer)
        match self.rule.kind:
            case "error_event":
                return self._refusal()
            case "cut" | "reset":
                return Reply(body=self._half(json.dumps(whole)))
            case "drip":
                await asyncio.sleep(self.rule.seconds or 0.0)
            case _:
                pass
        return Reply.of(whole)

    async def _half(self, text: str) -> AsyncIterator[bytes]:
        yield text[: len(text) // 2].encode()
        await self._break()

    async def _stream(self, frames: Iterable[bytes]) -> AsyncIterator[bytes]:
        for number, frame in enumerate(frames):
            if number and number == self.rule.breaks_after:
                if self.rule.kind == "error_event":
                    yield _frame({"error": self.rule.error()})
                    return
                await self._break()
            if self.rule.kind == "drip":
                await asyncio.sleep(self.rule.seconds or 0.0)
            yield frame

    async def _break(self) -> None:
        if self.rule.kind == "hang":
            await self.gate.wait(self.rule.seconds)
        elif self.rule.kind in {"cut", "reset"}:
            raise TornError(reset=self.rule.kind == "reset")


def _frames(path: str, body: Json, answer: Answer) -> list[bytes]:
    """Word a stream as server-sent events."""
    if path == RESPONSES:
        events = response_stream(answer)
        return [f"event: {e['type']}\n".encode() + _frame(e) for e in events]
    options: Json = body.get("stream_options") or {}
    with_usage = bool(options.get("include_usage"))
    chunks = chat_stream(answer, with_usage=with_usage)
    return [*map(_frame, chunks), b"data: [DONE]\n\n"]


def _frame(event: Json) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()
