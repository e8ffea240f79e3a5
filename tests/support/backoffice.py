"""An application's own callables, which only settings can name."""

from __future__ import annotations

import json
from typing import Annotated, Any

import asyncpg
import httpx
from fastapi import Depends, FastAPI, HTTPException

NOWHERE = "postgresql://chat@127.0.0.1:1/chat"
"""A port on which nobody listens."""


async def _store(statement: str) -> None:
    connection = await asyncpg.connect(NOWHERE, timeout=5)
    await connection.execute(statement)


async def find_user(user_id: str) -> None:
    """Look a user up in a database that is away."""
    await _store(f"select 1 from users where id = {len(user_id)}")


async def save_thread(thread_id: str, title: str) -> None:
    """Store a conversation in a database that is away."""
    await _store(f"insert into threads values ({len(thread_id) + len(title)})")


async def save_message(message: dict[str, Any]) -> bool:
    """Store a message, and say in the answer alone that it went wrong."""
    try:
        await _store(f"insert into messages values ({len(message)})")
    except OSError:
        return False
    return True


def create_agent(user_id: str, profile: str) -> dict[str, Any]:
    """Make an agent from a profile that may be broken."""
    made: dict[str, Any] = json.loads(profile)
    return {"user": user_id, **made}


def connection_manager(user_id: str) -> object | None:
    """Make the manager of a user's connections; None where that is not possible."""
    return None if user_id == "nobody" else object()


def choose_mode(requested: str) -> str:
    """Choose how the chat is served."""
    return {"chat": "chat", "voice": "voice"}[requested]


def missing_tools(wanted: list[str]) -> list[str]:
    """Name what an agent wants and does not have."""
    return [one for one in wanted if one != "search"]


def demo_user(enabled: bool) -> str | None:  # noqa: FBT001 - as applications do
    """Let somebody in without a sign-in, where that is switched on."""
    return "demo-visitor" if enabled else None


async def get_supervisor() -> None:
    """Refuse where the supervisor does not answer."""
    await _asked("http://127.0.0.1:1/health")


async def get_thread_service() -> None:
    """Refuse where the thread service does not answer."""
    await _asked("http://127.0.0.1:1/health")


async def _asked(url: str) -> None:
    async with httpx.AsyncClient() as client:
        try:
            await client.get(url)
        except httpx.TransportError:
            raise HTTPException(503, "try again later") from None


def application() -> FastAPI:
    """Make an application whose dependencies are not there."""
    app = FastAPI()

    @app.get("/run")
    async def run(_: Annotated[None, Depends(get_supervisor)]) -> None: ...

    @app.get("/threads")
    async def threads(_: Annotated[None, Depends(get_thread_service)]) -> None: ...

    @app.get("/health")
    async def health() -> None:
        raise HTTPException(503)

    return app
