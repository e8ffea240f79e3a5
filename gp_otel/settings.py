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
from typing import Any, Final

from gp_otel.catalogue import CATALOGUE
from gp_otel.catalogue import find as find_known
from gp_otel.failure import ConfigurationError, FailurePoint, Value

Table = Mapping[str, Any]

_log = logging.getLogger("gp_otel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Who answers at a host, and what it means when nobody does."""

    name: str
    hosts: tuple[str, ...]
    failure: str = "service.cross_service.timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSetting:
    """A callable of the application that is watched, by name."""

    target: str
    failure: str | None = None
    stage: str | None = None
    kind: str = "call"
    outcomes: tuple[str, ...] = ("raises",)
    passes: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    ids: Mapping[str, str] = field(default_factory=dict[str, str])
    dependency: str | None = None
    deadline: float | None = None
    times_out: str | None = None
    succeeded: str | None = None


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
    judgements: Mapping[str, Mapping[str, Value]] = field(
        default_factory=dict[str, Mapping[str, Value]]
    )
    services: tuple[Service, ...] = ()
    dependencies: Mapping[str, str] = field(default_factory=dict[str, str])
    """Failure point by the name of a FastAPI dependency that answers 503."""
    watches: tuple[WatchSetting, ...] = ()
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
        return self.points.get(failure) or self.points[find_known(failure).id]

    def says(self, point: FailurePoint, name: str) -> Value | None:
        """What settings, else the catalogue, judge of a field."""
        own_words = self.judgements.get(point.id)
        if own_words is not None and name in own_words:
            return own_words[name]
        return point.says.get(name)

    def has_fallback(self, point: FailurePoint) -> bool:
        """Tell whether there is something to fall back on."""
        own_words = self.judgements.get(point.id)
        if own_words is not None and "fallback_available" in own_words:
            return bool(own_words["fallback_available"])
        return point.fallback_available

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
    folder = folder or Path.cwd()
    if named := environ.get("GP_OTEL_SETTINGS"):
        return Path(named), ""
    if (own_file := folder / "gp-otel.toml").is_file():
        return own_file, ""
    project = folder / "pyproject.toml"
    if project.is_file() and "[tool.gp_otel" in project.read_text("utf-8", "replace"):
        return project, "tool.gp_otel"
    return None


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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path}: is not TOML: {error}"
        raise ConfigurationError(message) from None
    for part in inside.split(".") if inside else ():
        table = table.get(part, {})
    return parse(table, str(path))


def parse(table: Table, source: str) -> Settings:
    """Check a table and make settings of it."""
    from gp_otel.settings_table import Reader  # noqa: PLC0415 - reader knows settings

    return Reader(source).settings(table)


