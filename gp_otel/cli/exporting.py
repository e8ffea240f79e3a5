"""Exporting: where each signal goes, and whether anybody answers there."""

from __future__ import annotations

import logging
import socket
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any, Final
from urllib.parse import urlsplit

from gp_otel.cli.findings import Finding, note, ok, wrong
from gp_otel.redact import safe_text, safe_url

SIGNALS: Final = ("logs", "traces", "metrics")
SECONDS: Final = 2
"""How long anybody is waited for."""

_PROTOCOLS: Final = {"grpc": "otlp_proto_grpc", "http/protobuf": "otlp_proto_http"}
_PORTS: Final = {"otlp_proto_grpc": 4317, "otlp_proto_http": 4318}


def exporting(environ: Mapping[str, str], *, distro: bool) -> Iterator[Finding]:
    """Look at each signal; `distro`: the stock one, which exports OTLP by default."""
    if environ.get("OTEL_CONFIG_FILE"):
        yield note(
            f"OTEL_CONFIG_FILE={environ['OTEL_CONFIG_FILE']} decides what is exported; "
            "OTEL_* variables are not read"
        )
        return
    for signal in SIGNALS:
        variable = f"OTEL_{signal.upper()}_EXPORTER"
        default = "otlp" if distro else ""
        names = environ.get(variable, default).split(",")
        chosen = [name.strip() for name in names if name.strip() not in ("", "none")]
        if not chosen:
            yield _nothing(signal, variable)
        for name in chosen:
            yield _exporter(signal, variable, name, environ)


def _nothing(signal: str, variable: str) -> Finding:
    if signal == "logs":
        remedy = f"set {variable}=otlp: the records are logs"
        return wrong("logs: nothing is exported", remedy)
    return note(f"{signal}: nothing is exported ({variable}=otlp would)")


def _exporter(
    signal: str, variable: str, name: str, environ: Mapping[str, str]
) -> Finding:
    if name == "otlp":
        name = _by_protocol(signal, environ)
        if name not in _PORTS:
            remedy = f"write {' or '.join(_PROTOCOLS)}"
            return wrong(f"{signal}: OTLP by {name!r} is not known", remedy)
    found = list(entry_points(group=f"opentelemetry_{signal}_exporter", name=name))
    if not found:
        remedy = f"correct {variable}, or install what brings that exporter"
        return wrong(f"{signal}: there is no exporter {name!r}", remedy)
    if name not in _PORTS:
        return ok(f"{signal}: {name}")
    where = endpoint(signal, name, environ)
    said = f"{signal}: {safe_url(where)} ({name.removeprefix('otlp_proto_')})"
    problem = _reach(where, _PORTS[name]) or _ask(found[0].load(), where, signal)
    if problem is None:
        return ok(f"{said} answers")
    remedy = "start a collector there, or correct OTEL_EXPORTER_OTLP_ENDPOINT"
    return wrong(f"{said}: {problem}", remedy)


def _by_protocol(signal: str, environ: Mapping[str, str]) -> str:
    own = environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL")
    protocol = own or environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") or "grpc"
    return _PROTOCOLS.get(protocol.strip(), protocol)


def endpoint(signal: str, name: str, environ: Mapping[str, str]) -> str:
    """The URL that a signal goes to, by the rules of the OTLP exporters.

    https://opentelemetry.io/docs/specs/otel/protocol/exporter/
    """
    if own := environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT"):
        return own
    default = f"http://localhost:{_PORTS[name]}"
    common = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or default
    return common if "grpc" in name else f"{common.rstrip('/')}/v1/{signal}"


def _reach(where: str, port: int) -> str | None:
    """Connect; say why it does not work."""
    url = urlsplit(where if "//" in where else f"//{where}")
    try:
        with socket.create_connection(
            (url.hostname or "localhost", url.port or port), SECONDS
        ):
            return None
    except (OSError, ValueError) as error:
        return f"nobody answers ({getattr(error, 'strerror', None) or error})"


def _ask(exporter: Any, where: str, signal: str) -> str | None:
    """Export nothing, as the SDK would export something; say why it does not work."""
    with _overheard() as said:
        try:
            made = exporter(endpoint=where, timeout=SECONDS)
            answer = made.export(_nothing_of(signal))
            made.shutdown()
        except Exception as error:  # noqa: BLE001 - an exporter's mistake is a finding
            return safe_text(error, 200)
    if answer.name == "SUCCESS":
        return None
    return said[0] if said else "it does not take OTLP"


def _nothing_of(signal: str) -> Any:
    if signal != "metrics":
        return []
    from opentelemetry.sdk.metrics.export import MetricsData  # noqa: PLC0415 - if asked

    return MetricsData([])


class _Overhear(logging.Handler):
    """Keeps what is logged, redacted."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(safe_text(record.getMessage(), 300))


@contextmanager
def _overheard() -> Generator[list[str]]:
    """Take what the exporters log, instead of printing it."""
    logger = logging.getLogger("opentelemetry.exporter")
    said: list[str] = []
    handler, passed_on = _Overhear(said), logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(handler)
        logger.propagate = passed_on
