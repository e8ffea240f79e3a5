"""The shop, and what can only be seen from inside of its process."""

from __future__ import annotations

import inspect
import os
import pkgutil
import sys
import threading
from typing import Any

from shop import app

__all__ = ["app"]


@app.get("/probe/patched")
async def patched(target: list[str]) -> list[bool]:
    """Tell which of these attributes are ours."""
    return [is_ours(one) for one in target]


def is_ours(target: str) -> bool:
    """Tell whether what stands there is a wrapper of ours."""
    owner, _, name = target.rpartition(".")
    found = inspect.getattr_static(pkgutil.resolve_name(owner), name)
    return type(found).__module__.startswith("gp_otel")


@app.get("/probe/process")
async def process() -> dict[str, Any]:
    """Tell what is loaded and what runs."""
    ours = sys.modules.get("gp_otel.metrics")
    guard = sys.modules.get("gp_otel.guard")
    return {
        "pid": os.getpid(),
        "gp_otel": ours is not None,
        "threads": [thread.name for thread in threading.enumerate()],
        "failures": _failures(ours) if ours else {},
        "mistakes": dict(guard.failures()) if guard else {},
    }


def _failures(metrics: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for labels, count in metrics.FAILURES.values().items():
        if count:
            counts[labels[0]] = counts.get(labels[0], 0) + count
    return counts
