"""ClickHouse, the archive: a server, or embedded in this process (chdb)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from chat.threads.message import ChatMessage

Execute = Callable[[str, Mapping[str, str]], Awaitable[str]]

CREATE = """
CREATE TABLE IF NOT EXISTS messages (
    id String, thread_id String, run_id String, user_id String,
    role String, text String, created_at DateTime64(6, 'UTC')
) ENGINE = MergeTree ORDER BY (user_id, thread_id, created_at)
"""
INSERT = """
INSERT INTO messages SETTINGS date_time_input_format = 'best_effort'
FORMAT JSONEachRow
"""
SELECT = """
SELECT * FROM messages
WHERE user_id = {user_id:String} AND thread_id = {thread_id:String}
ORDER BY created_at
SETTINGS date_time_output_format = 'iso'
FORMAT JSONEachRow
"""


@dataclass(frozen=True)
class ColdStore:
    """Every message, for good. Losing one is not worth an error."""

    execute: Execute

    async def messages(self, thread_id: str, user_id: str) -> list[ChatMessage]:
        """Read an archived thread."""
        rows = await self.execute(SELECT, {"thread_id": thread_id, "user_id": user_id})
        return [ChatMessage.model_validate_json(row) for row in rows.splitlines()]

    async def append(self, message: ChatMessage) -> None:
        """Archive a message, if that is possible."""
        with suppress(Exception):
            await self.execute(INSERT + message.model_dump_json(), {})


async def open_cold_store(where: str, http: httpx.AsyncClient) -> ColdStore | None:
    """Open the archive at a URL or in a folder; an empty name turns it off."""
    if not where:
        return None
    is_url = where.startswith(("http://", "https://"))
    store = ColdStore(on_server(where, http) if is_url else in_folder(where))
    with suppress(Exception):
        await store.execute(CREATE, {})
    return store


def on_server(url: str, http: httpx.AsyncClient) -> Execute:
    """Execute by ClickHouse's HTTP interface."""

    async def execute(statement: str, values: Mapping[str, str]) -> str:
        params = {f"param_{name}": value for name, value in values.items()}
        answer = await http.post(url, params=params, content=statement, timeout=10)
        return answer.raise_for_status().text

    return execute


def in_folder(path: str) -> Execute:
    """Execute in this process; a folder can be open in one process only."""
    from chdb.session import Session  # noqa: PLC0415 - 0.5 GB, and optional

    session: Any = Session(path)  # type: ignore[no-untyped-call]

    async def execute(statement: str, values: Mapping[str, str]) -> str:
        result = await asyncio.to_thread(
            session.query, statement, "JSONEachRow", params=dict(values)
        )
        return str(result)

    return execute
