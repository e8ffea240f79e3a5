"""Arguments: found by their name in the signature, however they were passed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

_BY_PLACE: Final = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


def argument(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    name: str,
    default: Any = None,
) -> Any:
    """Look one argument of a call up; `default` where it was not passed."""
    if name in kwargs:
        return kwargs[name]
    owner = getattr(function, "__func__", None)
    try:
        place = _places(owner or function).get(name)
    except (TypeError, ValueError):
        return default
    if place is None:
        return default
    place -= owner is not None
    return args[place] if 0 <= place < len(args) else default


@lru_cache(maxsize=1024)
def _places(function: Callable[..., Any]) -> Mapping[str, int]:
    """Say at which place each parameter stands; reading a signature is slow."""
    parameters = inspect.signature(function).parameters.values()
    return {
        one.name: place for place, one in enumerate(parameters) if one.kind in _BY_PLACE
    }
