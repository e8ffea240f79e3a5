"""What goes over the wire: messages from the client, events to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import BaseModel, Field

EventType = Literal[
    "connection_ready",
    "agent_started",
    "agent_thinking",
    "tool_executing",
    "tool_completed",
    "agent_completed",
    "error",
]
Id = Annotated[str, Field(pattern=r"^[\w-]{1,64}$")]


def new_id() -> str:
    """Make an id for a thread, a run or a message that came without one."""
    return uuid4().hex


class UserMessage(BaseModel):
    """A user asks something. The same `message_id` again is the same message."""

    type: Literal["user_message"] = "user_message"
    thread_id: Id = Field(default_factory=new_id)
    run_id: Id = Field(default_factory=new_id)
    message_id: Id = Field(default_factory=new_id)
    text: str = Field(min_length=1)


class Event(BaseModel):
    """The client is told how its run goes on."""

    type: EventType
    run_id: str | None
    thread_id: str | None
    agent: str | None = None
    tool: str | None = None
    text: str | None = None

    def to_json(self) -> str:
        """Write it as the client reads it: what was not said is left out."""
        return self.model_dump_json(exclude_unset=True)


Send = Callable[[Event], Awaitable[None]]
