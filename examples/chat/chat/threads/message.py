"""A message as the tiers keep it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, Field


class ChatMessage(BaseModel):
    """What one side said."""

    id: str
    thread_id: str
    run_id: str
    user_id: str
    role: Literal["user", "assistant"]
    text: str
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


def answer_id(message_id: str) -> str:
    """Name the answer to a message: there is one at most."""
    return f"{message_id}-answer"
