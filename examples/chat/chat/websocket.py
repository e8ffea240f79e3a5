"""The chat's WebSocket: one connection, many runs, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.websockets import WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from chat.database import User
from chat.protocol import Event, UserMessage
from chat.runs import Runner
from chat.services import get_runner
from chat.signin import connected_user

router = APIRouter()


@dataclass
class Connection:
    """A user's socket. If they leave, the run goes on: its answer is saved."""

    websocket: WebSocket
    open: bool = True

    async def accept(self) -> None:
        """Accept, with the subprotocol that carried the token if one did."""
        by_subprotocol = "jwt" in self.websocket.scope["subprotocols"]
        await self.websocket.accept("jwt" if by_subprotocol else None)

    async def send(self, event: Event) -> None:
        """Send the event, or note that nobody is there any more."""
        if not self.open:
            return
        try:
            await self.websocket.send_text(event.to_json())
        except (WebSocketDisconnect, RuntimeError):
            self.open = False


@router.websocket("/ws")
async def chat(
    websocket: WebSocket,
    user: Annotated[User, Depends(connected_user)],
    runner: Annotated[Runner, Depends(get_runner)],
) -> None:
    """Answer the user's messages until they leave."""
    connection = Connection(websocket)
    await connection.accept()
    await connection.send(
        Event(type="connection_ready", run_id=None, thread_id=None, text=user.id)
    )
    while connection.open:
        try:
            received = await websocket.receive_text()
        except WebSocketDisconnect:
            return
        await answer(received, user, runner, connection)


async def answer(
    received: str, user: User, runner: Runner, connection: Connection
) -> None:
    """Answer one message, if it is one."""
    try:
        message = UserMessage.model_validate_json(received)
    except ValidationError:
        text = "Sorry, I did not understand that message."
        event = Event(type="error", run_id=None, thread_id=None, text=text)
        await connection.send(event)
        return
    await runner.answer(user, message, connection.send)
