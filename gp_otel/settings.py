"""Settings: what a user may decide, read from one TOML file.

`GP_OTEL_SETTINGS=path`, else `./gp-otel.toml`, else `[tool.gp_otel]` in
`./pyproject.toml`; nothing else is read.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gp_otel.catalogue import ALIASES, CATALOGUE
from gp_otel.catalogue.table import Table, instead, is_table
from gp_otel.failure import ConfigurationError, FailurePoint, Value

if TYPE_CHECKING:
    from gp_otel.named import Named


_log = logging.getLogger("gp_otel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Who answers at a host, and what it means when nobody does."""

    name: str
    hosts: tuple[str, ...]
    failure: str = "service.cross_service.timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketSettings:
    """What counts on a WebSocket, or on a streamed HTTP answer."""

    reply_deadline: float = 60.0
    answers: tuple[str, ...] = ()
    """Event types that answer a message; empty: any message of the server's."""
    questions: tuple[str, ...] = ()
    """Message types that are owed an answer; empty: none is watched."""
    critical_events: tuple[str, ...] = (
        "agent_started",
        "agent_thinking",
        "tool_executing",
        "tool_completed",
        "agent_completed",
    )
    token_places: tuple[str, ...] = ()
    """Where a token is expected: `header:authorization`, `query:token`, …"""
    handshake_deadline: float = 10.0
    slow_after: float = 0.0
    """Seconds to the first answer that are too slow; 0: not watched."""
    chat_paths: tuple[str, ...] = ()
    """HTTP paths whose answer is a chat's: an empty stream is a missing reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything in force in this process."""

    source: str = "defaults"
    audit: frozenset[str] = frozenset({"auth", "websocket"})
    user_hash_key: str | None = None
    points: Mapping[str, FailurePoint] = field(default_factory=lambda: CATALOGUE)
    services: tuple[Service, ...] = ()
    dependencies: Mapping[str, str] = field(default_factory=dict[str, str])
    """Failure point by the name of a FastAPI dependency that answers 503."""
    watches: tuple[Named, ...] = ()
    """The application's own callables that are watched by name."""
    websocket: WebSocketSettings = WebSocketSettings()
    ids: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {
            "run_id": ("run_id", "runId"),
            "thread_id": ("thread_id", "threadId", "conversation_id"),
        }
    )
    user_claims: tuple[str, ...] = ("sub",)
    baggage_hosts: tuple[str, ...] = ()
    health_paths: tuple[str, ...] = ("/health", "/healthz", "/ready", "/readyz")

    def effective(self, point: FailurePoint) -> FailurePoint:
        """The failure point as settings have changed it."""
        return self.points.get(point.id, point)

    def find(self, failure: str) -> FailurePoint:
        """Look a failure point up by id or alias; raises `KeyError`."""
        return self.points.get(failure) or self.points[ALIASES[failure].id]

    def point(self, failure: FailurePoint | str) -> FailurePoint:
        """The failure point of an id, or one as settings have changed it."""
        if isinstance(failure, FailurePoint):
            return self.effective(failure)
        try:
            return self.find(failure)
        except KeyError:
            remedy = instead(failure, self.points)
            message = f"{self.source}: {failure!r} is no failure point: {remedy}"
            raise ConfigurationError(message) from None

    def says(self, point: FailurePoint, name: str) -> Value | None:
        """What settings, else the catalogue, judge of a field."""
        return self.effective(point).says.get(name)

    def has_fallback(self, point: FailurePoint) -> bool:
        """Tell whether there is something to fall back on."""
        return self.effective(point).fallback_available

    def service_at(self, host: str, port: int | None) -> Service | None:
        """Name the service that answers at a host (`host` or `host:port`)."""
        for service in self.services:
            if host in service.hosts or f"{host}:{port}" in service.hosts:
                return service
        return None


_current: Settings | None = None


def current() -> Settings:
    """The settings in force; the defaults until `use` is called."""
    return _current if _current is not None else _DEFAULTS


def use(settings: Settings | None) -> None:
    """Put settings in force; None goes back to the defaults."""
    global _current  # noqa: PLW0603 - one set of settings for the process
    _current = settings


_DEFAULTS: Final = Settings()


def begin() -> None:
    """Read the settings of this process; where they are wrong, say so and go on."""
    if _current is not None:
        return
    try:
        use(load())
    except ConfigurationError as error:
        _log.error("%s (the defaults are in force)", error)
        use(Settings(source=f"defaults, because: {error}"))


def locate(
    environ: Mapping[str, str] = os.environ, folder: Path | None = None
) -> tuple[Path, str] | None:
    """Find the settings file and the table in it that holds them."""
    if named := environ.get("GP_OTEL_SETTINGS"):
        path = Path(named)
        return path, _IN_PROJECT if path.name == "pyproject.toml" else ""
    folder = folder or Path()
    if (own_file := folder / "gp-otel.toml").is_file():
        return own_file, ""
    project = folder / "pyproject.toml"
    try:
        found = "[tool.gp_otel" in project.read_text("utf-8", "replace")
    except OSError:
        return None
    return (project, _IN_PROJECT) if found else None


_IN_PROJECT: Final = "tool.gp_otel"


def load(
    environ: Mapping[str, str] = os.environ, folder: Path | None = None
) -> Settings:
    """Read the settings; raises `ConfigurationError` naming file, key and remedy."""
    found = locate(environ, folder)
    if found is None:
        return Settings()
    path, inside = found
    try:
        table: Table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}): correct GP_OTEL_SETTINGS"
        raise ConfigurationError(message) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"{path}: is not TOML, correct it there: {error}"
        raise ConfigurationError(message) from None
    for part in inside.split(".") if inside else ():
        inner = table.get(part, {})
        table = inner if is_table(inner) else {}
    return parse(table, f"{path} [{inside}]" if inside else str(path), environ)


def parse(
    table: Table, source: str, environ: Mapping[str, str] = os.environ
) -> Settings:
    """Check a table and make settings of it."""
    from gp_otel.settings_table import read  # noqa: PLC0415 - it makes settings

    return read(table, source, environ)
