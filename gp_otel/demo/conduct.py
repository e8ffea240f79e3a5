"""The order of things: all is well, then one thing after the other is broken."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from gp_otel import catalogue as c
from gp_otel.demo.fault import Expected, Fault, Harmless
from gp_otel.demo.judge import Due, judge
from gp_otel.demo.observe import Observed, Observer
from gp_otel.demo.result import Broken, Healthy, Result, Unharmed
from gp_otel.demo.uses import QUESTION, SEARCH, wait_until
from gp_otel.demo.visitor import Visitor, tell_answer
from gp_otel.demo.world import USERS, USUAL, Environment, World

RECOVERS_WITHIN = 5.0
"""Seconds until the application answers again, once all is mended."""

Situation = Fault | Harmless


class Audience(Protocol):
    """Who is told how it goes."""

    def begins(self, what: str) -> None:
        """Something begins that takes a moment."""

    def healthy(self, healthy: Healthy) -> None:
        """The healthy chats are over."""

    def broken(self, broken: Broken) -> None:
        """A fault is over."""

    def unharmed(self, unharmed: Unharmed) -> None:
        """Something harmless is over."""


@dataclass(eq=False)
class Conductor:
    """Lets people use the application, and judges what comes of it."""

    world: World
    audience: Audience
    _result: Result = field(default_factory=Result, init=False)
    _observer: Observer = field(init=False)
    _visits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Look at what the world receives."""
        self._observer = Observer(self.world.receiver)

    def conduct(self, situations: Sequence[Situation], *, keep: bool = False) -> Result:
        """Play them in their order, those that need other settings last.

        At the end the application is ended too, unless it is to be kept: its last
        flush must bring nothing that was not seen before.
        """
        began = time.monotonic()
        ordered = sorted(situations, key=lambda one: (bool(one.environment), one.ends))
        environment = ordered[0].environment if ordered else USUAL
        self.audience.begins("the application starts")
        self.world.run(environment)
        self._healthy()
        for situation in ordered:
            self._prepare(situation.environment)
            match situation:
                case Fault():
                    self._fault(situation)
                case Harmless():
                    self._harmless(situation)
        with self._nothing_more():
            if not keep:
                self.world.application.terminate()
        self._result.seconds = time.monotonic() - began
        return self._result

    def _prepare(self, environment: Environment) -> None:
        """Have the application running with these settings."""
        if not self.world.runs(environment):
            self.audience.begins("the application starts again")
            with self._nothing_more():
                self.world.run(environment)

    @contextmanager
    def _nothing_more(self) -> Generator[None]:
        """Let a process end, and see that it held nothing back."""
        self._observer.begin()
        yield
        observed = self._observer.settle((), ended=True)
        problems = judge((), observed)
        self._result.late = (*self._result.late, *problems)

    def _healthy(self) -> None:
        """Sign in, chat over the WebSocket and over HTTP, and look at the threads."""
        self.audience.begins("healthy chats")
        began = time.monotonic()
        problems: list[str] = []
        chats = 0
        for user in USERS:
            with Visitor(self.world, user, f"healthy-{user}") as visitor:
                visitor.sign_in()
                chat = visitor.connect()
                chat.ask(SEARCH)
                chat.ask(QUESTION)
                body = visitor.message(QUESTION)
                http = visitor.http().listen("POST", visitor.url("/chat"), body)
                problems += [
                    f"{user} saw: {told}"
                    for told in (chat.told, tell_answer(http))
                    if "answer: You " not in told or "error" in told
                ]
                visitor.get("/threads")
                chats += 3
        observed = self._observer.settle((), ended=False)
        problems += [*judge((), observed), *_unaudited(observed)]
        self._result.healthy = Healthy(
            chats, observed, problems, time.monotonic() - began
        )
        self.audience.healthy(self._result.healthy)

    def _fault(self, fault: Fault) -> None:
        self.audience.begins(fault.situation)
        began = time.monotonic()
        self._observer.begin()
        with self._visitor(fault) as visitor:
            saw = play(fault, visitor)
            due = self._due(fault, visitor)
            problems = _differs(fault.user_saw, saw)
        if self.world.application.is_running:
            problems += self._recovery(fault)
        observed = self._observer.settle(
            [one.point.id for one in due],
            ended=not self.world.application.is_running,
        )
        problems += judge(due, observed)
        seconds = time.monotonic() - began
        broken = Broken(fault, due, saw, observed, problems, seconds)
        self._result.faults.append(broken)
        self.audience.broken(broken)

    def _due(self, fault: Fault, visitor: Visitor) -> list[Due]:
        more = fault.with_clickhouse if self.world.clickhouse else ()
        return [_known(expected, visitor) for expected in (*fault.expected, *more)]

    def _recovery(self, fault: Fault) -> list[str]:
        """Chat until there is an answer again: the next fault is one of its own."""
        time.sleep(fault.mends_by)
        told = ""
        with Visitor(self.world, USERS[0], f"after-{fault.name}") as visitor:
            visitor.token = self.world.token(visitor.user)

            def answers() -> bool:
                nonlocal told
                chat = visitor.connect()
                told = chat.ask(QUESTION) if chat.client.is_open else chat.told
                return "answer: " in told

            if wait_until(answers, RECOVERS_WITHIN):
                return []
        return [f"mended, the application did not recover; the user saw: {told}"]

    def _harmless(self, harmless: Harmless) -> None:
        self.audience.begins(harmless.situation)
        began = time.monotonic()
        self._observer.begin()
        with self._visitor(harmless) as visitor:
            look = harmless.evidence(visitor)
            saw = play(harmless, visitor)
            evidence = look()
        observed = self._observer.settle((), ended=False)
        problems = _differs(harmless.user_saw, saw) + judge((), observed)
        if not evidence.holds:
            problems.append(f"nothing shows that it happened: {evidence.text}")
        seconds = time.monotonic() - began
        unharmed = Unharmed(harmless, evidence, saw, observed, problems, seconds)
        self._result.harmless.append(unharmed)
        self.audience.unharmed(unharmed)

    def _visitor(self, situation: Situation) -> Visitor:
        """Take turns: what is said of one user must not be said of another."""
        self._visits += 1
        user = USERS[self._visits % len(USERS)]
        return Visitor(self.world, user, situation.name, self.world.token(user))


def play(situation: Situation, visitor: Visitor) -> str:
    """Let the visitor come while all is well, break it, and ask what they saw."""
    steps = situation.use(visitor)
    next(steps)
    with situation.broken(visitor.world):
        try:
            next(steps)
        except StopIteration as end:
            return str(end.value)
    raise RuntimeError(f"{situation.name} breaks more than once")


def _unaudited(observed: Observed) -> Iterator[str]:
    """Look for the events of those who signed in: silence alone proves nothing."""
    names = Counter(str(event["event_name"]) for event in observed.events)
    for point in (c.AUTH_SUCCESS, c.WEBSOCKET_ESTABLISHED):
        if names[point.event_name] < len(USERS):
            count = names[point.event_name]
            yield f"{count} events of {point.id} for {len(USERS)} users"


def _known(expected: Expected, visitor: Visitor) -> Due:
    return Due(
        expected.point,
        expected.root,
        expected.escalates,
        expected.known_to(visitor),
        expected.about,
        expected.cause,
    )


def _differs(wanted: str, saw: str) -> list[str]:
    """Compare what was seen; a `…` stands for any text."""
    pattern = ".*".join(map(re.escape, wanted.split("…")))
    if re.fullmatch(pattern, saw, re.DOTALL):
        return []
    return [f"the user saw: {saw}; and not: {wanted}"]
