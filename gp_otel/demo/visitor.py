"""A person who uses the application, and tells what they saw of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from gp_otel.demo.parts.chat_client import ChatClient, Conversation, Event
from gp_otel.demo.parts.http_client import HttpAnswer, HttpClient
from gp_otel.demo.world import PASSWORD, World

PATIENCE = 10.0
"""Seconds that a person waits for an answer."""

NO_TOKEN = ""


@dataclass(eq=False)
class Chat:
    """One WebSocket of a visitor, from its handshake to its end."""

    client: ChatClient
    visitor: Visitor
    _last: dict[str, Any] = field(default_factory=dict[str, Any], init=False)

    def ask(self, text: str) -> str:
        """Send a message, wait for its answer, and tell what was seen so far."""
        return self.send(self.visitor.message(text))

    def say(self, text: str) -> None:
        """Send a message, and wait for nothing."""
        self._last = self.visitor.message(text)
        self.client.send(self._last)

    def ask_again(self) -> str:
        """Send the last message once more."""
        return self.send(self._last)

    def send(self, message: dict[str, Any]) -> str:
        """Send this message, wait for its answer, and tell what was seen so far."""
        self._last = message
        before = self._answers()
        self.client.send(message)
        self.client.wait_for(_is_answer, before + 1, PATIENCE)
        return self.told

    def _answers(self) -> int:
        return sum(map(_is_answer, self.client.conversation.events))

    @property
    def told(self) -> str:
        """What was seen on this connection so far."""
        return tell(self.client.conversation)


@dataclass(eq=False)
class Visitor:
    """One person, signed in with a token of their own; `visit` names their ids."""

    world: World
    user: str
    visit: str
    token: str | None = None
    chats: list[Chat] = field(default_factory=list[Chat], init=False)
    _asked: int = field(default=0, init=False)
    _open: ExitStack = field(default_factory=ExitStack, init=False)

    @property
    def run_id(self) -> str:
        """The id of the run that was asked for last."""
        return f"{self.visit}-run-{self._asked}"

    @property
    def thread_id(self) -> str:
        """The id of the conversation."""
        return f"{self.visit}-thread"

    @property
    def shown_user(self) -> str:
        """The user's id as records show it."""
        return f"{self.user[:8]}..."

    def message(self, text: str) -> dict[str, Any]:
        """Write a user message with ids of its own."""
        self._asked += 1
        ids = {"thread_id": self.thread_id, "run_id": self.run_id}
        return {
            "type": "user_message",
            "text": text,
            **ids,
            "message_id": f"{self.visit}-message-{self._asked}",
        }

    def sign_in(self, password: str = PASSWORD) -> HttpAnswer:
        """Type user and password, and keep the token."""
        body = {"user": self.user, "password": password}
        answer = self.http(NO_TOKEN).call("POST", self.url("/login"), body)
        if answer.status == 200:  # noqa: PLR2004 - signed in
            self.token = str(answer.json()["token"])
        return answer

    def connect(self, token: str | None = None, *, compression: bool = True) -> Chat:
        """Open a WebSocket, and wait until the application greets or refuses."""
        offered = self.token if token is None else token
        client = ChatClient(
            f"{self.world.application.ws_url}/ws",
            subprotocols=("jwt", offered) if offered else (),
            compression=compression,
        )
        self._open.enter_context(client)
        chat = Chat(client, self)
        self.chats.append(chat)
        if client.is_open:
            client.wait_for("connection_ready")
        return chat

    def http(self, token: str | None = None) -> HttpClient:
        """Use HTTP, with the visitor's token or another one."""
        return HttpClient(token=self.token if token is None else token or None)

    def get(self, path: str, token: str | None = None) -> str:
        """Make a request, and tell what came back."""
        return tell_answer(self.http(token).call("GET", self.url(path)))

    def meanwhile(self, path: str, people: int) -> None:
        """Let so many others ask for a page; they wait as long as they must."""
        others = self._open.enter_context(ThreadPoolExecutor(people))
        for _ in range(people):
            others.submit(self.get, path)

    def url(self, path: str) -> str:
        """Where the application has this path."""
        return f"{self.world.application.url}{path}"

    def __enter__(self) -> Self:
        """Come."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what is open."""
        self._open.close()


def tell(conversation: Conversation) -> str:
    """Say in one line what a person saw on their connection."""
    if conversation.refused is not None:
        return f"refused with {conversation.refused}{_words(conversation.refusal)}"
    steps: list[str] = []
    for event in conversation.events:
        step = _event(event)
        # An answer is written in pieces; how many is of no interest.
        if step == "agent_thinking" and steps[-1:] == [step]:
            continue
        if step != "connection_ready":
            steps.append(step)
    match conversation.close_code:
        case None:
            pass
        case 1006:
            steps.append("connection lost")
        case code:
            steps.append(f"connection closed with {code}")
    return " → ".join(steps) or "connected"


def tell_answer(answer: HttpAnswer) -> str:
    """Say in one line what came back by HTTP."""
    if answer.error is not None:
        return answer.error
    if answer.events:
        return tell(Conversation(answer.events))
    return f"{answer.status}{_words(answer.text)}"


def _is_answer(event: Event) -> bool:
    return event.get("type") in {"agent_completed", "error"}


def _event(event: Event) -> str:
    match event.get("type"):
        case "agent_completed":
            return f"answer: {event.get('text')}"
        case "error":
            return f"error: {event.get('text')}"
        case kind:
            return str(kind)


def _words(text: str) -> str:
    """Take the sentence out of FastAPI's `{"detail": …}`."""
    detail = text.partition('"detail":"')[2].partition('"')[0] or text
    return f" {detail}" if detail else ""
