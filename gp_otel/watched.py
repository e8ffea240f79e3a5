"""Watched: what is said of one callable, as data.

An instrumentor's table and an application's settings both come down to this. The
engine (`gp_otel.engine`) turns it into wrappers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from gp_otel import catalogue as c
from gp_otel.arguments import argument
from gp_otel.failure import FailurePoint, Field, Stage
from gp_otel.stack import name_of

if TYPE_CHECKING:
    from gp_otel.attempt import Attempt
    from gp_otel.chain import Link
    from gp_otel.operation import Kind, Operation

_UNSET: Final = object()
_UNSEEN: Final = object()
_CLASSES_KNOWN: Final = 256


class Call:
    """One call of a watched callable: what a `describe` function gets to see."""

    __slots__ = (
        "args",
        "context",
        "count_success",
        "error",
        "function",
        "instance",
        "kwargs",
        "limit",
        "operation",
        "outside",
        "result",
        "seconds",
        "watched",
    )

    result: Any
    error: BaseException | None
    limit: float | None
    """Seconds of the deadline that ended the call, where one did."""
    seconds: float | None
    """How long it took, where that is known."""
    operation: Operation | None
    """Its own operation, where it is a compound call."""
    outside: Operation | None
    """The operation that it was made in."""
    context: Any
    count_success: Callable[[Any, Any, Any, Any], None] | None
    """How its success is counted, where that is known beforehand."""

    def __init__(
        self,
        watched: Watched,
        function: Callable[..., Any],
        instance: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self.watched = watched
        self.function = function
        self.instance = instance
        self.args = args
        self.kwargs = kwargs

    def __getattr__(self, name: str) -> Any:
        """Answer None for what is not known, of the names that a call has."""
        if name in Call.__slots__:
            return None
        raise AttributeError(name)

    @property
    def nearest(self) -> Operation | None:
        """Its own operation, else the one it was made in."""
        return self.operation or self.outside

    def inside(self, *kinds: Kind) -> Operation | None:
        """The operation of these kinds that it was made in."""
        return self.outside.around(*kinds) if self.outside is not None else None

    def argument(self, name: str, default: Any = None) -> Any:
        """An argument by its name in the signature, however it was passed."""
        return argument(self.function, self.args, self.kwargs, name, default)


Wrapper = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]
"""Called by wrapt with the callable, its instance, arguments and keywords."""

Verdict = FailurePoint | Callable[[Call], FailurePoint | object | None] | None
"""What an exception class means: always this, what the call decides, or nothing.

A call can also decide for `UNNAMED`: it failed, and what failed inside it says why.
"""

Fields = Mapping[Field, Any]


def nothing(_call: Call) -> Fields:
    """Describe nothing."""
    return {}


@dataclass(frozen=True, kw_only=True, eq=False)
class Watched:
    """How to tell how a call ended, and what to say then.

    `failures` names exception classes by their defining module and qualified name
    (`redis.exceptions.ConnectionError`; built-in ones by name alone); the nearest
    along the MRO wins, and a class whose verdict is None passes: it is control flow
    or the application's own business. `judge` looks at the result of a call that
    returned. `compound` calls contain others: what fails inside is their cause.
    Those that hold (`holds`) try again inside: their attempts are no failures.
    """

    calls: tuple[str, ...] = ()
    stage: Stage
    kind: Kind = "call"
    compound: bool = False
    holds: bool = False
    hold_seconds: Callable[[Call], float] | None = None
    failures: Mapping[str, Verdict] = field(default_factory=lambda: _NO_VERDICTS)
    judge: Callable[[Call], FailurePoint | None] | None = None
    describe: Callable[[Call], Fields] = nothing
    dependency: Callable[[Call], str | None] | None = None
    dependency_of_each_call: bool = False
    """One instance serves many: the dependency is asked for with every call."""
    owner: Callable[[Any], Any] | None = None
    """What the dependency belongs to, where instances come and go: a connection."""
    dependency_counted: bool = True
    """Its outcomes count for the dependency; not where a call below counts them."""
    times_out: Verdict = None
    """What it means when a deadline around the call ends it."""
    retried: FailurePoint = c.AGENT_RECOVERY_ATTEMPT
    """The event for a call that succeeded after failed attempts inside."""
    succeeded: FailurePoint | None = None
    """The audited event for a call that succeeded."""
    finished: Callable[[Call], bool] | None = None
    """Tells whether a generator, whose reader stopped early, had done its work."""
    attempt: Callable[[Call], Attempt | None] | None = None
    """What an operation above that holds learns of a call inside it: the failed try
    that it was, or None. Leaves that raised are asked, and those with a `judge`."""
    attempt_of: frozenset[Kind] = frozenset()
    """Where one of these is around, the call is its attempt and makes no record."""
    ids: Callable[[Call], Mapping[str, str]] | None = None
    """The ids that a run's arguments name."""
    title: Callable[[Call], str] | None = None
    """What a run is called, for its span."""
    enter: Callable[[Call], None] | None = None
    """Run before a compound call, with its operation current."""
    item: Callable[[Call, Any], None] | None = None
    """Run for each item that a generator yields."""
    recorded: Callable[[Call, Link], None] | None = None
    """Run after the failure of a simple call was recorded."""
    leave: Callable[[Call], None] | None = None
    """Run after a compound call, before its verdict."""
    then: Callable[[Call], None] | None = None
    """Run after a compound call that succeeded."""
    of_the_call_around: bool = False
    """The call is an event in the life of the operation around it: what that has
    met last is its cause."""
    call_is_event: FailurePoint | None = None
    """The call itself is what is reported, whatever comes of it."""
    deadline: float | Callable[[Call], float | None] | None = None
    """Seconds after which silence is a failure (`times_out`); nothing is cancelled."""
    any_shape: bool = False
    """A plain function may turn out to return something awaitable or a context
    manager: then that is what is watched."""
    counted: bool = True
    """It counts as an operation of its stage."""
    around: Callable[..., Any] | None = None
    """A wrapt wrapper that does the whole work, for what no table can say."""

    @cached_property
    def light(self) -> bool:
        """Tell whether there is nothing to do when it begins but to begin."""
        return self.kind != "run" and not (
            self.ids or self.enter or self.hold_seconds or self.deadline
        )

    @cached_property
    def plain(self) -> bool:
        """Tell whether there is nothing to do about a success but to count it."""
        return self.kind != "run" and not (
            self.judge or self.leave or self.then or self.succeeded or self.deadline
        )

    def verdict(self, error: BaseException) -> Verdict | object:
        """What the nearest class along the MRO means; `UNNAMED` where none is named."""
        kind = type(error)
        known = self._verdicts.get(kind, _UNSEEN)
        if known is _UNSEEN:
            known = self._look_up(kind)
            if len(self._verdicts) < _CLASSES_KNOWN:
                self._verdicts[kind] = known
        return known

    @cached_property
    def _verdicts(self) -> dict[type, Verdict | object]:
        return {}

    def _look_up(self, kind: type) -> Verdict | object:
        for one in kind.__mro__:
            name = name_of(one)
            if name in self.failures:
                return self.failures[name]
        return UNNAMED


UNNAMED: Final = _UNSET
_NO_VERDICTS: Final[Mapping[str, Verdict]] = MappingProxyType({})
