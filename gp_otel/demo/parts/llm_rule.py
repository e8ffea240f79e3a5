"""How a scripted model misbehaves, as plain data, and what it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

Kind = Literal[
    "normal",
    "say",
    "call",
    "status",
    "hang",
    "empty",
    "filtered",
    "length",
    "foreign",
    "html",
    "cut",
    "reset",
    "error_event",
    "drip",
]

_CODES = {
    400: "context_length_exceeded",
    401: "invalid_api_key",
    403: "unsupported_country_region_territory",
    404: "model_not_found",
    429: "rate_limit_exceeded",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmRule:
    """How requests that mention `about` (in the prompt or as model) are answered.

    =========== ==================================================================
    normal      the deterministic reply
    say, call   this `text`; a call of this `tool` with these `arguments`
    status      an error: `status`, `code`, `retry_after` in seconds
    hang        silence for `seconds` (None: until `release`), then the normal reply
    empty       a well-formed answer without text
    filtered    finish reason `content_filter`, and no text
    length      finish reason `length`, and half of the text
    foreign     JSON with status 200 that is no answer of this API
    html        a page with status 200
    cut, reset  the connection is closed, or reset, in the middle
    error_event a stream that says after a while that the server failed
    drip        each piece only after `seconds`
    =========== ==================================================================

    `chunks` is how many events of a stream come before it breaks; 0 is before the
    head of the answer. `delay` in seconds comes before anything else.
    """

    kind: Kind = "normal"
    times: int | None = None
    about: str = ""
    text: str = ""
    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    status: int = 500
    code: str | None = None
    retry_after: float | None = None
    seconds: float | None = None
    chunks: int | None = None
    delay: float = 0.0

    @property
    def breaks_after(self) -> int | None:
        """After how many events a stream breaks; None where it does not."""
        if self.kind in {"cut", "error_event"}:
            return 2 if self.chunks is None else self.chunks
        if self.kind in {"hang", "reset"}:
            return self.chunks or 0
        return None

    def error(self) -> dict[str, Any]:
        """Word the error that `status` and `error_event` send."""
        code = self.code or _CODES.get(self.status, "server_error")
        text = self.text or f"The scripted server answers {self.status}."
        is_clients = self.status < HTTPStatus.TOO_MANY_REQUESTS
        kind = "invalid_request_error" if is_clients else code
        return {"message": text, "type": kind, "param": None, "code": code}


@dataclass(frozen=True, slots=True)
class LlmRequest:
    """One request that arrived.

    `retry` is which attempt the client says it is (0: the first); `status` is None
    until an answer's head was sent; `ended` says how the exchange ended, where
    `abandoned` is the client's doing.
    """

    path: str
    model: str = ""
    stream: bool = False
    retry: int = 0
    kind: Kind = "normal"
    status: int | None = None
    ended: Literal["open", "complete", "cut", "abandoned"] = "open"
