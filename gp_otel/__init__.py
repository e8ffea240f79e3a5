"""gp-otel: no failure on the golden path goes unseen.

An application that lets people chat with AI agents earns its money on one path:
sign-in, WebSocket, agent run, tools and LLM, events back to the user, persistence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gp_otel.binding import bind
    from gp_otel.decorator import watch
    from gp_otel.failure import FailurePoint, Field
    from gp_otel.install import instrument, uninstrument
    from gp_otel.outlet import report

__all__ = [
    "FailurePoint",
    "Field",
    "bind",
    "instrument",
    "report",
    "uninstrument",
    "watch",
]

_HOMES: Final = {
    "FailurePoint": "failure",
    "Field": "failure",
    "bind": "binding",
    "instrument": "install",
    "report": "outlet",
    "uninstrument": "install",
    "watch": "decorator",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module  # noqa: PLC0415 - nothing at import

    found: object = getattr(import_module(f"gp_otel.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
