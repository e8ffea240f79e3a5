"""Tokens: signed with the newest key, accepted with any that is still in use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import jwt

ALGORITHM = "HS256"


def issue_token(user_id: str, keys: Sequence[str], lifetime: int) -> str:
    """Sign a token that is good for `lifetime` seconds."""
    expires = datetime.now(UTC) + timedelta(seconds=lifetime)
    return jwt.encode({"sub": user_id, "exp": expires}, keys[0], ALGORITHM)


def verify_token(token: str, keys: Sequence[str]) -> str:
    """Say whose token this is; raises `jwt.InvalidTokenError` for nobody's."""
    *newer, oldest = keys
    for key in newer:
        try:
            return _user_of(token, key)
        except jwt.InvalidSignatureError:
            continue
    return _user_of(token, oldest)


def _user_of(token: str, key: str) -> str:
    claims = jwt.decode(token, key, [ALGORITHM], options={"require": ["sub", "exp"]})
    return str(claims["sub"])
