"""The application: ``uvicorn chat.app:app``."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.requests import HTTPConnection
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from chat import routes, signin, websocket
from chat.services import open_services
from chat.settings import Settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Open the services before the first request, close them after the last."""
    async with open_services(Settings.from_environment()) as services:
        app.state.services = services
        yield


async def try_later(connection: HTTPConnection, error: Exception) -> JSONResponse:  # noqa: ARG001 - the signature is FastAPI's
    """Answer for a database that did not."""
    return JSONResponse({"detail": "Please try again in a minute."}, 503)


app = FastAPI(title="Chat", lifespan=lifespan)
app.include_router(signin.router)
app.include_router(routes.router)
app.include_router(websocket.router)
app.add_exception_handler(SQLAlchemyError, try_later)  # what the database answered
app.add_exception_handler(OSError, try_later)  # nobody answered at all
