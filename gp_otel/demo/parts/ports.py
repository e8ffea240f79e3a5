"""Ports that nobody listens on."""

from __future__ import annotations

import random
import socket
import time
from itertools import count

HOST = "127.0.0.1"

FIRST, LAST = 20_000, 32_000
"""Below the ports that systems hand out to clients.

A port from that range could be taken by any outgoing connection while its
server is stopped, and a client that keeps trying could even meet itself there.
"""


def free_port() -> int:
    """Find a port that is free now, and that nobody is handed by chance later."""
    dice = random.SystemRandom()
    for _ in range(200):
        port = dice.randint(FIRST, LAST)
        if not _is_taken(port):
            return port
    msg = f"no free port between {FIRST} and {LAST} on {HOST}"
    raise OSError(msg)


def is_listening(port: int) -> bool:
    """Tell whether somebody accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def wait_until_listening(port: int, timeout: float = 10.0) -> None:
    """Return as soon as somebody accepts connections there."""
    deadline = time.monotonic() + timeout
    for attempt in count():
        if is_listening(port):
            return
        if time.monotonic() > deadline:
            msg = f"nobody listens on {HOST}:{port} after {timeout} s"
            raise TimeoutError(msg)
        time.sleep(min(0.01 * (attempt + 1), 0.1))


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
