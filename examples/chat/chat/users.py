"""Users and their passwords."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os

from sqlalchemy.dialects.postgresql import insert

from chat.database import Sessions, User


def hash_password(password: str, salt: bytes) -> str:
    """Hash slowly, with the salt in front."""
    digest = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)
    return f"{salt.hex()}${digest.hex()}"


def password_fits(password: str, password_hash: str) -> bool:
    """Compare in constant time."""
    salt = bytes.fromhex(password_hash.partition("$")[0])
    return hmac.compare_digest(hash_password(password, salt), password_hash)


async def find_user(sessions: Sessions, user_id: str) -> User | None:
    """Look the user up."""
    async with sessions() as session:
        return await session.get(User, user_id)


async def sign_in(sessions: Sessions, user_id: str, password: str) -> User | None:
    """Find the user whose password this is."""
    user = await find_user(sessions, user_id)
    if user is None:
        return None
    fits = await asyncio.to_thread(password_fits, password, user.password_hash)
    return user if fits else None


async def add_users(sessions: Sessions, users: str) -> None:
    """Add those of ``name:password,name:password`` that are not there yet."""
    for entry in filter(None, users.split(",")):
        name, _, password = entry.partition(":")
        password_hash = hash_password(password, os.urandom(16))
        async with sessions.begin() as session:
            await session.execute(
                insert(User)
                .values(id=name, password_hash=password_hash)
                .on_conflict_do_nothing()
            )
