"""Credentials: what a token says, and when a refused one is a failure.

A verification that fails proves nothing yet: with two keys in rotation the first one
always fails for half of the tokens. So it is held by its connection or request, and
dropped by a later one that succeeds; it is released when the other side is refused,
or after five seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gp_otel import catalogue as c
from gp_otel import outlet, settings
from gp_otel.failure import FailurePoint
from gp_otel.operation import Operation
from gp_otel.watched import Call

HELD_SECONDS: Final = 5.0
_SIGNED_IN: Final = "credentials.method"
_ANNOUNCED: Final = "credentials.announced"


def hold(around: Operation) -> None:
    """Let a connection or request hold the verdicts on its tokens."""
    around.holds = True
    around.holds_only = "auth.jwt."
    around.held_for = HELD_SECONDS


def verified(call: Call) -> None:
    """Learn the user from a token that was verified, and forget failed attempts."""
    around = call.outside
    if around is None or not _verifies(call):
        return
    result: Mapping[str, Any] = call.result or {}
    claims: Mapping[str, Any] = result.get("payload") or {}
    for claim in settings.current().user_claims:
        if claims.get(claim):
            around.scope.verified_user(claims[claim])
            break
    holder = around.around("connection", "request")
    if holder is not None:
        holder.take_held()
        holder.facts[_SIGNED_IN] = "jwt"


def _verifies(call: Call) -> bool:
    options: Mapping[str, Any] = call.argument("options") or {}
    refused = call.argument("verify") is False  # PyJWT 1's way, ignored since 2.0
    return bool(options.get("verify_signature", True)) and not refused


def token_verdict(call: Call) -> FailurePoint:
    """Tell a token that is missing from one that is wrong."""
    return c.AUTH_JWT_INVALID if call.argument("jwt") else c.AUTH_JWT_MISSING


def signed_in(around: Operation) -> bool:
    """Tell whether a credential was verified on this connection or request."""
    return _SIGNED_IN in around.facts or around.scope.get("user_id") is not None


def refused(around: Operation) -> bool:
    """Release the verdicts: the other side was refused. Tell whether there are any."""
    held = around.take_held()
    for made in held:
        chained = around.last
        around.holds = False
        outlet.deliver(made, around)
        around.holds = True
        if chained is None:
            around.last = made.link
    return bool(held)


def accepted(around: Operation, asgi: Mapping[str, Any]) -> None:
    """Audit a sign-in, once: the token was good and the request went on."""
    if _SIGNED_IN not in around.facts or _ANNOUNCED in around.facts:
        return
    around.facts[_ANNOUNCED] = True
    client = asgi.get("client")
    outlet.audit(
        c.AUTH_SUCCESS,
        {
            "auth_method": around.facts[_SIGNED_IN],
            "client_host": client[0] if client else None,
        },
        around,
    )
