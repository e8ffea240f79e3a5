"""What people do with the application: up to `yield` all is well."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Generator

from gp_otel.demo.fault import Use
from gp_otel.demo.visitor import Chat, Visitor, tell_answer
from gp_otel.demo.world import POOL_SIZE

Acting = Generator[None, None, str]

QUESTION = "What is a program?"
LONG_QUESTION = " ".join(["Please tell me more of it."] * 5)
SEARCH = "Please search for Ada"

_COPIED = 2
"""Messages after which Redis has a copy of a conversation."""


Token = Callable[[Visitor], str]


def own_token(visitor: Visitor) -> str:
    """Use the visitor's own token."""
    return visitor.token or ""


def ask(text: str = QUESTION, *, times: int = 1, token: Token = own_token) -> Use:
    """Ask, and wait for the answer."""

    def use(visitor: Visitor) -> Acting:
        chat = visitor.connect(token(visitor))
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


def connect(token: Token = own_token) -> Use:
    """Open the chat, with the visitor's token or another one."""

    def use(visitor: Visitor) -> Acting:
        offered = token(visitor)
        yield
        return visitor.connect(offered).told

    return use


def get(path: str, token: Token = own_token) -> Use:
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


def leave_stream_mid_run(visitor: Visitor) -> Acting:
    """Ask over HTTP, and go away while the answer is being written."""
    yield
    answer = visitor.http().listen(
        "POST",
        visitor.url("/chat"),
        visitor.message(QUESTION),
        leave_at=lambda event: bool(event.get("agent") == "writer"),
    )
    return tell_answer(answer)


def reconnect(visitor: Visitor) -> Acting:
    """Ask, lose the connection while nothing is owed, come back and go on."""
    yield
    first = visitor.connect()
    first.ask(QUESTION)
    reset(first)
    second = visitor.connect()
    second.ask(QUESTION)
    return f"{first.told}; then {second.told}"


def ask_twice(visitor: Visitor) -> Acting:
    """Send a message again, as clients do that did not hear of its arrival."""
    chat = visitor.connect()
    yield
    chat.ask(QUESTION)
    chat.ask_again()
    return chat.told


def mistype_password(visitor: Visitor) -> Acting:
    """Type a wrong password."""
    yield
    return tell_answer(visitor.sign_in(password="enchanter"))  # noqa: S106 - wrong


def send_oversize(size: int) -> Use:
    """Paste so many bytes into the chat.

    What is compressed says its size only when it is unpacked, which nobody does here.
    """

    def use(visitor: Visitor) -> Acting:
        chat = visitor.connect(compression=False)
        yield
        chat.client.send("x" * size)
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
        return f"{chat.told}, and no answer"

    return use


def ask_in_a_crowd(visitor: Visitor) -> Acting:
    """Ask while others have taken every database connection."""
    chat = visitor.connect()
    yield
    visitor.meanwhile("/threads", POOL_SIZE)
    wait_until(lambda: _waiting(visitor) >= POOL_SIZE)
    return chat.ask(QUESTION)


def _waiting(visitor: Visitor) -> int:
    """Count the application's statements that wait for a lock."""
    postgres = visitor.world.postgres
    rows = postgres.sql(
        "SELECT usename FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    )
    return sum(row["usename"] == postgres.user for row in rows)


def ask_and_terminate(visitor: Visitor) -> Acting:
    """Ask, and as soon as that has failed the application is told to end."""
    chat = visitor.connect()
    yield
    chat.ask(QUESTION)
    visitor.world.application.send(signal.SIGTERM)
    visitor.world.application.wait()
    chat.client.wait_closed()
    return chat.told


def wait_until(holds: Callable[[], bool], timeout: float = 5.0) -> bool:
    """Wait until something holds; False when it never did."""
    deadline = time.monotonic() + timeout
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return held
