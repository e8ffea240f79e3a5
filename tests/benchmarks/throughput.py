"""The reference application's throughput, with ours on top of contrib's and without.

Both applications run side by side on the same stores; chats go to one and the other
in turn, and the shares of neighbours are compared.
"""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from time import perf_counter

from gp_otel.demo import bundled
from gp_otel.demo.parts.application import Application
from gp_otel.demo.parts.chat_client import ChatClient
from gp_otel.demo.parts.http_client import HttpClient
from gp_otel.demo.parts.http_service import HttpService
from gp_otel.demo.parts.llm import Llm
from gp_otel.demo.parts.otlp import OtlpReceiver
from gp_otel.demo.parts.postgres import Postgres
from gp_otel.demo.parts.valkey import Valkey

ROUNDS = 16
CHATS = 12
QUESTION = {"type": "user_message", "thread_id": "bench", "text": "What is 6 times 7?"}


def chats(client: ChatClient, answered: int) -> float:
    """Chat so many times, one after the other; give chats per second."""
    begun = perf_counter()
    for number in range(CHATS):
        client.send(QUESTION)
        if not client.wait_for("agent_completed", answered + number + 1, timeout=30):
            message = f"no answer: {client.conversation}"
            raise RuntimeError(message)
    return CHATS / (perf_counter() - begun)


def share() -> float:
    """Throughput with ours, as a share of that without; the median of the rounds."""
    with ExitStack() as parts:
        enter = parts.enter_context
        database, cache = enter(Postgres()), enter(Valkey())
        llm, receiver = enter(Llm()), enter(OtlpReceiver())
        tools = enter(HttpService({"/search": "nothing found"}))
        environment = {
            "CHAT_DATABASE_URL": database.url_for("asyncpg"),
            "CHAT_REDIS_URL": cache.url,
            "CHAT_LLM_BASE_URL": llm.url,
            "CHAT_TOOLS_URL": tools.url,
            "CHAT_JWT_KEYS": "b" * 32,
            "CHAT_USERS": "ada:pw",
        }
        clients: dict[bool, ChatClient] = {}
        for ours in (False, True):
            application = enter(
                Application(
                    app="chat.app:app",
                    folder=bundled.folder("examples/chat"),
                    endpoint=receiver.url,
                    environment=environment,
                    without=() if ours else ("golden_path",),
                    health="/health",
                )
            )
            login = HttpClient().call(
                "POST", f"{application.url}/login", {"user": "ada", "password": "pw"}
            )
            url = f"{application.ws_url}/ws?token={login.json()['token']}"
            clients[ours] = enter(ChatClient(url))
        return _compare(clients)


def _compare(clients: dict[bool, ChatClient]) -> float:
    for client in clients.values():
        chats(client, 0)
    shares = []
    for number in range(1, ROUNDS + 1):
        order = (True, False) if number % 2 else (False, True)
        speed = {ours: chats(clients[ours], number * CHATS) for ours in order}
        shares.append(speed[True] / speed[False])
    return statistics.median(shares)
