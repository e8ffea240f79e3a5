"""Store: where a database is, without a word of who asks it.

Whatever library asks, one server's store has one name, so that its outage is one
page: `postgresql://db:5432/chat`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit

from gp_otel import catalogue as c
from gp_otel.watched import Fields

_PORTS: Final = {"postgresql": 5432, "redis": 6379}
_SCHEMES: Final = {"postgres": "postgresql", "rediss": "redis", "unix": "redis"}


@dataclass(frozen=True, slots=True)
class Store:
    """One database on one server; a socket on this machine is `localhost`."""

    system: str
    host: str | None
    port: int | None
    name: str | None

    def __str__(self) -> str:
        """Write it as records name a dependency."""
        host = self.host or ""
        if host.startswith(("/", "@")):
            host = "localhost"
        host = f"[{host}]" if ":" in host else host
        port = self.port or _PORTS.get(self.system)
        host = f"{host}:{port}" if host and port else host
        return f"{self.system}://{host}/{self.name or ''}"

    @property
    def fields(self) -> Fields:
        """What records say of it."""
        return {
            c.DB_SYSTEM_NAME: self.system,
            c.DB_NAMESPACE: self.name,
            c.HOST: self.host,
            c.SERVER_ADDRESS: self.host,
            c.SERVER_PORT: self.port or _PORTS.get(self.system),
        }


def postgresql(dsn: str | None, given: Mapping[str, Any]) -> Store:
    """Read what libpq reads: arguments, then the URL, then the environment.

    Of several servers it is the first.
    """
    url = urlsplit(dsn or "")
    host, port = _authority(url.netloc)
    found = {
        "host": _first(given.get("host")) or host or os.environ.get("PGHOST"),
        "port": _first(given.get("port")) or port or os.environ.get("PGPORT"),
        "name": given.get("database")
        or unquote(url.path.lstrip("/"))
        or os.environ.get("PGDATABASE")
        or given.get("user")
        or unquote(url.username or ""),
    }
    return Store(
        "postgresql",
        str(found["host"] or "localhost"),
        _port(found["port"]) or _PORTS["postgresql"],
        str(found["name"]) if found["name"] else None,
    )


def system(name: str) -> str:
    """The product behind a URL's scheme or a dialect's name."""
    name = name.partition("+")[0]
    return _SCHEMES.get(name, name)


def _authority(netloc: str) -> tuple[str | None, str | None]:
    """Split off who asks, and take the first of several servers."""
    first = netloc.rpartition("@")[2].partition(",")[0]
    if first.startswith("["):
        host, _, rest = first[1:].partition("]")
        return host, rest.lstrip(":") or None
    host, _, port = first.partition(":")
    return unquote(host) or None, port or None


def _first(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return next(iter(cast("list[Any]", value)), None)
    return value


def _port(value: Any) -> int | None:
    return int(value) if str(value or "").isdigit() else None
