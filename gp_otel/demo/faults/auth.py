"""Faults of the sign-in: nobody gets in."""

from __future__ import annotations

from datetime import timedelta

from gp_otel import catalogue as c
from gp_otel.demo.breakages import postgres_stopped
from gp_otel.demo.fault import SIGNED_IN, Expected, Fault
from gp_otel.demo.faults.known import postgres, postgres_port
from gp_otel.demo.uses import connect, get
from gp_otel.demo.visitor import NO_TOKEN, Visitor
from gp_otel.demo.world import STRANGERS_KEY
from gp_otel.failure import Stage

NOBODY = ("connection_id",)
"""Before the sign-in only the connection is known."""


def _expired(visitor: Visitor) -> str:
    return visitor.world.token(visitor.user, lifetime=timedelta(minutes=-5))


def _forged(visitor: Visitor) -> str:
    return visitor.world.token(visitor.user, STRANGERS_KEY)


AUTH = (
    Fault(
        name="no-token",
        stage=Stage.AUTH,
        situation="The chat is opened without a token.",
        use=connect(lambda _: NO_TOKEN),
        user_saw="refused with 403",
        expected=(
            Expected(c.AUTH_JWT_MISSING, about=NOBODY),
            Expected(
                c.WEBSOCKET_AUTH_FAILED,
                {"golden_path.websocket.close_code": 1008},
                root=False,
                escalates=False,
                cause=c.AUTH_JWT_MISSING,
                about=NOBODY,
            ),
        ),
    ),
    Fault(
        name="expired-token",
        stage=Stage.AUTH,
        situation="The chat is opened with a token that expired five minutes ago.",
        use=connect(_expired),
        user_saw="refused with 403",
        expected=(
            Expected(c.AUTH_JWT_EXPIRED, about=NOBODY),
            Expected(
                c.WEBSOCKET_AUTH_FAILED,
                {"golden_path.websocket.close_code": 1008},
                root=False,
                escalates=False,
                cause=c.AUTH_JWT_EXPIRED,
                about=NOBODY,
            ),
        ),
    ),
    Fault(
        name="forged-token",
        stage=Stage.AUTH,
        situation="Conversations are asked for with a token that a stranger signed.",
        use=get("/threads", _forged),
        user_saw="401 Please sign in again.",
        expected=(
            Expected(
                c.AUTH_JWT_INVALID,
                {
                    "error_type": "InvalidSignatureError",
                    "golden_path.occurrences": 2,  # one for each of the two keys
                },
                about=NOBODY,
            ),
        ),
    ),
    Fault(
        name="user-lookup",
        stage=Stage.AUTH,
        situation="PostgreSQL is stopped when somebody opens the chat.",
        use=connect(),
        broken=postgres_stopped,
        user_saw="refused with 503 Please try again in a minute.",
        expected=(
            Expected(
                c.DATABASE_POSTGRES_CONNECTION_FAILED,
                {
                    "host": "127.0.0.1",
                    "server.port": postgres_port,
                    "golden_path.dependency": postgres,
                },
                about=SIGNED_IN,
            ),
            Expected(
                c.AUTH_USER_LOOKUP_FAILED,
                {"golden_path.dependency": postgres},
                root=False,
                escalates=False,
                cause=c.DATABASE_POSTGRES_CONNECTION_FAILED,
                about=SIGNED_IN,
            ),
        ),
    ),
)
