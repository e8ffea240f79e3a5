"""Sends on what was received to a collector, in the background."""

from __future__ import annotations

import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping

_AT_MOST = 1000
_PASSED_ON = ("content-type", "content-encoding")


class Forward:
    """A bounded queue before an OTLP/HTTP endpoint; nobody ever waits for it.

    What does not fit or is not taken is dropped and counted in `failures`.
    """

    def __init__(self, endpoint: str, timeout: float = 2.0) -> None:
        self.endpoint = endpoint.rstrip("/")
        self.sent = 0
        self.failures = 0
        self._timeout = timeout
        self._waiting: queue.Queue[urllib.request.Request | None]
        self._waiting = queue.Queue(_AT_MOST)
        self._thread = threading.Thread(
            target=self._work, name="otlp-forward", daemon=True
        )
        self._thread.start()

    def offer(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Take a request to send on, as it came."""
        kept = {name: headers[name] for name in _PASSED_ON if name in headers}
        request = urllib.request.Request(  # noqa: S310 - the endpoint is the user's
            self.endpoint + path, data=body, headers=kept, method="POST"
        )
        try:
            self._waiting.put_nowait(request)
        except queue.Full:
            self.failures += 1

    def close(self, patience: float = 3.0) -> None:
        """Send what waits, for a moment at most."""
        try:
            self._waiting.put(None, timeout=patience)
        except queue.Full:
            return
        self._thread.join(patience)

    def _work(self) -> None:
        while (request := self._waiting.get()) is not None:
            try:
                with urllib.request.urlopen(request, timeout=self._timeout):  # noqa: S310 - as above
                    self.sent += 1
            except (OSError, ValueError) as error:
                self.failures += 1
                if isinstance(error, urllib.error.HTTPError):
                    error.close()
