"""Outcomes: what tells how a call of the application's own has ended.

One line each, as settings and `@watch` write it:

    raises                       any exception but control flow
    raises ValueError, chat.errors.AgentError
    is False                     the result itself; True, None and empty likewise
    success == false             a value in it: == != < <= > >= in, not in
    [1] is not None              an item of a tuple or a list
    error exists                 it is there, and not None; or: is missing
    answer matches "(?i)sorry"   a regular expression, found anywhere in a text
    is a chat.agents.Fallback    its class, or that of an heir; or: is not a
    called                       the call itself
    succeeds                     its success; succeeds if user.demo == true

Nothing is a failure that no line names, None least of all. Paths begin at the
result; `args.name` and `self` reach the rest of the call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gp_otel import paths
from gp_otel.catalogue.table import is_list
from gp_otel.classes import class_name
from gp_otel.failure import ConfigurationError, FailurePoint
from gp_otel.paths import MISSING, Path
from gp_otel.questions import VERBS, Operand
from gp_otel.stack import name_of

if TYPE_CHECKING:
    from gp_otel.watched import Call


@dataclass(frozen=True, slots=True)
class Raises:
    """An exception of one of these classes; any, where none is named."""

    classes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Write it as settings do."""
        return f"raises {', '.join(self.classes)}".rstrip()


@dataclass(frozen=True, slots=True)
class Holds:
    """A question about a value: where it is, what is asked, compared with what."""

    path: Path
    verb: str
    operand: Operand = None

    def __call__(self, call: Call) -> bool:
        """Tell whether it holds; what leads nowhere is missing, and nothing else."""
        value = self.path.read(call)
        if value is MISSING or self.verb == "is missing":
            return value is MISSING and self.verb == "is missing"
        try:
            return VERBS[self.verb].holds(value, self.operand)
        except Exception:  # noqa: BLE001 - `__eq__` and `__len__` are the application's
            return False

    def __str__(self) -> str:
        """Write it as settings do."""
        verb = VERBS[self.verb]
        operand = f" {verb.write(self.operand)}" if verb.read is not None else ""
        return f"{self.path} {self.verb}{operand}"


@dataclass(frozen=True, slots=True)
class Occurs:
    """The call itself or its success, where the question is answered with yes."""

    what: Literal["called", "succeeds"]
    condition: Holds | None = None

    def __str__(self) -> str:
        """Write it as settings do."""
        condition = f" if {self.condition}" if self.condition is not None else ""
        return f"{self.what}{condition}"


Condition = Raises | Holds | Occurs


@dataclass(frozen=True, slots=True)
class Rule:
    """What tells of a failure point; where it has none, of the callable's."""

    when: Condition
    failure: FailurePoint | str | None = None


RAISES: Final = (Rule(Raises()),)
"""What is a failure where nobody says: any exception."""

Written = str | Mapping[str, object] | Rule
"""A rule as it is written: a line, or `{ when = line, failure = id }`, or
`{ raises = class, failure = id }`."""

_KEYS: Final = ("failure", "raises", "when")
_RAISES: Final = re.compile(r"raises(?:\s+(?P<classes>\S.*))?")
_OCCURS: Final = re.compile(r"(?P<what>called|succeeds)(?:\s+if\s+(?P<condition>.+))?")
_BY_WORDS: Final = {" ".join(verb.lower().split()): verb for verb in VERBS}
_VERB: Final = "|".join(
    re.escape(verb).replace(r"\ ", r"\s+")
    for verb in sorted((*VERBS, "is an", "is not an"), key=len, reverse=True)
)
_HOLDS: Final = re.compile(
    rf"(?:(?P<path>{paths.TEXT})\s+)?(?P<verb>(?i:{_VERB}))(?:\s+(?P<operand>\S.*))?",
    re.DOTALL,
)


def read(written: Iterable[Written]) -> tuple[Rule, ...]:
    """Read rules; raises `ConfigurationError` for the first that is none."""
    return tuple(_rule(one) for one in written)


def parse(text: str) -> Condition:
    """Read one line; raises `ConfigurationError` where it says nothing."""
    text = text.strip()
    if found := _RAISES.fullmatch(text):
        return Raises(_classes((found["classes"] or "").split(",")))
    if found := _OCCURS.fullmatch(text):
        condition = _holds(found["condition"]) if found["condition"] else None
        return Occurs("called" if found["what"] == "called" else "succeeds", condition)
    return _holds(text)


def _holds(text: str) -> Holds:
    found = _HOLDS.fullmatch(text.strip())
    if found is None:
        remedy = "write `raises`, `is False`, `success == false`, `error exists`, …"
        raise ConfigurationError(f"{text!r} tells no outcome: {remedy}")
    words = " ".join(found["verb"].lower().split())
    name = _BY_WORDS[words.replace("is an", "is a").replace("not an", "not a")]
    verb, operand = VERBS[name], found["operand"]
    if (verb.read is None) is not (operand is None):
        remedy = "end it there" if verb.read is None else "say with what"
        raise ConfigurationError(f"{text!r} tells no outcome: after `{name}` {remedy}")
    path = paths.parse(found["path"] or "result", "result")
    return Holds(path, name, verb.read(operand) if verb.read and operand else None)


def _classes(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(class_name(name) for name in names if name.strip())


def _rule(written: Written) -> Rule:
    if isinstance(written, Rule):
        return written
    if isinstance(written, str):
        return Rule(parse(written))
    unknown = [key for key in written if key not in _KEYS]
    if unknown or ("when" in written) is ("raises" in written):
        remedy = "write { when = …, failure = … } or { raises = …, failure = … }"
        raise ConfigurationError(f"{dict(written)!r} is no outcome: {remedy}")
    failure = written.get("failure")
    if not isinstance(failure, FailurePoint | str | None):
        remedy = "write a failure point's id"
        raise ConfigurationError(f"`failure` is {failure!r}: {remedy}")
    if "when" in written:
        return Rule(parse(str(written["when"])), failure)
    return Rule(Raises(_raised(written["raises"])), failure)


def _raised(classes: object) -> tuple[str, ...]:
    """Read one class or several, by name or as they are."""
    several = classes if is_list(classes) else [classes]
    return _classes(
        name_of(one) if isinstance(one, type) else str(one) for one in several
    )
