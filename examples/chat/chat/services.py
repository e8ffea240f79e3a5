"""What lives as long as the process, and the dependencies that hand it out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, cast

import httpx
from fastapi import Depends, HTTPException, status
from fastapi.requests import HTTPConnection
from sqlalchemy.ext.asyncio import async_sessionmaker

from chat.agents.factory import AgentFactory
from chat.agents.llm import LanguageModel
from chat.agents.supervisor import Supervisor
from chat.agents.tools import ToolService
from chat.database import Sessions, create_engine, create_tables
from chat.runs import Runner
from chat.settings import Settings
from chat.threads.cold import open_cold_store
from chat.threads.hot import HotStore
from chat.threads.service import ThreadService
from chat.threads.warm import WarmStore
from chat.users import add_users


@dataclass(frozen=True)
class Services:
    """Everything that requests share."""

    settings: Settings
    http: httpx.AsyncClient
    sessions: Sessions
    threads: ThreadService
    supervisor: Supervisor


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncGenerator[Services]:
    """Connect to everything; without PostgreSQL the service does not start."""
    async with AsyncExitStack() as stack:
        engine = create_engine(settings)
        stack.push_async_callback(engine.dispose)
        await create_tables(engine)
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        await add_users(sessions, settings.users)

        http = await stack.enter_async_context(httpx.AsyncClient())
        hot = await stack.enter_async_context(HotStore(settings))
        cold = await open_cold_store(settings.clickhouse, http)
        llm = await stack.enter_async_context(LanguageModel(settings))
        tools = ToolService(http, settings.tools_url, settings.tools_timeout)
        yield Services(
            settings=settings,
            http=http,
            sessions=sessions,
            threads=ThreadService(hot, WarmStore(sessions), cold),
            supervisor=Supervisor(llm, tools),
        )


def get_services(connection: HTTPConnection) -> Services:
    """Hand out what the application opened when it started."""
    return cast("Services", connection.app.state.services)


AllServices = Annotated[Services, Depends(get_services)]


async def is_up(http: httpx.AsyncClient, url: str) -> bool:
    """Ask a service for its health; one that is built in has no URL and is up."""
    if not url:
        return True
    try:
        answer = await http.get(f"{url}/health", timeout=1)
    except httpx.HTTPError:
        return False
    return answer.is_success


async def get_supervisor(services: AllServices) -> Supervisor:
    """Hand out the supervisor, unless its operators have taken it away."""
    if not await is_up(services.http, services.settings.supervisor_url):
        raise HTTPException(
            status.HTTP_503_SERVICE_UNAVAILABLE, "The assistant is away for a moment."
        )
    return services.supervisor


async def get_thread_service(services: AllServices) -> ThreadService:
    """Hand out the thread service, unless its operators have taken it away."""
    if not await is_up(services.http, services.settings.thread_service_url):
        raise HTTPException(
            status.HTTP_503_SERVICE_UNAVAILABLE, "Your conversations cannot be reached."
        )
    return services.threads


async def get_runner(
    services: AllServices,
    supervisor: Annotated[Supervisor, Depends(get_supervisor)],
    threads: Annotated[ThreadService, Depends(get_thread_service)],
) -> Runner:
    """Put together what a run needs."""
    agents = AgentFactory(services.sessions, supervisor)
    return Runner(agents, threads, services.settings.run_timeout)
