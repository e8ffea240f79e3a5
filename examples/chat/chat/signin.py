"""Who is asking: signing in, and the token on every request and connection."""

from __future__ import annotations

from typing import Annotated

import jwt
from fastapi import APIRouter, Depends, HTTPException, WebSocketException, status
from fastapi.requests import HTTPConnection
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.websockets import WebSocket
from pydantic import BaseModel

from chat.database import User
from chat.services import Services, get_services
from chat.tokens import issue_token, verify_token
from chat.users import find_user, sign_in

router = APIRouter()
bearer = HTTPBearer()


class Credentials(BaseModel):
    """What the user types."""

    user: str
    password: str


class Token(BaseModel):
    """What the user gets."""

    token: str


@router.post("/login")
async def login(
    credentials: Credentials, services: Annotated[Services, Depends(get_services)]
) -> Token:
    """Exchange a password for a token."""
    user = await sign_in(services.sessions, credentials.user, credentials.password)
    if user is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Wrong user or password.")
    settings = services.settings
    return Token(token=issue_token(user.id, settings.jwt_keys, settings.token_lifetime))


async def user_of(token: str, services: Services) -> User | None:
    """Find the user of a token; None for a token that is not, or no longer, good."""
    try:
        user_id = verify_token(token, services.settings.jwt_keys)
    except jwt.InvalidTokenError:
        return None
    return await find_user(services.sessions, user_id)


async def current_user(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)],
    services: Annotated[Services, Depends(get_services)],
) -> User:
    """Let a request in by its bearer token."""
    user = await user_of(credentials.credentials, services)
    if user is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Please sign in again.")
    return user


async def connected_user(
    websocket: WebSocket, services: Annotated[Services, Depends(get_services)]
) -> User:
    """Let a WebSocket in, or refuse it before it is accepted."""
    token = token_of(websocket)
    user = await user_of(token, services) if token else None
    if user is None:
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION, "Please sign in.")
    return user


def token_of(connection: HTTPConnection) -> str | None:
    """Find the token: browsers cannot set headers, so the subprotocol carries it."""
    offered: list[str] = connection.scope.get("subprotocols", [])
    if len(offered) == 2 and offered[0] == "jwt":  # noqa: PLR2004 - jwt, and the token
        return offered[1]
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token
    return connection.query_params.get("token")
