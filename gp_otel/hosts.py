"""Hosts: who answers at the other end of an HTTP call.

Settings name the services by their hosts, and what it means when one of them does
not answer. Of others only what is certain is a failure: a time-out, a mesh or a
platform that says so itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from time import time
from typing import Any, Final

from gp_otel import catalogue as c
from gp_otel import settings
from gp_otel.attempt import Attempt
from gp_otel.failure import FailurePoint
from gp_otel.models import CONTENT_TYPE
from gp_otel.stack import name_of
from gp_otel.watched import Call, Fields

_CLOUD_RUN: Final = ".run.app"
_BUSY: Final = HTTPStatus.TOO_MANY_REQUESTS
_FAILED: Final = HTTPStatus.INTERNAL_SERVER_ERROR
_UNAVAILABLE: Final = HTTPStatus.SERVICE_UNAVAILABLE
_NO_INSTANCE: Final = frozenset({_BUSY, _FAILED, _UNAVAILABLE})
_WITH_REGION: Final = 4
"""Labels of a host like `chat-1234.europe-west1.run.app`; others do not name it."""
_PORTS: Final = {"http": 80, "https": 443}
_LIMITS: Final = ("connect", "read", "write", "pool")


def unreachable(call: Call) -> FailurePoint | None:
    """Choose what it means that the peer could not be talked to."""
    named = _failure(call)
    if named is not None:
        return named
    return c.SERVICE_CROSS_SERVICE_TIMEOUT if _timed_out(call) else None


def judge(call: Call) -> FailurePoint | None:
    """Look at the status of an answer, and at who says so."""
    status = call.result.status_code
    if status < _FAILED and status != _BUSY:
        return None
    named = _failure(call)
    if named is not None:
        return named if status >= _FAILED else None
    if _host(call).endswith(_CLOUD_RUN):
        return c.SERVICE_CLOUD_RUN_FAILED if status in _NO_INSTANCE else None
    return (
        c.SERVICE_MESH_FAILED if status == _UNAVAILABLE and _from_mesh(call) else None
    )


def attempt(call: Call) -> Attempt | None:
    """Tell the model's client above what came of one of its tries."""
    if call.error is not None:
        return Attempt(name_of(type(call.error)))
    answer = call.result
    above = call.inside("llm")
    if above is not None:
        above.facts[CONTENT_TYPE] = answer.headers.get("content-type")
    if answer.status_code < HTTPStatus.BAD_REQUEST:
        return None
    delay = retry_after(answer.headers)
    return Attempt(f"status {answer.status_code}", answer.status_code, delay)


def retry_after(headers: Any) -> float | None:
    """Read how many seconds the other side asks to wait."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or not text:
        return seconds
    try:
        return max(parsedate_to_datetime(text).timestamp() - time(), 0.0)
    except ValueError:
        return None


def describe(call: Call) -> Fields:
    """Say who was called, by whom, and how long was waited."""
    request, host = _request(call), _host(call)
    service = settings.current().service_at(host, request.url.port)
    status = getattr(call.result, "status_code", None)
    labels = host.split(".")
    return {
        c.SERVICE: service.name if service is not None else host,
        c.SERVICE_URL: str(request.url.copy_with(query=None, fragment=None)),
        c.TIMEOUT_DURATION: _limit(call),
        c.SOURCE_SERVICE: _own_name(),
        c.TARGET_SERVICE: service.name if service is not None else host,
        c.SERVICE_NAME: labels[0],
        c.REGION: labels[1] if len(labels) == _WITH_REGION else None,
        c.ERROR_TYPE: f"status {status}" if status is not None else None,
        c.COMMUNICATION_ERRORS: _mesh_errors(call),
        c.SERVER_ADDRESS: host,
        c.SERVER_PORT: request.url.port or _PORTS.get(request.url.scheme),
        c.URL_PATH: request.url.path,
        c.HTTP_REQUEST_METHOD: request.method,
        c.HTTP_RESPONSE_STATUS_CODE: status,
    }


def dependency(call: Call) -> str | None:
    """Name the server, where it is one that is known to matter."""
    request, host = _request(call), _host(call)
    service = settings.current().service_at(host, request.url.port)
    known = service is not None or host.endswith(_CLOUD_RUN)
    if not known and call.result is None and not _timed_out(call):
        return None  # there may be any number of them
    port = f":{request.url.port}" if request.url.port else ""
    return f"{request.url.scheme}://{host}{port}"


def _timed_out(call: Call) -> bool:
    return "Timeout" in type(call.error).__name__


def _request(call: Call) -> Any:
    return call.args[0] if call.args else call.kwargs["request"]


def _host(call: Call) -> str:
    return str(_request(call).url.host)


def _failure(call: Call) -> FailurePoint | None:
    """Find what settings say it means when this peer fails."""
    current = settings.current()
    service = current.service_at(_host(call), _request(call).url.port)
    return current.find(service.failure) if service is not None else None


def _limit(call: Call) -> float | None:
    """Find the limit that applied: that of the phase that failed, else the longest."""
    limits: Mapping[str, float | None] = _request(call).extensions.get("timeout") or {}
    name = type(call.error).__name__.lower()
    phase = next((one for one in _LIMITS if name.startswith(one)), None)
    known = [limits.get(one) for one in ([phase] if phase else _LIMITS)]
    return max((one for one in known if one is not None), default=None)


def _own_name() -> str | None:
    named = os.environ.get("OTEL_SERVICE_NAME")
    if named:
        return named
    pairs = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(",")
    found = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    return found.get("service.name")


def _from_mesh(call: Call) -> bool:
    """Tell the mesh's own 503 from one that it passes on: that has a service time."""
    headers = call.result.headers
    if "x-envoy-upstream-service-time" in headers:
        return False
    return headers.get("server") == "envoy" or any(
        name.lower().startswith("x-envoy-") for name in headers
    )


def _mesh_errors(call: Call) -> tuple[str, ...] | None:
    headers = getattr(call.result, "headers", None)
    flags = headers.get("x-envoy-response-flags") if headers is not None else None
    return tuple(flags.split(",")) if flags else None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
