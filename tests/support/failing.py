"""Calls of real libraries that fail, each written as an application writes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final

import asyncpg
import httpx
import httpx2
import jwt
import openai
import pybreaker
import redis
import redis.asyncio
import sqlalchemy as sa
import tenacity
from agents import START_OF_RUN, graph
from fastapi import Depends, FastAPI, HTTPException, WebSocket
from langchain_core.tools import tool
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.ext.asyncio import create_async_engine

Call = Callable[["Place"], Awaitable[object]]


@dataclass(frozen=True)
class Place:
    """Where the calls go: real servers, and a port where nobody listens."""

    database: str
    """The URL of a PostgreSQL, without the driver's name."""
    model: str
    """The base URL of a model that answers 500."""
    closed: int


@dataclass(frozen=True)
class Failing:
    """A call that fails, and whether gp-otel has something to say about it."""

    call: Call
    recorded: bool = True


async def redis_refused(place: Place) -> None:
    """Ask a Redis that is not there."""
    redis.Redis(port=place.closed, retry=Retry(NoBackoff(), 1)).get("greeting")


async def async_redis_refused(place: Place) -> None:
    """The same without blocking."""
    client = redis.asyncio.Redis(port=place.closed, retry=AsyncRetry(NoBackoff(), 1))
    await client.get("greeting")


async def pipeline_refused(place: Place) -> None:
    """Send several commands at once."""
    client = redis.Redis(port=place.closed, retry=Retry(NoBackoff(), 0))
    with client.pipeline() as pipeline:
        pipeline.set("greeting", "hello")
        pipeline.get("greeting")
        pipeline.execute()


async def asyncpg_refused(place: Place) -> None:
    """Connect to a PostgreSQL that is not there."""
    await asyncpg.connect(host="127.0.0.1", port=place.closed, user="chat")


async def asyncpg_password(place: Place) -> None:
    """Connect with a password that is not the user's."""
    await asyncpg.connect(f"postgresql{place.database}", password="wrong")


async def asyncpg_syntax(place: Place) -> None:
    """Send a statement that is none."""
    connection: Any = await asyncpg.connect(f"postgresql{place.database}")
    try:
        await connection.fetch("SELEC 1")
    finally:
        await connection.close()


async def asyncpg_in_transaction(place: Place) -> None:
    """Fail inside of a transaction, which is rolled back."""
    connection: Any = await asyncpg.connect(f"postgresql{place.database}")
    try:
        async with connection.transaction():
            await connection.execute("SELECT 1 / 0")
    finally:
        await connection.close()


async def asyncpg_pool_exhausted(place: Place) -> None:
    """Wait for a connection that nobody gives back."""
    url = f"postgresql{place.database}"
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool, pool.acquire():
        await pool.acquire(timeout=0.05)


async def sqlalchemy_refused(place: Place) -> None:
    """Connect through an engine to a PostgreSQL that is not there."""
    url = f"postgresql+asyncpg://chat:chat@127.0.0.1:{place.closed}/chat"
    async with create_async_engine(url).connect() as connection:
        await connection.execute(sa.text("SELECT 1"))


async def sqlalchemy_syntax(place: Place) -> None:
    """Send a statement that is none through an engine."""
    engine = create_async_engine(f"postgresql+asyncpg{place.database}")
    try:
        async with engine.begin() as connection:
            await connection.execute(sa.text("SELEC 1"))
    finally:
        await engine.dispose()


async def sqlalchemy_pool_exhausted(place: Place) -> None:
    """Wait for one of the engine's connections that nobody gives back."""
    engine = create_async_engine(
        f"postgresql+asyncpg{place.database}",
        pool_size=1,
        max_overflow=0,
        pool_timeout=0.05,
    )
    try:
        async with engine.connect(), engine.connect():
            pass
    finally:
        await engine.dispose()


async def httpx_refused(place: Place) -> None:
    """Call a service that is not there."""
    with httpx.Client(trust_env=False) as client:
        client.get(f"http://127.0.0.1:{place.closed}/")  # noqa: ASYNC212 - meant to block


async def async_httpx_refused(place: Place) -> None:
    """The same without blocking."""
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"http://127.0.0.1:{place.closed}/")


async def httpx2_refused(place: Place) -> None:
    """The same with the library's heir."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.get(f"http://127.0.0.1:{place.closed}/")


ASKED: Final[Any] = {
    "model": "scripted",
    "messages": [{"role": "user", "content": "hello"}],
}


async def openai_refused(place: Place) -> None:
    """Ask a model that is not there."""
    url = f"http://127.0.0.1:{place.closed}/v1"
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0) as client:
        client.chat.completions.create(**ASKED)


async def openai_broken(place: Place) -> None:
    """Ask a model that answers 500, and have it streamed."""
    async with openai.AsyncOpenAI(
        base_url=place.model, api_key="none", max_retries=0
    ) as client:
        await client.chat.completions.create(stream=True, **ASKED)


async def jwt_signature(_place: Place) -> None:
    """Look at a token of a stranger's."""
    token = jwt.encode({"sub": "eve"}, "e" * 32, "HS256")
    jwt.decode(token, "k" * 32, algorithms=["HS256"])


async def jwt_no_token(_place: Place) -> None:
    """Look at something else."""
    jwt.decode("not a token", "k" * 32, algorithms=["HS256"])


async def asked(app: Any, path: str) -> None:
    """Make a request without a server: what the application raises comes out."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        answer = await client.get(path)
    answer.raise_for_status()


async def endpoint_raises(_place: Place) -> None:
    """Fail in an endpoint, from another error."""
    app = FastAPI()

    @app.get("/")
    async def endpoint() -> None:
        try:
            json.loads("{")
        except ValueError as error:
            raise LookupError("nothing there") from error

    await asked(app, "/")


async def dependency_away(_place: Place) -> None:
    """Answer 503 because a dependency says so."""
    app = FastAPI()

    async def supervisor() -> None:
        raise HTTPException(503, "no supervisor")

    @app.get("/")
    async def endpoint(_: Annotated[None, Depends(supervisor)]) -> None: ...

    await asked(app, "/")


async def socket_raises(_place: Place) -> None:
    """Fail while a message is answered with what cannot be written as JSON."""
    app = FastAPI()

    @app.websocket("/ws")
    async def endpoint(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_json()
        await socket.send_json({"type": "answer", "text": object()})

    incoming = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": '{"type": "question"}'},
    ]
    scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b""}

    async def receive() -> dict[str, str]:
        return incoming.pop(0)

    async def send(_message: object) -> None: ...

    await app(scope, receive, send)


async def waited_too_long(_place: Place) -> None:
    """Give a call less time than it needs."""
    await asyncio.wait_for(asyncio.sleep(5), 0.01)


async def timed_out(_place: Place) -> None:
    """The same as a block."""
    async with asyncio.timeout(0.01):
        await asyncio.sleep(5)


async def agent_raises(_place: Place) -> None:
    """Fail in a step of an agent."""

    async def think(_state: object) -> None:
        raise LookupError("no idea")

    await graph(think).ainvoke(START_OF_RUN)


async def tool_raises(_place: Place) -> None:
    """Fail in a tool."""

    @tool
    async def search(query: str) -> str:
        """Search."""
        raise LookupError(query)

    await search.ainvoke({"query": "the answer"})


async def tried_in_vain(place: Place) -> None:
    """Try twice what cannot succeed."""
    trying = tenacity.AsyncRetrying(stop=tenacity.stop_after_attempt(2))
    await trying(async_redis_refused, place)


async def breaker_open(place: Place) -> None:
    """Open a breaker by one failure, then call again."""
    breaker = pybreaker.CircuitBreaker(fail_max=1)

    def ask() -> None:
        httpx.get(f"http://127.0.0.1:{place.closed}/", trust_env=False)

    try:
        breaker.call(ask)
    except pybreaker.CircuitBreakerError:
        breaker.call(ask)


CALLS: Final[Mapping[str, Failing]] = MappingProxyType(
    {
        "redis": Failing(redis_refused),
        "redis.asyncio": Failing(async_redis_refused),
        "redis pipeline": Failing(pipeline_refused),
        "asyncpg, refused": Failing(asyncpg_refused),
        "asyncpg, password": Failing(asyncpg_password),
        "asyncpg, syntax": Failing(asyncpg_syntax),
        "asyncpg, transaction": Failing(asyncpg_in_transaction),
        "asyncpg, pool": Failing(asyncpg_pool_exhausted),
        "sqlalchemy, refused": Failing(sqlalchemy_refused),
        "sqlalchemy, syntax": Failing(sqlalchemy_syntax),
        "sqlalchemy, pool": Failing(sqlalchemy_pool_exhausted),
        # Nobody knows these services: settings name none.
        "httpx": Failing(httpx_refused, recorded=False),
        "httpx, async": Failing(async_httpx_refused, recorded=False),
        "httpx2, async": Failing(httpx2_refused, recorded=False),
        "openai, refused": Failing(openai_refused),
        "openai, 500": Failing(openai_broken),
        "jwt, signature": Failing(jwt_signature),
        "jwt, no token": Failing(jwt_no_token),
        "fastapi, endpoint": Failing(endpoint_raises, recorded=False),
        "fastapi, dependency": Failing(dependency_away, recorded=False),
        "starlette, socket": Failing(socket_raises),
        "wait_for": Failing(waited_too_long, recorded=False),
        "timeout": Failing(timed_out, recorded=False),
        "langgraph": Failing(agent_raises),
        "langchain tool": Failing(tool_raises),
        "tenacity": Failing(tried_in_vain),
        "pybreaker": Failing(breaker_open),
    }
)
