"""What looks like a failure and is none: it must give no record above INFO.

Each shows by somebody else than us that it did happen.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from gp_otel.demo import uses
from gp_otel.demo.breakages import WRITERS_PROMPT, idle_sessions_ended, llm
from gp_otel.demo.fault import Evidence, Harmless
from gp_otel.demo.visitor import Visitor
from gp_otel.demo.world import OLD_KEY

Look = Callable[[], Evidence]

STARTED = "agent_started → agent_thinking"
ANSWERED = f"{STARTED} → answer: You said: {uses.QUESTION}"

_SLOWLY = llm(kind="drip", seconds=0.05, about=WRITERS_PROMPT)


def run_was_saved(visitor: Visitor) -> Look:
    """PostgreSQL has the run that nobody waited for, and the server the close code."""

    def look() -> Evidence:
        chat = visitor.chats[-1]
        code = chat.client.conversation.close_code
        query = f"SELECT id FROM runs WHERE id = '{visitor.run_id}'"
        saved = uses.wait_until(lambda: bool(visitor.world.postgres.sql(query)))
        there = "has" if saved else "does not have"
        text = f"the server confirmed close code {code}; PostgreSQL {there} the run"
        return Evidence(text, saved and code == visitor.left_with)

    return look


def requests_were_answered(*statuses: int) -> Callable[[Visitor], Look]:
    """The model's server counts its answers."""

    def before(visitor: Visitor) -> Look:
        server = visitor.world.llm
        first = server.count()

        def look() -> Evidence:
            seen = [request.status for request in server.requests[first:]]
            text = f"the model's server answered {', '.join(map(str, seen))}"
            return Evidence(text, list(statuses) == seen)

        return look

    return before


def request_was_abandoned(visitor: Visitor) -> Look:
    """The model's server saw its client go away."""
    server = visitor.world.llm
    first = server.count()

    def look() -> Evidence:
        gone = server.wait_for(
            lambda requests: any(r.ended == "abandoned" for r in requests[first:])
        )
        how = "was given up" if gone else "was read to its end"
        return Evidence(f"the model's stream {how} by the application", gone)

    return look
