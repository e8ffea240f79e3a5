"""What an agent knows while it runs: for whom, for which run, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from chat.protocol import Event, EventType, Id, Send

ToolName = Literal["search", "calculate"]


class UserContext(BaseModel):
    """Whose run this is."""

    model_config = ConfigDict(frozen=True)

    user_id: Id
    thread_id: Id
    run_id: Id


class AgentProfile(BaseModel):
    """How the user wants to be answered: the JSON in the table `profiles`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tone: str = "friendly"
    tools: tuple[ToolName, ...] = Field(("search", "calculate"), min_length=1)
    max_steps: PositiveInt = 20


@dataclass(frozen=True)
class RunContext:
    """Handed to every node of the graph."""

    user: UserContext
    profile: AgentProfile
    send: Send

    async def tell(self, type_: EventType, **more: str) -> None:
        """Tell the user what is going on."""
        ids = {"run_id": self.user.run_id, "thread_id": self.user.thread_id}
        await self.send(Event(type=type_, **ids, **more))
