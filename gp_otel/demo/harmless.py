"""What looks like a failure and is none: it must give no record above INFO."""

from __future__ import annotations

from gp_otel.demo import uses
from gp_otel.demo.breakages import WRITERS_PROMPT, idle_sessions_ended, llm
from gp_otel.demo.evidence import (
    answered,
    close_was_confirmed,
    fits_only_the_second_key,
    handshakes_were_accepted,
    postgres_logged,
    request_was_abandoned,
    requests_were_answered,
    sessions_were_ended,
)
from gp_otel.demo.fault import Harmless
from gp_otel.demo.visitor import Visitor
from gp_otel.demo.world import OLD_KEY

STARTED = "agent_started → agent_thinking"
ANSWERED = f"{STARTED} → answer: You said: {uses.QUESTION}"

_SLOWLY = llm(kind="drip", seconds=0.05, about=WRITERS_PROMPT)


def _old_token(visitor: Visitor) -> str:
    return visitor.world.token(visitor.user, OLD_KEY)


HARMLESS = (
    Harmless(
        name="tab-closed",
        situation="The user closes the tab while the answer is written (1001).",
        use=uses.go_mid_run(uses.leave(1001)),
        broken=_SLOWLY,
        user_saw=f"{STARTED} → connection closed with 1001",
        evidence=close_was_confirmed(1001),
    ),
    Harmless(
        name="signed-off",
        situation="The user signs off while the answer is written (1000).",
        use=uses.go_mid_run(uses.leave(1000)),
        broken=_SLOWLY,
        user_saw=f"{STARTED} → connection closed with 1000",
        evidence=close_was_confirmed(1000),
    ),
    Harmless(
        name="stream-left",
        situation="The user leaves while the answer is streamed over HTTP.",
        use=uses.leave_stream_mid_run,
        broken=_SLOWLY,
        user_saw=STARTED,
        evidence=request_was_abandoned,
    ),
    Harmless(
        name="llm-retried",
        situation="The model's server answers 429 once, and the SDK tries again.",
        use=uses.ask(),
        broken=llm(kind="status", status=429, times=1),
        user_saw=ANSWERED,
        evidence=requests_were_answered(429, 200, 200),
    ),
    Harmless(
        name="second-key",
        situation="The token was signed with the second of two keys.",
        use=uses.ask(token=_old_token),
        user_saw=ANSWERED,
        evidence=fits_only_the_second_key,
    ),
    Harmless(
        name="reconnect",
        situation="The user's connection is lost between messages; they come back.",
        use=uses.reconnect,
        user_saw=f"{ANSWERED} → connection lost; then {ANSWERED}",
        evidence=handshakes_were_accepted(2),
    ),
    Harmless(
        name="sent-twice",
        situation="A message arrives twice; its key is taken, and that is handled.",
        use=uses.ask_twice,
        user_saw=f"{ANSWERED} → answer: You said: {uses.QUESTION}",
        evidence=postgres_logged("23505"),
    ),
    Harmless(
        name="idle-sessions-ended",
        situation="PostgreSQL ends idle sessions; the pool notices and reconnects.",
        use=uses.ask(),
        broken=idle_sessions_ended,
        user_saw=ANSWERED,
        evidence=sessions_were_ended,
    ),
    Harmless(
        name="password-mistyped",
        situation="The user mistypes their password.",
        use=uses.mistype_password,
        user_saw="401 Wrong user or password.",
        evidence=answered('"POST /login HTTP/1.1" 401'),
    ),
)
