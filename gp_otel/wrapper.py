"""A wrapper that is taken for the function that it stands for, in pickles too.

wrapt's answers for what `inspect` asks; these add what `pickle` and `copy` do with
functions, where wrapt's refuse.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, SupportsIndex

import wrapt

Wrapper = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]
"""Called as ``wrapper(wrapped, instance, args, kwargs)``."""

if TYPE_CHECKING:
    # its stubs are generic, the classes themselves are not before wrapt 2
    AnyWrapper = wrapt.FunctionWrapper[..., Any]
    AnyBound = wrapt.BoundFunctionWrapper[..., Any]
else:
    AnyWrapper = wrapt.FunctionWrapper
    AnyBound = wrapt.BoundFunctionWrapper


class Bound(AnyBound):
    """A wrapped method, reached through its class or an instance."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> Any:
        """Pickle as methods do, by owner and name."""
        owner = getattr(self.__wrapped__, "__self__", None)
        if owner is None:
            return _by_name(self.__wrapped__)
        return getattr, (owner, _name(self))

    def __copy__(self) -> Bound:
        """Methods are not copied."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Copy as methods do: the same function of a copied owner."""
        owner = getattr(self.__wrapped__, "__self__", None)
        if owner is None:
            return self
        return getattr(copy.deepcopy(owner, memo), _name(self))


class Wrapped(AnyWrapper):
    """A wrapped function, coroutine function, classmethod or staticmethod.

    `on` is a list that is true until it is emptied: wrapt asks at each call, and of
    all that can change its truth a list answers soonest.
    """

    __slots__ = ()
    __bound_function_wrapper__ = Bound

    def __init__(
        self, original: Any, wrapper: Wrapper, on: Any, *, inherited: bool
    ) -> None:
        super().__init__(original, wrapper, on)
        self._self_inherited = inherited

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> Any:
        """Pickle as functions do, by name."""
        return _by_name(self.__wrapped__)

    def __copy__(self) -> Wrapped:
        """Functions are not copied."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Wrapped:
        """Functions are not copied."""
        return self


def is_reached(value: Any, wrapped: object) -> bool:
    """Tell whether `value` is `wrapped` as it is reached through its class."""
    return type(value) is Bound and value._self_parent is wrapped  # noqa: SLF001 - wrapt's prefix


def below(value: Any, *, inherited: bool) -> tuple[Any, bool]:
    """Pass by the wrappers of ours that are switched off.

    What was inherited stood in another class, and what it was is of no interest.
    """
    while type(value) is Wrapped and not inherited:
        dead: Any = value
        if dead._self_enabled:  # noqa: SLF001 - wrapt's prefix
            break
        value, inherited = dead.__wrapped__, dead._self_inherited  # noqa: SLF001 - as above
    return value, inherited


def _name(function: Any) -> str:
    name: str = function.__name__
    return name


def _by_name(function: Any) -> tuple[Callable[[str], Any], tuple[str]]:
    """Say it in the standard library's words: whoever loads it may not have ours."""
    return resolve_name, (f"{function.__module__}:{function.__qualname__}",)
