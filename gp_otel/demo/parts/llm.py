"""A scripted server that speaks OpenAI's API: chat completions and responses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from gp_otel.demo.parts.behaviour import Gate, Script
from gp_otel.demo.parts.http_server import HttpServer, Reply, Request, TornError
from gp_otel.demo.parts.journal import Journal
from gp_otel.demo.parts.llm_answer import Exchange
from gp_otel.demo.parts.llm_reply import Prompt, reply_to
from gp_otel.demo.parts.llm_reply import Reply as Spoken
from gp_otel.demo.parts.llm_rule import LlmRequest, LlmRule
from gp_otel.demo.parts.llm_wire import Json, read_prompt
from gp_otel.demo.parts.part import Part


class Llm(Part):
    """Answers deterministically, until rules say otherwise.

    `speaks` decides what a normal answer says; `always` are rules that stay in
    force below those that `behave` sets.
    """

    def __init__(
        self,
        *,
        port: int | None = None,
        always: Sequence[LlmRule] = (),
        speaks: Callable[[Prompt], Spoken] = reply_to,
    ) -> None:
        self._server = HttpServer(self._handle, port=port)
        self._script = Script([*always, LlmRule()])
        self._speaks = speaks
        self._gate = Gate(self._server)
        self._journal: Journal[LlmRequest] = Journal()

    @property
    def port(self) -> int:
        """Its port, also while it refuses."""
        return self._server.port

    @property
    def url(self) -> str:
        """What clients take as `base_url`."""
        return f"{self._server.url}/v1"

    def behave(self, *rules: LlmRule, **rule: Any) -> None:
        """Answer by these rules from now on; one can be given as keywords."""
        self._script.set(*rules, *([LlmRule(**rule)] if rule else []))

    @contextmanager
    def behaving(self, *rules: LlmRule, **rule: Any) -> Generator[None]:
        """Answer by these rules within the block."""
        self.behave(*rules, **rule)
        try:
            yield
        finally:
            self.normal()

    def normal(self) -> None:
        """Forget the rules, listen again, and answer what hangs."""
        self.behave()
        self.release()
        self.start()

    def refuse(self) -> None:
        """Close the port, as a server that is down."""
        self._server.refuse()

    def release(self) -> None:
        """Answer the requests that hang."""
        self._gate.open()

    @property
    def requests(self) -> tuple[LlmRequest, ...]:
        """Every request that arrived, in order."""
        return self._journal.entries

    def count(self, status: int | None = None) -> int:
        """Count the requests, all or those answered with a status."""
        return sum(status in (None, request.status) for request in self.requests)

    def wait_for(
        self,
        is_there: Callable[[tuple[LlmRequest, ...]], bool],
        timeout: float = 10.0,
    ) -> bool:
        """Wait until the requests are as wanted; False when they never were."""
        return self._journal.wait_for(is_there, timeout)

    def start(self) -> None:
        """Listen."""
        self._server.start()

    def close(self) -> None:
        """End at once, whoever still waits."""
        self._server.close()

    async def _handle(self, request: Request) -> Reply:
        body: Json = request.json() or {}
        prompt = read_prompt(body)
        said = f"{body.get('model')}\n{prompt.text}"
        rule = self._script.next(lambda rule: rule.about in said)
        number = self._journal.add(_arrived(request, body, rule))
        exchange = Exchange(
            request.path, body, prompt, rule, number, self._speaks, self._gate
        )
        try:
            reply = await exchange.reply()
        except (TornError, asyncio.CancelledError) as error:
            self._journal.change(number, ended=_ending(error))
            raise
        if isinstance(reply.body, bytes):
            self._journal.change(number, status=reply.status, ended="complete")
            return reply
        self._journal.change(number, status=reply.status)
        return replace(reply, body=self._noting(number, reply.body))

    async def _noting(
        self, number: int, body: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        """Pass a stream on and note how it ended."""
        try:
            async for piece in body:
                yield piece
        except (TornError, asyncio.CancelledError) as error:
            self._journal.change(number, ended=_ending(error))
            raise
        self._journal.change(number, ended="complete")


def _ending(error: BaseException) -> str:
    return "cut" if isinstance(error, TornError) else "abandoned"


def _arrived(request: Request, body: Json, rule: LlmRule) -> LlmRequest:
    retry = request.headers.get("x-stainless-retry-count", "0")
    return LlmRequest(
        path=request.path,
        model=str(body.get("model", "")),
        stream=bool(body.get("stream")),
        retry=int(retry) if retry.isdigit() else 0,
        kind=rule.kind,
    )
