"""A small application, driven to fail from outside.

It knows of no telemetry. At its end stands what can only be seen from inside of its
process.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import logging
import logging.config
import os
import pkgutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Annotated, Any

import httpx
import jwt
import redis
from fastapi import Depends, FastAPI, HTTPException, Query, Response, WebSocket
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.telemetry import TelemetryConfig
from redis.backoff import NoBackoff
from redis.retry import Retry

KEY = "k" * 32
IDS = ("user_id", "connection_id", "run_id", "thread_id")
OWN_WORK = ContextVar("own_work", default="nobody")
TELEMETRY: TelemetryConfig = (
    {"tracing": False, "metrics": False, "logs": False}
    if os.environ.get("SHOP_NATIVE_TELEMETRY") == "off"
    else {}
)

app = FastAPI(telemetry=TELEMETRY)
log = logging.getLogger("shop")
log.setLevel(logging.INFO)
cache = redis.Redis(port=1, retry=Retry(NoBackoff(), 1))  # nobody is there


class Lines(logging.Handler):
    """Keeps what is logged, as a formatter would see it."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message and the ids."""
        ids = {name: getattr(record, name, None) for name in IDS}
        self.kept.append({"message": record.getMessage(), **ids})

    def take(self) -> list[dict[str, Any]]:
        """Hand over what was kept so far."""
        kept, self.kept = self.kept, []
        return kept


lines = Lines()
log.addHandler(lines)


@app.middleware("http")
async def say_who_answers(request: Any, call_next: Any) -> Response:
    """Name the process that answers, and log whose request it is."""
    log.info("middleware")
    response: Response = await call_next(request)
    response.headers["x-pid"] = str(os.getpid())
    return response


def signed_in(
    credential: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> str:
    """Say who asks; runs in the thread pool."""
    try:
        claims = jwt.decode(credential.credentials, KEY, algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401) from None
    log.info("dependency")
    return str(claims["sub"])


User = Annotated[str, Depends(signed_in)]


@app.get("/health")
async def health() -> str:
    """Say that it runs."""
    return "ok"


@app.get("/me")
async def me(user: User) -> str:
    """Say who asks."""
    return user


@app.get("/cached")
async def cached() -> str:
    """Look something up, and do without it where that fails."""
    try:
        return str(cache.get("greeting"))
    except redis.RedisError:
        return "not cached"


@app.get("/called")
async def called() -> str:
    """Call a service, and do without it where that fails."""
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get("http://127.0.0.1:1/")).text
    except httpx.HTTPError:
        return "not called"


@app.get("/sync")
def sync(user: User) -> list[dict[str, Any]]:
    """Work in the thread pool."""
    log.info("endpoint of %s", user)
    return lines.take()


@app.get("/elsewhere")
async def elsewhere(user: User) -> dict[str, str]:
    """Work in other threads, and say what they saw."""
    OWN_WORK.set(user)
    loop = asyncio.get_running_loop()
    seen: dict[str, str] = {}

    def work(where: str) -> None:
        log.info(where)
        seen[where] = OWN_WORK.get()

    await asyncio.to_thread(work, "to_thread")
    await loop.run_in_executor(None, work, "run_in_executor")
    thread = threading.Thread(target=work, args=["Thread"])
    thread.start()
    thread.join()
    with ThreadPoolExecutor() as pool:
        pool.submit(work, "submit").result()
    loop.call_soon(work, "call_soon")
    await asyncio.sleep(0)
    return seen


@app.get("/lines")
async def written() -> list[dict[str, Any]]:
    """Hand over what was logged since the last time."""
    return lines.take()


@app.get("/silence")
async def silence() -> None:
    """Configure logging as alembic's `env.py` does."""
    ini = """
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys =
[logger_root]
level = WARNING
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
"""
    logging.config.fileConfig(io.StringIO(ini))
    log.disabled = False  # its own it takes back


@app.websocket("/ws")
async def talk(socket: WebSocket) -> None:
    """Do what the messages say."""
    credential = socket.query_params.get("token", "")
    try:
        jwt.decode(credential, KEY, algorithms=["HS256"])
    except jwt.PyJWTError:
        await socket.close(1008)
        return
    await socket.accept()
    while True:
        message = await socket.receive_json()
        if message["type"] == "fail":
            raise ValueError("out of order")
        log.info("said", extra=message.get("extra"))
        await socket.send_json({"type": "said", "lines": lines.take()})


if os.environ.get("SHOP_FAILS_EARLY"):
    try:
        jwt.decode("not a token", KEY, algorithms=["HS256"])
    except jwt.PyJWTError:
        log.warning("failed while it was loaded")


# -- what can only be seen from inside -----------------------------------------


@app.get("/inside/patched")
async def patched(target: Annotated[list[str], Query()]) -> list[bool]:
    """Tell which of these attributes are gp-otel's."""
    return [is_patched(one) for one in target]


def is_patched(target: str) -> bool:
    """Tell whether what stands there is a wrapper of gp-otel's."""
    owner, _, name = target.rpartition(".")
    found = inspect.getattr_static(pkgutil.resolve_name(owner), name)
    return type(found).__module__.startswith("gp_otel")


@app.get("/inside")
async def inside() -> dict[str, Any]:
    """Tell what gp-otel has counted in this process, its own mistakes too."""
    metrics = sys.modules.get("gp_otel.metrics")
    guard = sys.modules.get("gp_otel.guard")
    return {
        "pid": os.getpid(),
        "failures": failures(metrics) if metrics else {},
        "mistakes": guard.failures() if guard else {},
    }


def failures(metrics: Any) -> dict[str, int]:
    """Sum the counter up, by failure point."""
    counts: dict[str, int] = {}
    for labels, count in metrics.FAILURES.values().items():
        if count:
            counts[labels[0]] = counts.get(labels[0], 0) + count
    return counts
