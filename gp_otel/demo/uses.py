"""What people do with the application: up to `yield` all is well."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Generator

from gp_otel.demo.fault import Use
from gp_otel.demo.visitor import Chat, Visitor
from gp_otel.demo.world import POOL_SIZE

Acting = Generator[None, None, str]

QUESTION = "What is a program?"
SEARCH = "Please search for Ada"

_COPIED = 2
"""Messages after which Redis has a copy of a conversation."""


def ask(text: str = QUESTION, *, times: int = 1) -> Use:
    """Ask, and wait for the answer."""

    def use(visitor: Visitor) -> Acting:
        chat = visitor.connect()
        yield
        for _ in range(times):
            chat.ask(text)
        return chat.told

    return use


def go_on(visitor: Visitor) -> Acting:
    """Go on with a conversation that Redis has a copy of."""
    earlier = visitor.connect()
    for _ in range(_COPIED):
        earlier.ask(QUESTION)
    chat = visitor.connect()
    yield
    return chat.ask(QUESTION)


def connect(token: Callable[[Visitor], str] = lambda v: v.token or "") -> Use:
    """Open the chat, with the visitor's token or another one."""

    def use(visitor: Visitor) -> Acting:
        offered = token(visitor)
        yield
        return visitor.connect(offered).told

    return use


def get(path: str, token: Callable[[Visitor], str] = lambda v: v.token or "") -> Use:
    """Ask for a page of the application."""

    def use(visitor: Visitor) -> Acting:
        yield
        return visitor.get(path, token(visitor))

    return use


def leave(code: int | None) -> Callable[[Chat], None]:
    """Close the tab: the browser sends a close frame."""
    return lambda chat: chat.client.leave(code)


def reset(chat: Chat) -> None:
    """Go offline: the connection is reset."""
    chat.client.reset()


def go_mid_run(go: Callable[[Chat], None]) -> Use:
    """Go away while the answer is being written."""

    def use(visitor: Visitor) -> Acting:
        chat = visitor.connect()
        yield
        chat.say(QUESTION)
        chat.client.wait_for(lambda event: bool(event.get("agent") == "writer"))
        go(chat)
        return chat.told

    return use


def send_oversize(size: int) -> Use:
    """Paste a book into the chat."""

    def use(visitor: Visitor) -> Acting:
        chat = visitor.connect()
        yield
        chat.client.send_oversize(size)
        chat.client.wait_closed()
        return chat.told

    return use


def wait_in_vain(seconds: float) -> Use:
    """Ask, and look at an empty page for so long."""

    def use(visitor: Visitor) -> Acting:
        chat = visitor.connect()
        yield
        chat.say(QUESTION)
        time.sleep(seconds)
        return chat.told

    return use


def ask_in_a_crowd(visitor: Visitor) -> Acting:
    """Ask while others have taken every database connection."""
    chat = visitor.connect()
    yield
    visitor.meanwhile("/threads", POOL_SIZE)
    _wait_until(lambda: _waiting(visitor) >= POOL_SIZE)
    return chat.ask(QUESTION)


def _waiting(visitor: Visitor) -> int:
    """Count the application's statements that wait for a lock."""
    postgres = visitor.world.postgres
    rows = postgres.sql(
        "SELECT count(*) FROM pg_stat_activity"
        f" WHERE usename = '{postgres.user}' AND wait_event_type = 'Lock'"
    )
    return int(rows[0]["count"])


def ask_and_terminate(visitor: Visitor) -> Acting:
    """Ask, and as soon as that has failed the application is told to end."""
    chat = visitor.connect()
    yield
    chat.ask(QUESTION)
    visitor.world.application.send(signal.SIGTERM)
    visitor.world.application.wait()
    chat.client.wait_closed()
    return chat.told


def _wait_until(holds: Callable[[], bool], timeout: float = 5.0) -> None:
    deadline = time.monotonic() + timeout
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
