"""How somebody other than us shows that something happened: a server, a log, a row.

Each looks at the world before, and what it returns looks at what has changed.
"""

from __future__ import annotations

from collections.abc import Callable

from gp_otel.demo.fault import Evidence
from gp_otel.demo.uses import wait_until
from gp_otel.demo.visitor import Visitor
from gp_otel.demo.world import NEW_KEY, OLD_KEY

Look = Callable[[], Evidence]

_KEYS = (("first", NEW_KEY), ("second", OLD_KEY))
_ACCEPTED = '"WebSocket /ws" [accepted]'
_ENDED = " 57P01 FATAL:"


def close_was_confirmed(code: int) -> Callable[[Visitor], Look]:
    """The server echoed the close code, and PostgreSQL has the run that went on."""

    def before(visitor: Visitor) -> Look:
        def look() -> Evidence:
            echoed = visitor.chats[-1].client.conversation.close_code
            saved = wait_until(lambda: _is_saved(visitor))
            there = "then saved" if saved else "never saved"
            text = f"the server confirmed close code {echoed}; the run was {there}"
            return Evidence(text, saved and echoed == code)

        return look

    return before


def _is_saved(visitor: Visitor) -> bool:
    runs = visitor.world.postgres.sql("SELECT id FROM runs")
    return {"id": visitor.run_id} in runs


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


def fits_only_the_second_key(visitor: Visitor) -> Look:
    """The token is verified with either key, outside of the application."""
    token = visitor.world.token(visitor.user, OLD_KEY)

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
