"""Read the settings' table; what is wrong says which file, which key and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final

from gp_otel.catalogue import CATALOGUE, FIELDS, own
from gp_otel.catalogue.table import Table, either
from gp_otel.entries import Entry
from gp_otel.failure import FailurePoint, Stage
from gp_otel.named import Named
from gp_otel.settings import Service, Settings, WebSocketSettings
from gp_otel.watch_table import WatchTable

Points = Mapping[str, FailurePoint]

_KEYS: Final = (
    "audit",
    "baggage_hosts",
    "dependencies",
    "failure_points",
    "health_paths",
    "ids",
    "points",
    "services",
    "user_claims",
    "user_hash_key_env",
    "watch",
    "websocket",
)


def read(table: Table, source: str, environ: Mapping[str, str]) -> Settings:
    """Make settings of a table; raises `ConfigurationError` for the first mistake."""
    entry = Entry(source, table)
    entry.allow((), _KEYS)
    default = Settings()
    points = _points(entry)
    return Settings(
        source=source,
        audit=_audit(entry, default.audit),
        user_hash_key=_hash_key(entry, environ),
        points=points,
        services=_services(entry, points),
        dependencies=_dependencies(entry, points),
        watches=_watches(entry, points),
        websocket=_websocket(entry),
        ids=_ids(entry, default.ids),
        user_claims=_some(entry, "user_claims", default.user_claims),
        baggage_hosts=entry.words("baggage_hosts"),
        health_paths=_url_paths(entry, "health_paths", default.health_paths),
    )


def _points(entry: Entry) -> Points:
    """Put the application's own failure points and its changes in."""
    known = dict(FIELDS)
    added: list[FailurePoint] = []
    for one in entry.entries("failure_points", "id"):
        point = own.from_table(one.table, one.where, known)
        known |= {field.name: field for field in point.fields}
        added.append(point)
    changes = entry.table_of("points")
    inner = Entry(f"{entry.where}, points", changes)
    overrides = {name: inner.table_of(name) for name in changes}
    return own.merge(CATALOGUE, added, overrides, entry.where)


def _audit(entry: Entry, default: frozenset[str]) -> frozenset[str]:
    stages = entry.words("audit", default)
    for stage in stages:
        if stage not in set(Stage):
            remedy = f"write {either(Stage)}"
            raise entry.wrong("audit", f"holds {stage!r}, no stage", remedy)
    return frozenset(stages)


def _hash_key(entry: Entry, environ: Mapping[str, str]) -> str | None:
    """Read the key from where it belongs: a file of settings is no place for it."""
    if "user_hash_key_env" not in entry.table:
        return None
    name = entry.text("user_hash_key_env")
    key = environ.get(name)
    if not key:
        remedy = "set that variable, or leave the key out: hashes are then not keyed"
        raise entry.wrong("user_hash_key_env", f"names {name}, which is empty", remedy)
    return key


def _services(entry: Entry, points: Points) -> tuple[Service, ...]:
    found: list[Service] = []
    owners: dict[str, str] = {}
    for one in entry.entries("services", "name"):
        one.allow(("name", "hosts"), ("failure",))
        service = Service(name=one.text("name"), hosts=one.texts("hosts"))
        if failure := one.failure("failure", points):
            service = replace(service, failure=failure)
        for host in service.hosts:
            if not host or "/" in host:
                remedy = "write `host` or `host:port`"
                raise one.wrong("hosts", f"holds {host!r}", remedy)
            if owners.setdefault(host, service.name) != service.name:
                remedy = "a host is one service's; tell them apart by port"
                raise one.wrong("hosts", f"holds {owners[host]!r}'s {host}", remedy)
        found.append(service)
    return tuple(found)


def _dependencies(entry: Entry, points: Points) -> Mapping[str, str]:
    table = entry.table_of("dependencies")
    inner = Entry(f"{entry.where}, dependencies", table)
    read = ((name, inner.failure(name, points)) for name in table)
    return {name: failure for name, failure in read if failure is not None}


def _watches(entry: Entry, points: Points) -> tuple[Named, ...]:
    entries = entry.entries("watch", "target")
    return tuple(WatchTable(one, points).read() for one in entries)


def _websocket(entry: Entry) -> WebSocketSettings:
    table = entry.table_of("websocket")
    inner = Entry(f"{entry.where}, websocket", table)
    defaults = {one.name: one.default for one in fields(WebSocketSettings)}
    inner.allow((), defaults)
    found: dict[str, Any] = {
        key: inner.number(key) if isinstance(defaults[key], float) else inner.words(key)
        for key in table
    }
    return WebSocketSettings(**found)


def _ids(
    entry: Entry, default: Mapping[str, tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    table = entry.table_of("ids")
    inner = Entry(f"{entry.where}, ids", table)
    inner.allow((), default)
    return {key: _some(inner, key, default[key]) for key in default}


def _some(entry: Entry, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    found = entry.words(key, default)
    if not found:
        raise entry.wrong(key, "is empty", "write a name, or leave it out")
    return found


def _url_paths(entry: Entry, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    found = entry.words(key, default)
    for path in found:
        if not path.startswith("/"):
            raise entry.wrong(key, f"holds {path!r}", "begin it with /")
    return found
