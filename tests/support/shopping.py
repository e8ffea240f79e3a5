"""A small application as its own process, and what its telemetry said."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt

from gp_otel.demo.parts.application import LAUNCHER, Application, script
from gp_otel.demo.parts.chat_client import ChatClient
from gp_otel.demo.parts.http_client import HttpAnswer, HttpClient
from gp_otel.demo.parts.otlp import START, Mark, OtlpReceiver, Received
from gp_otel.failure import Level

SOURCE = Path(__file__).parents[1] / "harm" / "shop.py"
KEY = "k" * 32
GOOD = jwt.encode({"sub": "ada-lovelace-1815"}, KEY, "HS256")
BAD = jwt.encode({"sub": "eve"}, "e" * 32, "HS256")

OURS = "golden_path."


@dataclass(eq=False, kw_only=True)
class Shop(Application):
    """`shop.py` on uvicorn, in a folder of its own."""

    app: str = "shop:app"
    service: str = "shop"
    health: str | None = "/health"

    def start(self) -> None:
        """Put the application where it runs, and start it there."""
        if self.folder is not None:
            shutil.copy(SOURCE, self.folder)
        super().start()

    def get(self, path: str, token: str | None = None, **headers: str) -> HttpAnswer:
        """Make a request."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        client = HttpClient(token=token, headers=named)
        return client.call("GET", f"{self.url}{path}")

    def fail(self) -> HttpAnswer:
        """Knock with a token of somebody else's: one `auth.jwt.invalid`."""
        return self.get("/me", BAD)

    def connect(self, token: str = GOOD) -> ChatClient:
        """Open a WebSocket, once it is entered."""
        return ChatClient(f"{self.ws_url}/ws?token={token}")

    def patched(self, *targets: str) -> list[bool]:
        """Tell which of these attributes are gp-otel's."""
        query = urlencode({"target": targets}, doseq=True)
        found: list[bool] = self.get(f"/inside/patched?{query}").json()
        return found

    def inside(self) -> Mapping[str, Any]:
        """Look into the process."""
        found: Mapping[str, Any] = self.get("/inside").json()
        return found


@dataclass(eq=False, kw_only=True)
class GunicornShop(Shop):
    """The same with gunicorn's workers."""

    def command(self) -> list[str]:
        """The command line."""
        gunicorn = [script("gunicorn"), self.app, "-k", "uvicorn_worker.UvicornWorker"]
        address = self.url.removeprefix("http://")
        return [script(LAUNCHER), "--", *gunicorn, "--bind", address, *self.options]


def failures(received: Received) -> list[dict[str, Any]]:
    """The records of WARNING and above."""
    return [
        one
        for one in received.logs
        if one["event_name"].startswith(OURS)
        and one["severity_number"] >= Level.WARNING.value
    ]


def failed(received: Received) -> list[str]:
    """Their failure points, in order of arrival."""
    return [one["attributes"]["golden_path.failure"] for one in failures(received)]


def events(received: Received, name: str) -> list[dict[str, Any]]:
    """The records of one name."""
    return [one for one in received.logs if one["event_name"] == OURS + name]


def spans_of(received: Received, library: str) -> list[dict[str, Any]]:
    """The spans that contrib's instrumentation of a library has made."""
    scope = f"opentelemetry.instrumentation.{library}"
    return [one for one in received.spans if one["scope"]["name"] == scope]


def wait_for_failures(
    receiver: OtlpReceiver, *points: str, since: Mark = START
) -> Received:
    """Wait until these have arrived, then give all that has."""
    wanted = Counter(points)
    receiver.wait_for(lambda got: wanted <= Counter(failed(got)), since=since)
    return receiver.since(since)
