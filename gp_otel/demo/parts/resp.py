"""A word with a Redis or Valkey server, through no library that is watched."""

from __future__ import annotations

import socket
from typing import BinaryIO

Answer = str | int | None | list["Answer"]


class RespError(Exception):
    """The server refused the command."""


def command(
    address: tuple[str, int], *words: str, password: str | None = None
) -> Answer:
    """Send one command over a connection of its own, and return the answer.

    https://valkey.io/topics/protocol/
    """
    with (
        socket.create_connection(address, timeout=5.0) as connection,
        connection.makefile("rb") as answers,
    ):
        if password is not None:
            connection.sendall(_encode("AUTH", password))
            _read(answers)
        connection.sendall(_encode(*words))
        return _read(answers)


def _encode(*words: str) -> bytes:
    parts = [f"*{len(words)}\r\n".encode()]
    for word in words:
        data = word.encode()
        parts += [f"${len(data)}\r\n".encode(), data, b"\r\n"]
    return b"".join(parts)


def _read(answers: BinaryIO) -> Answer:
    line = answers.readline()
    if not line:
        msg = "the server closed the connection"
        raise ConnectionResetError(msg)
    kind, text = line[:1], line[1:].strip().decode()
    match kind:
        case b"-":
            raise RespError(text)
        case b":":
            return int(text)
        case b"$":
            size = int(text)
            return None if size < 0 else answers.read(size + 2)[:-2].decode()
        case b"*":
            return [_read(answers) for _ in range(int(text))]
        case _:
            return text
