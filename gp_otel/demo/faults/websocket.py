"""Faults of the connection: the chat is blocked."""

from __future__ import annotations

from gp_otel import catalogue as c
from gp_otel.demo import uses
from gp_otel.demo.breakages import WRITERS_PROMPT, llm, locked
from gp_otel.demo.fault import SIGNED_IN, Expected, Fault
from gp_otel.demo.world import LARGEST_MESSAGE, REPLY_DEADLINE
from gp_otel.failure import Stage

TOO_LARGE = LARGEST_MESSAGE + 1

WEBSOCKET = (
    Fault(
        name="reset-mid-run",
        stage=Stage.WEBSOCKET,
        situation="The user's connection is reset while the answer is written.",
        use=uses.go_mid_run(uses.reset),
        broken=llm(kind="drip", seconds=0.1, about=WRITERS_PROMPT),
        user_saw="agent_started → agent_thinking → connection lost",
        expected=(
            Expected(
                c.AGENT_EVENT_DELIVERY_FAILED,
                {"event_type": "agent_thinking", "critical_event_flag": True},
            ),
        ),
    ),
    Fault(
        name="oversize-message",
        stage=Stage.WEBSOCKET,
        situation="A message is sent that is larger than the server allows.",
        use=uses.send_oversize(TOO_LARGE),
        user_saw="connection closed with 1009",
        expected=(
            Expected(
                c.WEBSOCKET_MESSAGE_TOO_LARGE,
                {
                    "message_size": TOO_LARGE,
                    "size_limit": LARGEST_MESSAGE,
                    "golden_path.websocket.close_code": 1009,
                },
                about=SIGNED_IN,
            ),
        ),
    ),
    Fault(
        name="no-reply",
        stage=Stage.WEBSOCKET,
        situation="A table is locked: nothing fails, and nothing is answered.",
        use=uses.wait_in_vain(REPLY_DEADLINE + 0.4),
        broken=locked("threads"),
        user_saw="connected, and no answer",
        expected=(
            Expected(
                c.WEBSOCKET_REPLY_MISSING,
                {"last_event": "connection_ready"},
            ),
        ),
    ),
)
