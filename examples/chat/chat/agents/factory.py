"""The agent factory: every run gets an agent made for its user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from chat import database
from chat.agents.context import AgentProfile, RunContext, UserContext
from chat.agents.supervisor import Supervisor
from chat.database import Sessions
from chat.protocol import Send
from chat.threads.message import ChatMessage


@dataclass(frozen=True)
class Agent:
    """An assistant for one run of one user."""

    supervisor: Supervisor
    context: RunContext

    async def run(self, history: Sequence[ChatMessage], text: str) -> str:
        """Answer the text, with the conversation so far in mind."""
        earlier: list[AnyMessage] = [
            HumanMessage(said.text) if said.role == "user" else AIMessage(said.text)
            for said in history
        ]
        return await self.supervisor.run([*earlier, HumanMessage(text)], self.context)


@dataclass(frozen=True)
class AgentFactory:
    """Makes agents."""

    sessions: Sessions
    supervisor: Supervisor

    async def create(
        self, user_id: str, thread_id: str, run_id: str, send: Send
    ) -> Agent:
        """Make an agent; raises for ids or a profile that are not valid."""
        user = UserContext(user_id=user_id, thread_id=thread_id, run_id=run_id)
        profile = await self.load_profile(user_id)
        return Agent(self.supervisor, RunContext(user, profile, send))

    async def load_profile(self, user_id: str) -> AgentProfile:
        """Read the user's profile, or the default one."""
        async with self.sessions() as session:
            row = await session.get(database.Profile, user_id)
        return AgentProfile.model_validate(row.config if row else {})
