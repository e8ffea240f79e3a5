"""Arguments: found by their name in the signature, however they were passed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import wrapt

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
    plain = _unbound(function)
    try:
        place = _places(plain or function).get(name)
    except (TypeError, ValueError):
        return default
    if place is None:
        return default
    place -= plain is not None
    return args[place] if 0 <= place < len(args) else default


def _unbound(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """The function of a bound method; None where it is none.

    A method called through its class (`Class.method(instance, …)`, as pools do) comes
    from wrapt as a proxy that holds the instance, and equals what it stands for.
    """
    if isinstance(function, wrapt.PartialCallableObjectProxy):
        through_class: Callable[..., Any] = function.__wrapped__
        return through_class
    return getattr(function, "__func__", None)


@lru_cache(maxsize=1024)
def _places(function: Callable[..., Any]) -> Mapping[str, int]:
    """Say at which place each parameter stands; reading a signature is slow."""
    parameters = inspect.signature(function).parameters.values()
    return {
        one.name: place for place, one in enumerate(parameters) if one.kind in _BY_PLACE
    }
