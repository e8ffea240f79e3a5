"""HTTP calls as a user's browser makes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back; `error` names the exception where nothing did."""

    status: int | None
    text: str = ""
    events: tuple[Any, ...] = ()
    error: str | None = None

    def json(self) -> Any:
        """Read the text as JSON."""
        return json.loads(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpClient:
    """One user: a token, further headers, and patience in seconds."""

    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout: float = 10.0

    def call(self, method: str, url: str, body: Any = None) -> HttpAnswer:
        """Make one request; `body` goes as JSON."""
        with self._client() as client:
            try:
                answer = client.request(method, url, json=body)
            except httpx.HTTPError as error:
                return HttpAnswer(None, str(error), error=type(error).__name__)
            return HttpAnswer(answer.status_code, answer.text)

    def listen(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        leave_at: Callable[[Any], bool] = lambda _: False,
    ) -> HttpAnswer:
        """Read server-sent events; go away after one that is as `leave_at` says."""
        events: list[Any] = []
        status: int | None = None
        try:
            with self._client() as c, c.stream(method, url, json=body) as answer:
                status = answer.status_code
                for event in _events(answer):
                    events.append(event)
                    if leave_at(event):
                        break
        except httpx.HTTPError as error:
            kind = type(error).__name__
            return HttpAnswer(status, str(error), tuple(events), error=kind)
        return HttpAnswer(status, events=tuple(events))

    def _client(self) -> httpx.Client:
        sent = dict(self.headers)
        if self.token is not None:
            sent["authorization"] = f"Bearer {self.token}"
        return httpx.Client(headers=sent, timeout=self.timeout, trust_env=False)


def _events(answer: httpx.Response) -> Iterator[Any]:
    for line in answer.iter_lines():
        if line.startswith("data:"):
            yield _read(line.removeprefix("data:").strip())


def _read(data: str) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data
