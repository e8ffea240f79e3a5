"""The application with everything that it depends on, each part real or scripted."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt

from gp_otel.demo import bundled
from gp_otel.demo.parts.application import Application
from gp_otel.demo.parts.folder import Folder
from gp_otel.demo.parts.http_server import Reply, Request
from gp_otel.demo.parts.http_service import HttpService
from gp_otel.demo.parts.llm import Llm
from gp_otel.demo.parts.otlp import OtlpReceiver
from gp_otel.demo.parts.part import Part
from gp_otel.demo.parts.postgres import Postgres
from gp_otel.demo.parts.valkey import Valkey

USERS = ("ada-lovelace", "grace-hopper")
PASSWORD = "enchantress"  # noqa: S105 - of users who live for two minutes
NEW_KEY, OLD_KEY, STRANGERS_KEY = ("new-" * 12, "old-" * 12, "not-ours-" * 6)
MODEL = "scripted-model"

POOL_SIZE = 3
POOL_TIMEOUT = 1.0
LLM_TIMEOUT = 0.5
RUN_TIMEOUT = 5.0
REPLY_DEADLINE = 3.0
"""As `gp-otel.toml` of the application has it."""
TOOLS_TIMEOUT = 2.0
REDIS_PAUSE = 1.0
LARGEST_MESSAGE = 65_536
BREAKER_RESET = 1.0

Environment = Mapping[str, str]

USUAL: Environment = {}
ONE_STRIKE: Environment = {"CHAT_BREAKER_FAILURES": "1"}
"""The model's breaker opens at the first call that fails."""


def _search(request: Request) -> Reply:
    del request
    text = b"Ada Lovelace wrote the first program in 1843."
    return Reply(body=text, content_type="text/plain")


@dataclass(eq=False, kw_only=True)
class World(Part):
    """Everything on this machine, on ports of its own.

    The application can be started more than once, each time with other settings;
    the rest goes on.
    """

    clickhouse: bool = False
    forward_to: str | None = None
    without: tuple[str, ...] = ()
    """Instrumentations that stay off, by the names of their entry points."""
    instrumented: bool = True
    postgres: Postgres = field(default_factory=Postgres)
    redis: Valkey = field(default_factory=Valkey)
    llm: Llm = field(default_factory=Llm)
    tools: HttpService = field(default_factory=lambda: _service("/search", _search))
    supervisor: HttpService = field(default_factory=lambda: _service("/health", "ok"))
    threads: HttpService = field(default_factory=lambda: _service("/health", "ok"))
    receiver: OtlpReceiver = field(init=False)
    application: Application = field(init=False)
    _environment: Environment | None = field(default=None, init=False)
    _archive: Folder | None = field(default=None, init=False)
    _open: ExitStack = field(default_factory=ExitStack, init=False)

    def __post_init__(self) -> None:
        """Find the ports; nothing is started yet."""
        self.receiver = OtlpReceiver(forward_to=self.forward_to)
        self.application = self._application(USUAL)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What the application depends on."""
        servers = (self.receiver, self.llm, self.tools, self.supervisor, self.threads)
        return (self.postgres, self.redis, *servers)

    def start(self) -> None:
        """Start everything but the application."""
        for part in self.parts:
            self._open.callback(part.close)
        with ThreadPoolExecutor(len(self.parts)) as pool:
            for started in [pool.submit(part.start) for part in self.parts]:
                started.result()

    def runs(self, environment: Environment) -> bool:
        """Tell whether the application runs with these settings."""
        return self.application.is_running and environment == self._environment

    def run(self, environment: Environment) -> Application:
        """Have the application running with these settings."""
        if not self.runs(environment):
            self.application.close()
            self.application = self._application(environment)
            self.application.start()
            self._environment = environment
        return self.application

    def close(self) -> None:
        """End the application first, then what it depends on."""
        try:
            self.application.close()
        finally:
            self._open.close()
            if self._archive is not None:
                self._archive.remove()
                self._archive = None

    def token(
        self, user: str, key: str = NEW_KEY, lifetime: timedelta = timedelta(hours=1)
    ) -> str:
        """Sign a token as an identity provider would."""
        expires = datetime.now(UTC) + lifetime
        return jwt.encode({"sub": user, "exp": expires}, key, "HS256")

    @staticmethod
    def fits(token: str, key: str) -> bool:
        """Tell whether a token was signed with this key."""
        try:
            jwt.decode(token, key, ["HS256"])
        except jwt.InvalidSignatureError:
            return False
        return True

    def _application(self, environment: Environment) -> Application:
        place = bundled.folder("examples/chat")
        settings = {"GP_OTEL_SETTINGS": str(place / "gp-otel.toml")}
        return Application(
            app="chat.app:app",
            folder=place,
            endpoint=self.receiver.url,
            environment={**settings, **self._settings(), **environment},
            instrumented=self.instrumented,
            without=self.without,
            ws_max_size=LARGEST_MESSAGE,
            health="/health",
        )

    def _settings(self) -> Environment:
        return {
            "CHAT_DATABASE_URL": self.postgres.url_for("asyncpg"),
            "CHAT_POOL_SIZE": str(POOL_SIZE),
            "CHAT_POOL_TIMEOUT": str(POOL_TIMEOUT),
            "CHAT_REDIS_URL": self.redis.url,
            "CHAT_REDIS_PAUSE": str(REDIS_PAUSE),
            "CHAT_CLICKHOUSE": self._clickhouse(),
            "CHAT_JWT_KEYS": f"{NEW_KEY},{OLD_KEY}",
            "CHAT_USERS": ",".join(f"{user}:{PASSWORD}" for user in USERS),
            "CHAT_LLM_BASE_URL": self.llm.url,
            "CHAT_LLM_MODEL": MODEL,
            "CHAT_LLM_TIMEOUT": str(LLM_TIMEOUT),
            "CHAT_BREAKER_RESET": str(BREAKER_RESET),
            "CHAT_TOOLS_URL": self.tools.url,
            "CHAT_TOOLS_TIMEOUT": str(TOOLS_TIMEOUT),
            "CHAT_RUN_TIMEOUT": str(RUN_TIMEOUT),
            "CHAT_SUPERVISOR_URL": self.supervisor.url,
            "CHAT_THREAD_SERVICE_URL": self.threads.url,
            # Twice a second would make the demo wait; an application has no hurry.
            "OTEL_METRIC_EXPORT_INTERVAL": "200",
        }

    def _clickhouse(self) -> str:
        """Name a new folder each time: it can be open in one process only."""
        if not self.clickhouse:
            return ""
        if self._archive is None:
            self._archive = Folder("gp-otel-clickhouse-")
        return str(self._archive.path / uuid4().hex)


def _service(path: str, answer: object) -> HttpService:
    return HttpService({path: answer})
