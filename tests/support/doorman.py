"""A small WebSocket application with a sign-in, driven to fail from outside."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, TypedDict

import jwt
from fastapi import Depends, FastAPI, HTTPException, WebSocket
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from langgraph.graph import END, START, StateGraph

NEW, OLD = "n" * 32, "o" * 32
BEARER = HTTPBearer()


def token(subject: str = "ada-lovelace-1815", key: str = NEW, **claims: Any) -> str:
    """Sign a token as the application's own sign-in does."""
    claims = {"exp": time.time() + 600, **claims}
    return jwt.encode({"sub": subject, **claims}, key, "HS256")


def verify(credential: str) -> dict[str, Any]:
    """Try each key in turn, the newest first."""
    for key in (NEW, OLD):
        try:
            return jwt.decode(credential, key, algorithms=["HS256"])
        except jwt.InvalidSignatureError:
            continue
    raise jwt.InvalidSignatureError


def signed_in(
    credential: Annotated[HTTPAuthorizationCredentials, Depends(BEARER)],
) -> str:
    """Say who asks."""
    try:
        return str(verify(credential.credentials)["sub"])
    except jwt.PyJWTError:
        raise HTTPException(401) from None


def application() -> FastAPI:
    """Make the application."""
    app = FastAPI()

    @app.get("/me")
    async def me(user: Annotated[str, Depends(signed_in)]) -> str:
        return user

    @app.get("/limited")
    async def limited() -> None:
        raise HTTPException(429)

    @app.websocket("/ws")
    async def talk(socket: WebSocket) -> None:
        credential = socket.query_params.get("token", "")
        try:
            verify(credential)
        except jwt.PyJWTError:
            await socket.close(1008)
            return
        await socket.accept()
        await socket.send_json({"type": "ready"})
        await converse(socket)

    @app.websocket("/silent-first")
    async def first(socket: WebSocket) -> None:
        await socket.accept()
        try:
            await asyncio.wait_for(socket.receive_json(), 0.1)
        except TimeoutError:
            await socket.close(4408)

    @app.websocket("/heartbeat")
    async def heartbeat(socket: WebSocket) -> None:
        await socket.accept()
        for _ in range(3):
            try:
                await asyncio.wait_for(socket.receive_json(), 0.05)
            except TimeoutError:
                await socket.send_json({"type": "ping"})
        await socket.close()

    @app.websocket("/forbidden")
    async def forbidden(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close(4403, "not yours")

    @app.websocket("/too-early")
    async def too_early(socket: WebSocket) -> None:
        await socket.send_json({"type": "hello"})

    @app.websocket("/late")
    async def late(socket: WebSocket) -> None:
        await asyncio.sleep(0.3)
        await socket.accept()
        await socket.close()

    @app.websocket("/slow-to-greet")
    async def slow_to_greet(socket: WebSocket) -> None:
        await socket.accept()
        await asyncio.sleep(0.2)
        await socket.send_json({"type": "ready"})

    @app.websocket("/no-subprotocol")
    async def no_subprotocol(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json({"type": "ready"})
        await socket.close()

    return app


class State(TypedDict):
    """What the nodes hand on: nothing."""


async def answer(socket: WebSocket, events: int) -> None:
    """Run an agent that tells the user what it thinks."""

    async def think(state: State) -> State:
        for number in range(events):
            await socket.send_json({"type": "agent_thinking", "n": number})
            await asyncio.sleep(0.01)
        return state

    graph = StateGraph(State)
    graph.add_node("think", think)
    graph.add_edge(START, "think")
    graph.add_edge("think", END)
    await graph.compile(name="supervisor").ainvoke({})


async def converse(socket: WebSocket) -> None:
    """Do what the messages say, until one says to fail."""
    while True:
        message = await socket.receive_json()
        kind = message["type"]
        if kind == "fail":
            raise ValueError("out of order")
        if kind == "close":
            await socket.close(message["code"], "as asked")
            return
        if kind == "stream":
            for number in range(message.get("events", 300)):
                await socket.send_json({"type": "agent_thinking", "n": number})
                await asyncio.sleep(0.01)
        if kind == "run":
            await answer(socket, message["events"])
        if kind == "unwritable":
            await socket.send_json({"type": "agent_completed", "text": object()})
        if kind == "slow":
            await asyncio.sleep(message["seconds"])
            await socket.send_json({"type": "answer"})
