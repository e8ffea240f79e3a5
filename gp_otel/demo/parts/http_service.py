"""A scripted JSON service: auth, threads, supervisor, tools, health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from gp_otel.demo.parts.behaviour import Gate, Script
from gp_otel.demo.parts.http_server import HttpServer, Reply, Request, TornError
from gp_otel.demo.parts.journal import Journal
from gp_otel.demo.parts.part import Part

Kind = Literal["normal", "status", "hang", "invalid", "cut", "reset"]

Answer = Callable[[Request], Any]
"""Makes a normal answer: its JSON, or the whole reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRule:
    """How requests whose path starts with `path` are answered.

    `status`: that status with `body`. `hang`: nothing for `seconds` (None: until
    `release`), then the normal answer. `invalid`: HTML where JSON is due. `cut`
    and `reset`: the connection ends half way through the body, or at once.
    `latency` comes before each of them.
    """

    kind: Kind = "normal"
    path: str = "/"
    times: int | None = None
    status: int = 503
    body: Any = None
    retry_after: float | None = None
    latency: float = 0.0
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """One request that arrived; `status` is None while, or if, none was sent."""

    method: str
    path: str
    status: int | None = None
    kind: Kind = "normal"


class HttpService(Part):
    """Answers known paths with JSON; everything else with 404.

    `answers` says what: a JSON value, or a function of the request. Paths are
    tried as `GET /threads`, then `/threads`, the longest beginning first.
    """

    def __init__(
        self, answers: Mapping[str, Any | Answer], *, port: int | None = None
    ) -> None:
        self._answers = dict(answers)
        self._server = HttpServer(self._handle, port=port)
        self._script = Script([ServiceRule()])
        self._gate = Gate(self._server)
        self._journal: Journal[Served] = Journal()

    @property
    def port(self) -> int:
        """Its port, also while it refuses."""
        return self._server.port

    @property
    def url(self) -> str:
        """Where it is: `http://127.0.0.1:…`."""
        return self._server.url

    def behave(self, *rules: ServiceRule, **rule: Any) -> None:
        """Answer by these rules from now on; one can be given as keywords."""
        self._script.set(*rules, *([ServiceRule(**rule)] if rule else []))

    def normal(self) -> None:
        """Forget the rules, listen again, and answer what hangs."""
        self.behave()
        self.release()
        self.start()

    def refuse(self) -> None:
        """Close the port, as a service that is down."""
        self._server.refuse()

    def release(self) -> None:
        """Answer the requests that hang."""
        self._gate.open()

    @property
    def requests(self) -> tuple[Served, ...]:
        """Every request that arrived, in order."""
        return self._journal.entries

    def count(self, path: str = "/", status: int | None = None) -> int:
        """Count requests below a path, all or those answered with a status."""
        return sum(
            served.path.startswith(path) and status in (None, served.status)
            for served in self.requests
        )

    def wait_for(
        self, is_there: Callable[[tuple[Served, ...]], bool], timeout: float = 10.0
    ) -> bool:
        """Wait until the requests are as wanted; False when they never were."""
        return self._journal.wait_for(is_there, timeout)

    def start(self) -> None:
        """Listen."""
        self._server.start()

    def close(self) -> None:
        """End at once."""
        self._server.close()

    async def _handle(self, request: Request) -> Reply:
        rule = self._script.next(lambda rule: request.path.startswith(rule.path))
        served = Served(request.method, request.path, None, rule.kind)
        number = self._journal.add(served)
        reply = await self._reply(rule, request)
        self._journal.change(number, status=reply.status)
        return reply

    async def _reply(self, rule: ServiceRule, request: Request) -> Reply:
        await asyncio.sleep(rule.latency)
        match rule.kind:
            case "status":
                after = rule.retry_after
                headers = {} if after is None else {"retry_after": f"{after:g}"}
                return Reply.of(rule.body, rule.status, **headers)
            case "hang":
                await self._gate.wait(rule.seconds)
            case "invalid":
                page = b"<html><body>It works!</body></html>"
                return Reply(body=page, content_type="text/html")
            case "reset":
                raise TornError(reset=True)
            case "normal" | "cut":
                pass
        reply = self._normal(request)
        if rule.kind == "cut" and isinstance(reply.body, bytes):
            return replace(reply, body=_half(reply.body))
        return reply

    def _normal(self, request: Request) -> Reply:
        path, full = request.path, f"{request.method} {request.path}"
        for known in sorted(self._answers, key=len, reverse=True):
            if (full if " " in known else path).startswith(known):
                answer = self._answers[known]
                value = answer(request) if callable(answer) else answer
                return value if isinstance(value, Reply) else Reply.of(value)
        return Reply.of({"detail": "not found"}, 404)


async def _half(body: bytes) -> AsyncIterator[bytes]:
    yield body[: len(body) // 2]
    raise TornError
