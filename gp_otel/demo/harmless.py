"""What looks like a failure and is none: it must give no record above INFO.

Each shows by somebody else than us that it did happen.
"""

from __future__ import annotations

from collections.abc import Callable

from gp_otel.demo import uses
from gp_otel.demo.breakages import WRITERS_PROMPT, idle_sessions_ended, llm
from gp_otel.demo.fault import Evidence, Harmless
from gp_otel.demo.visitor import Visitor
from gp_otel.demo.world import NEW_KEY, OLD_KEY

Look = Callable[[], Evidence]

STARTED = "agent_started → agent_thinking"
ANSWERED = f"{STARTED} → answer: You said: {uses.QUESTION}"

_KEYS = (("first", NEW_KEY), ("second", OLD_KEY))
_ACCEPTED = '"WebSocket /ws" [accepted]'
_ENDED = " 57P01 FATAL:"
_SLOWLY = llm(kind="drip", seconds=0.05, about=WRITERS_PROMPT)


def close_was_confirmed(code: int) -> Callable[[Visitor], Look]:
    """The server echoed the close code, and PostgreSQL has the run that went on."""

    def before(visitor: Visitor) -> Look:
        def look() -> Evidence:
            echoed = visitor.chats[-1].client.conversation.close_code
            query = f"SELECT id FROM runs WHERE id = '{visitor.run_id}'"
            saved = uses.wait_until(lambda: bool(visitor.world.postgres.sql(query)))
            there = "then saved" if saved else "never saved"
            text = f"the server confirmed close code {echoed}; the run was {there}"
            return Evidence(text, saved and echoed == code)

        return look

    return before


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


def _old_token(visitor: Visitor) -> str:
    return visitor.world.token(visitor.user, OLD_KEY)


def fits_only_the_second_key(visitor: Visitor) -> Look:
    """The token is verified with either key, outside of the application."""
    token = _old_token(visitor)

    def look() -> Evidence:
        fits = [name for name, key in _KEYS if visitor.world.fits(token, key)]
        text = f"the token's signature fits the {' and the '.join(fits)} key"
        return Evidence(text, fits == ["second"])

    return look


def handshakes_were_accepted(count: int) -> Callable[[Visitor], Look]:
    """The server's own log says how many connections it accepted."""

    def before(visitor: Visitor) -> Look:
        application = visitor.world.application
        first = application.output().count(_ACCEPTED)

        def look() -> Evidence:
            more = application.output().count(_ACCEPTED) - first
            return Evidence(f"uvicorn accepted {more} connections", more == count)

        return look

    return before


def postgres_logged(sqlstate: str) -> Callable[[Visitor], Look]:
    """PostgreSQL's log has the error."""

    def before(visitor: Visitor) -> Look:
        postgres = visitor.world.postgres
        pattern = f" {sqlstate} ERROR:"
        first = postgres.log_text().count(pattern)

        def look() -> Evidence:
            more = postgres.log_text().count(pattern) - first
            return Evidence(f"PostgreSQL logged {more} × {sqlstate}", more == 1)

        return look

    return before


def sessions_were_ended(visitor: Visitor) -> Look:
    """PostgreSQL's log has a 57P01 for each session that was ended."""
    postgres = visitor.world.postgres
    first = postgres.log_text().count(_ENDED)

    def look() -> Evidence:
        more = postgres.log_text().count(_ENDED) - first
        return Evidence(f"PostgreSQL ended {more} idle sessions (57P01)", more > 0)

    return look


def answered(line: str) -> Callable[[Visitor], Look]:
    """The server's own log has this answer once more."""

    def before(visitor: Visitor) -> Look:
        application = visitor.world.application
        first = application.output().count(line)

        def look() -> Evidence:
            more = application.output().count(line) - first
            return Evidence(f"uvicorn logged {more} × {line}", more == 1)

        return look

    return before


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
