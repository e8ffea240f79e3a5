"""Replies: whether a message was answered."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from gp_otel import catalogue as c
from gp_otel import settings, watchdog
from gp_otel.guard import guard

if TYPE_CHECKING:
    from gp_otel.connection import Connection


class Replies:
    """What one connection owes its user.

    Silence is a failure when the deadline passes, or when a run for the message has
    ended, nothing was sent, and the handler waits for the next message.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._asked: float | None = None
        self._runs = 0
        self._timer: watchdog.Timer | None = None
        self._reported = False

    @property
    def owed(self) -> bool:
        """Tell whether a message is not answered yet, or a run is under way."""
        running = self._connection.operation.facts.get("runs", 0)
        return self._asked is not None or running > 0

    def asked(self, kind: str) -> None:
        """A message came; it may be one that is owed an answer."""
        chosen = settings.current().websocket
        self._settled()
        self._asked, self._reported = perf_counter(), False
        self._runs = self._ended_runs()
        if kind in chosen.questions:
            limit = chosen.reply_deadline
            self._timer = watchdog.after(limit, self._missing)

    def answered(self, event: str) -> None:
        """An event went out; it may be the answer."""
        chosen = settings.current().websocket
        if chosen.answers and event not in chosen.answers:
            return
        if self._asked is not None and chosen.slow_after:
            self._slow(perf_counter() - self._asked, chosen.slow_after)
        self._settled()

    def waits(self) -> None:
        """The handler asks for the next message: is the last one answered."""
        if self._asked is not None and self._ended_runs() > self._runs:
            self._missing()

    def end(self) -> None:
        """Let go of the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _settled(self) -> None:
        self._asked = None
        self.end()

    def _ended_runs(self) -> int:
        ended = self._connection.operation.facts.get("runs_ended", 0)
        return int(ended)

    def _missing(self) -> None:
        guard("reply", self._report_missing)

    def _report_missing(self) -> None:
        connection, asked = self._connection, self._asked
        if asked is None or self._reported or connection.gone or connection.ended:
            return
        self._reported = True
        waited = perf_counter() - asked
        connection.fail(
            c.WEBSOCKET_REPLY_MISSING,
            {"waited_seconds": waited, "last_event": connection.last_event},
            message=f"no answer for {waited:.1f} s",
        )

    def _slow(self, took: float, threshold: float) -> None:
        if took > threshold:
            self._connection.fail(
                c.WEBSOCKET_PERFORMANCE_DEGRADED,
                {"response_time": took, "threshold": threshold},
                message=f"the first answer took {took:.2f} s",
            )
