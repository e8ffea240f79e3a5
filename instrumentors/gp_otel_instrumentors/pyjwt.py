"""PyJWT: tokens that are refused, and the user of those that are not.

`decode_complete` and nothing else: `jwt.decode` is a bound method made when `jwt` is
imported, so a patched `PyJWT.decode` is never reached, and it calls this.
"""

from __future__ import annotations

from gp_otel import catalogue as c
from gp_otel import credentials
from gp_otel.failure import Stage
from gp_otel.instrumentor import Call, Fields, Instrumentor, Watched


def describe(call: Call) -> Fields:
    """Name the kind of error; nothing of the token."""
    return {c.ERROR_TYPE: type(call.error).__name__ if call.error else None}


PYJWT = Instrumentor(
    library="PyJWT>=2,<3",
    watched=(
        Watched(
            calls=("jwt.api_jwt:PyJWT.decode_complete",),
            stage=Stage.AUTH,
            judge=credentials.verified,
            describe=describe,
            failures={
                "jwt.exceptions.ExpiredSignatureError": c.AUTH_JWT_EXPIRED,
                "jwt.exceptions.InvalidTokenError": credentials.token_verdict,
            },
        ),
    ),
)
