"""Our mistakes stay ours: they are counted, said once an hour, and swallowed.

Whatever of ours runs inside an application runs inside `guard` or `guarding`. Only
`Exception` is held back: who cancels, exits or interrupts must be obeyed.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Hook = Callable[[str, BaseException], None]
"""Is told the place and the error, and must keep neither."""

LOG = logging.getLogger("gp_otel")
SILENT_SECONDS = 3600.0
SUPPRESSED = "suppress_instrumentation"
"""The key that other libraries of OpenTelemetry use for the same."""


@dataclass(slots=True)
class _Ledger:
    """What went wrong in this process; a fork's child starts an empty one."""

    counts: dict[str, int] = field(default_factory=dict[str, int])
    said: dict[str, float] = field(default_factory=dict[str, float])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, place: str) -> None:
        with self.lock:
            self.counts[place] = self.counts.get(place, 0) + 1

    def may_say(self, place: str, now: float) -> bool:
        """Grant one word per place and hour."""
        with self.lock:
            last = self.said.get(place)
            if last is not None and now - last < SILENT_SECONDS:
                return False
            self.said[place] = now
            return True


class _Mode:
    """How the whole process is set."""

    strict: bool = False
    hook: Hook | None = None


class _Here(threading.local):
    """What holds in this thread."""

    saying: bool = False


_here = _Here()
# By process id and not emptied at the fork: the lock of the parent may be held there
# by a thread that the child does not have.
_ledgers: dict[int, _Ledger] = {}


def guard(
    place: str, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
) -> R | None:
    """Call `function`; None where it fails."""
    try:
        return function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is ours
        failed(place, error)
        return None


class guarding:  # noqa: N801 - read as a word: `with guarding("place"):`
    """Run a block as `guard` runs a function; one object serves for good."""

    __slots__ = ("_place",)

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        """Begin: nothing to do."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Swallow the block's error where it is an `Exception`."""
        if kind is None or not isinstance(error, Exception):
            return False
        failed(self._place, error)
        return True


def failed(
    place: str, error: Exception, clock: Callable[[], float] = time.monotonic
) -> None:
    """Count an error of ours and say it once; where we are strict, raise it."""
    try:
        ledger = _ledger()
        ledger.count(place)
        silent = _Mode.strict or _here.saying or _exporting()
        if not silent and ledger.may_say(place, clock()):
            _say(place, error)
    except Exception:  # noqa: BLE001, S110 - not even where the stack is nearly full
        pass
    if _Mode.strict:
        raise error


def failures() -> Mapping[str, int]:
    """How often each place has failed in this process."""
    ledger = _ledger()
    with ledger.lock:
        return dict(ledger.counts)


def on_failure(hook: Hook | None) -> Hook | None:
    """Have `hook` told of a failure, once per place and hour; give the one before."""
    before, _Mode.hook = _Mode.hook, hook
    return before


@contextmanager
def strict(on: bool = True) -> Generator[None]:  # noqa: FBT001, FBT002 - it is a switch
    """Raise our mistakes instead, as tests do."""
    before, _Mode.strict = _Mode.strict, on
    try:
        yield
    finally:
        _Mode.strict = before


def forget() -> None:
    """Begin anew with counts and silence, as tests do."""
    _ledgers.clear()


def _ledger() -> _Ledger:
    process = os.getpid()
    return _ledgers.get(process) or _ledgers.setdefault(process, _Ledger())


def _exporting() -> bool:
    """Inside an exporter a word of ours would come back as the next export."""
    with suppress(Exception):
        from opentelemetry import context  # noqa: PLC0415 - the launcher's hooks import us

        key: str = getattr(context, "_SUPPRESS_INSTRUMENTATION_KEY", "")
        return bool(context.get_value(key) or context.get_value(SUPPRESSED))
    return False


def _say(place: str, error: Exception) -> None:
    _here.saying = True
    try:
        for say in (_log, _Mode.hook):
            with suppress(Exception):
                if say is not None:
                    say(place, error)
    finally:
        _here.saying = False


def _log(place: str, error: BaseException) -> None:
    """Log text only: a log record that holds the error would hold its frames."""
    from gp_otel.redact import safe_text  # noqa: PLC0415 - as above
    from gp_otel.stack import name_of, stack_of  # noqa: PLC0415 - as above

    LOG.error(
        "gp-otel failed in %s, the application goes on: %s: %s\n%s",
        place,
        name_of(type(error)),
        safe_text(error, 500),
        stack_of(error, 12, ours=True),
    )
