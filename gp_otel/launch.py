"""Launch: what the launcher calls.

An error while this module is loaded would end everybody's instrumentation, so it
imports the standard library only, and every hook has its own `try`. Libraries are
never imported here: a hook waits for the application, or another instrumentation, to
import them, and ours are in place before anybody wraps them.
"""

from __future__ import annotations

import logging as _logging
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

LIBRARIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asyncio": "asyncio",
        "asyncpg": "asyncpg",
        "fastapi": "fastapi",
        "httpx": "httpx",
        "httpx2": "httpx2",
        "langchain": "langchain_core",
        "langgraph": "langgraph.pregel",  # `langgraph` is a folder and no module
        "logging": "logging",
        "openai": "openai",
        "pybreaker": "pybreaker",
        "pyjwt": "jwt",
        "redis": "redis",
        "sqlalchemy": "sqlalchemy",
        "starlette": "starlette",
        "tenacity": "tenacity",
    }
)
"""The package that each instrumentor waits for."""

AGAIN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"langgraph": ("langgraph.graph",)}
)
"""Modules after which an instrumentor looks again: they were still being imported when
that which it waits for came along."""

_log = _logging.getLogger("gp_otel")


def pre_instrument() -> None:
    """Put everything in place that is not switched off; never raises."""
    try:
        if switched_off("golden_path"):
            return
        from gp_otel import install  # noqa: PLC0415 - nothing at import

        if not switched_off(entry(install.NAMED)):
            install.install_named()
        install.install(name for name in LIBRARIES if not switched_off(entry(name)))
    except Exception:  # noqa: BLE001 - the launcher would end everybody's telemetry
        _log.debug("gp-otel could not start", exc_info=True)


def entry(library: str) -> str:
    """The entry point's name: ours can stay on while contrib's is switched off."""
    return f"golden_path_{library}"


def switched_off(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the environment switches an instrumentation off.

    The launcher runs pre-instrument hooks whatever these variables say.
    """
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return True
    listed = environ.get("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "").split(",")
    names = {one.strip() for one in listed}
    return bool(names & {"*", "golden_path", "golden_path_*", name})


class _EntryPoint:
    """What the launcher takes for an instrumentor; idempotent, never raises.

    It has the interface of `BaseInstrumentor` (opentelemetry-instrumentation 0.66),
    which is not derived from: that would be an import.
    """

    def __init__(self, library: str) -> None:
        self.library = library

    def __call__(self) -> _EntryPoint:
        return self

    def instrumentation_dependencies(self) -> tuple[str, ...]:
        """None: versions are checked when the library is imported."""
        return ()

    def instrument(self, **_options: Any) -> None:
        """Wait for this library."""
        try:
            if switched_off(entry(self.library)):
                return
            from gp_otel import install  # noqa: PLC0415 - nothing at import

            install.install([self.library])
        except Exception:  # noqa: BLE001 - the launcher would end everybody's telemetry
            _log.debug("gp-otel could not start", exc_info=True)

    def uninstrument(self, **_options: Any) -> None:
        """Let go of this library."""
        try:
            from gp_otel import install  # noqa: PLC0415 - nothing at import

            install.uninstall([self.library])
        except Exception:  # noqa: BLE001 - as above
            _log.debug("gp-otel could not stop", exc_info=True)


def __getattr__(name: str) -> _EntryPoint:
    if name in LIBRARIES:
        return _EntryPoint(name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
