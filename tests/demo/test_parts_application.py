"""An application under the launcher, and the people who use it."""

from __future__ import annotations

import signal
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from uuid import uuid4

import psutil  # type: ignore[import-untyped]
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.server import ServerConnection, serve

from gp_otel.demo.parts.application import Application
from gp_otel.demo.parts.chat_client import ChatClient, Conversation
from gp_otel.demo.parts.http_client import HttpClient
from gp_otel.demo.parts.otlp import OtlpReceiver
from gp_otel.demo.parts.ports import free_port, is_listening
from gp_otel.demo.parts.process import StartError

APP = '''
"""Says what happens to its connections, and repeats what it is told."""

import asyncio
import json
import os
from collections import defaultdict

from fastapi import FastAPI, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

app = FastAPI()
left = defaultdict(asyncio.Queue)


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.get("/environment/{name}")
async def environment(name):
    return os.environ.get(name)


@app.get("/left/{name}")
async def how_they_left(name):
    return await left[name].get()


@app.get("/events")
async def events():
    async def stream():
        for number in range(100):
            yield f"data: {json.dumps({'n': number})}\\n\\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(stream(), media_type="text/event-stream")


@app.websocket("/ws/{name}")
async def chat(websocket: WebSocket, name: str):
    if websocket.headers.get("authorization") != "Bearer good":
        await websocket.send_denial_response(Response("who are you?", 401))
        return
    await websocket.accept()
    print("accepted", flush=True)
    try:
        while True:
            message = await websocket.receive_json()
            if message["type"] == "bye":
                await websocket.close(4000, "bye")
                return
            for number in range(2):
                await websocket.send_json({**message, "type": "echo", "n": number})
    except WebSocketDisconnect as error:
        await left[name].put([error.code, error.reason])
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the application."""
    folder = tmp_path_factory.mktemp("application")
    (folder / "shop.py").write_text(textwrap.dedent(APP))
    return folder


@pytest.fixture(scope="module")
def receiver() -> Iterator[OtlpReceiver]:
    """Where the application's telemetry goes."""
    with OtlpReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def application(folder: Path, receiver: OtlpReceiver) -> Iterator[Application]:
    """The application, under the launcher."""
    with Application(
        app="shop:app",
        folder=folder,
        endpoint=receiver.url,
        service="shop",
        ws_max_size=1000,
        health="/health",
        environment={"SHOP": "open"},
    ) as application:
        yield application


@pytest.fixture
def client(application: Application) -> Iterator[ChatClient]:
    """A user who is signed in."""
    headers = {"authorization": "Bearer good"}
    url = f"{application.ws_url}/ws/{uuid4()}"
    with ChatClient(url, headers=headers, compression=False) as client:
        yield client


def how_it_ended(client: ChatClient) -> list[object]:
    """Ask the application for the close code and the reason that it saw."""
    url = client.url.replace("ws://", "http://").replace("/ws/", "/left/")
    answer: list[object] = HttpClient().call("GET", url).json()
    return answer


def test_its_telemetry_arrives(
    application: Application, receiver: OtlpReceiver
) -> None:
    """Spans come within moments, under the service's name."""
    mark = receiver.mark()
    HttpClient().call("GET", f"{application.url}/environment/SHOP")

    assert receiver.wait_for(
        lambda got: any("/environment" in span["name"] for span in got.spans),
        since=mark,
    )
    assert {"shop"} == {
        span["resource"]["service.name"] for span in receiver.received.spans
    }


def test_its_environment(
    folder: Path, receiver: OtlpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets ours, without telemetry settings and proxies, and what it was given."""
    monkeypatch.setenv("OURS", "1")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("GP_OTEL_SETTINGS", "elsewhere.toml")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    variables = Application(
        app="shop:app",
        folder=folder,
        endpoint=receiver.url,
        environment={"OTEL_SERVICE_NAME": "given"},
        without=("redis", "asyncpg"),
    ).variables()

    assert "1" == variables["OURS"]
    assert "given" == variables["OTEL_SERVICE_NAME"]
    assert "redis,asyncpg" == variables["OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"]
    assert "127.0.0.1" in variables["NO_PROXY"].split(",")
    assert {"OTEL_SDK_DISABLED", "GP_OTEL_SETTINGS"}.isdisjoint(variables)


def test_without_the_launcher(folder: Path) -> None:
    """It runs as it would without OpenTelemetry."""
    application = Application(app="shop:app", folder=folder, instrumented=False)
    with application:
        command = Path(f"/proc/{application.pid}/cmdline").read_text()
        path = HttpClient().call("GET", f"{application.url}/environment/PYTHONPATH")

    assert "uvicorn" in command
    assert "auto_instrumentation" not in path.text


def test_it_is_terminated(folder: Path) -> None:
    """SIGTERM ends it in order, and it can be started again on its port."""
    application = Application(app="shop:app", folder=folder, instrumented=False)
    with application:
        port = application.port
        code = application.terminate()
        output = application.output()
        assert not is_listening(port)
        application.start()
        answer = HttpClient().call("GET", f"{application.url}/health")

    assert (-signal.SIGTERM, 200) == (code, answer.status)
    assert "Finished server process" in output
    assert not is_listening(port)


def test_it_is_killed(folder: Path) -> None:
    """Nothing is said any more, and its workers do not stay."""
    application = Application(
        app="shop:app",
        folder=folder,
        instrumented=False,
        options=("--workers", "2"),
        health="/health",
    )
    with application:
        workers = psutil.Process(application.pid).children(recursive=True)
        assert -signal.SIGKILL == application.kill()
        _, left = psutil.wait_procs(workers, timeout=5)

    assert len(workers) >= 2
    assert [] == [worker for worker in left if worker.status() != "zombie"]


def test_it_does_not_start(folder: Path) -> None:
    """What it said about that is in the error."""
    application = Application(app="nowhere:app", folder=folder, instrumented=False)

    with pytest.raises(StartError, match="nowhere"), application:
        pass
    assert application.pid is None


def test_a_conversation(application: Application, client: ChatClient) -> None:
    """Events in order, then the server's close code and reason."""
    client.send({"type": "hello", "text": "x"})
    assert client.wait_for("echo", count=2)
    events = ({"type": "echo", "n": n, "text": "x"} for n in range(2))
    begun = Conversation(tuple(events))
    assert begun == client.conversation
    client.send({"type": "bye"})
    assert client.wait_closed()

    ended = replace(begun, close_code=4000, close_reason="bye")
    assert ended == client.conversation
    assert ["echo", "echo"] == ended.types
    assert "accepted" in application.output()


def test_a_handshake_that_is_refused(application: Application) -> None:
    """The status and the text are told; nothing is raised."""
    with ChatClient(f"{application.ws_url}/ws/ada") as client:
        assert client.wait_closed()
        conversation = client.conversation

    assert Conversation(refused=401, refusal="who are you?") == conversation


@pytest.mark.parametrize(
    ("code", "seen"),
    [(1000, [1000, "done"]), (1001, [1001, "done"]), (None, [1005, ""])],
)
def test_a_user_who_leaves(
    client: ChatClient,
    code: int | None,
    seen: list[object],
) -> None:
    """The application gets the code that was sent."""
    client.leave(code, "" if code is None else "done")

    assert seen == how_it_ended(client)
    assert not client.is_open


def test_a_user_whose_machine_dies(
    client: ChatClient,
) -> None:
    """A reset is no close frame: both sides see the connection lost."""
    client.reset()

    assert how_it_ended(client)[0] in {1005, 1006}
    assert 1006 == client.conversation.close_code


def test_a_user_whose_connection_ends(
    client: ChatClient,
) -> None:
    """Closed in order below, and without a word above."""
    client.drop()

    assert how_it_ended(client)[0] in {1005, 1006}
    assert 1006 == client.conversation.close_code


def test_a_message_that_is_too_large(
    client: ChatClient,
) -> None:
    """The server says so with 1009."""
    client.send_oversize(2000)

    assert client.wait_closed()
    assert 1009 == client.conversation.close_code
    assert how_it_ended(client)[0] in {1006, 1009}


def test_a_user_waits_in_vain(client: ChatClient) -> None:
    """Events that do not come are not there."""
    assert not client.wait_for("never", timeout=0.05)
    closer = threading.Timer(0.05, client.send, args=({"type": "bye"},))
    closer.start()

    assert not client.wait_for("never", timeout=20)
    closer.join()


def test_a_user_who_listens(application: Application) -> None:
    """Server-sent events arrive until the user goes away."""
    answer = HttpClient().listen(
        "GET", f"{application.url}/events", leave_at=lambda event: event["n"] == 3
    )

    assert (200, ({"n": 0}, {"n": 1}, {"n": 2}, {"n": 3})) == (
        answer.status,
        answer.events,
    )


@pytest.mark.parametrize(
    ("way", "error"), [("reset", ConnectionResetError), ("drop", EOFError)]
)
def test_what_the_network_sees(way: str, error: type[Exception]) -> None:
    """A reset is a reset (RST), and a drop is an orderly end (FIN)."""
    causes: SimpleQueue[type[BaseException | None]] = SimpleQueue()

    def listen(connection: ServerConnection) -> None:
        try:
            connection.recv()
        except ConnectionClosedError as closed:
            causes.put(type(closed.__cause__))

    with serve(listen, "127.0.0.1", port := free_port()) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with ChatClient(f"ws://127.0.0.1:{port}") as client:
            if way == "reset":
                client.reset()
            else:
                client.drop()
        cause = causes.get(timeout=10)
        server.shutdown()
        thread.join()

    assert error is cause
