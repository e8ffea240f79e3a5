"""An OTLP/HTTP receiver that keeps everything as plain Python data."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gp_otel.demo.parts import otlp_decode as decode
from gp_otel.demo.parts.forward import Forward
from gp_otel.demo.parts.http_server import HttpServer, Reply, Request
from gp_otel.demo.parts.otlp_decode import Data
from gp_otel.demo.parts.part import Part

_DECODERS: Mapping[str, Callable[[bytes], Iterator[Data]]] = MappingProxyType(
    {
        "/v1/logs": decode.logs,
        "/v1/traces": decode.spans,
        "/v1/metrics": decode.points,
    }
)
_PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True, slots=True)
class Received:
    """What arrived, in order of arrival."""

    logs: tuple[Data, ...] = ()
    spans: tuple[Data, ...] = ()
    points: tuple[Data, ...] = ()

    def latest(self, metric: str) -> list[Data]:
        """Give the last point of each series (resource and attributes)."""
        series = {
            (_key(point["resource"]), _key(point["attributes"])): point
            for point in self.points
            if point["name"] == metric
        }
        return list(series.values())

    def trace(self, trace_id: str) -> list[Data]:
        """Give the spans of one trace, by their start."""
        of_trace = (span for span in self.spans if span["trace_id"] == trace_id)
        return sorted(of_trace, key=lambda span: int(span["start_time_unix_nano"]))


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment: how much had arrived."""

    logs: int = 0
    spans: int = 0
    points: int = 0


START = Mark()


class OtlpReceiver(Part):
    """Receives logs, traces and metrics. Thread-safe.

    With `forward_to`, requests also go to a collector, as they came.
    """

    def __init__(
        self, *, port: int | None = None, forward_to: str | None = None
    ) -> None:
        self.forward = Forward(forward_to) if forward_to else None
        self._server = HttpServer(self._handle, port=port)
        self._changed = threading.Condition()
        self._all: dict[str, list[Data]] = {path: [] for path in _DECODERS}

    @property
    def url(self) -> str:
        """What goes into `OTEL_EXPORTER_OTLP_ENDPOINT`."""
        return self._server.url

    @property
    def port(self) -> int:
        """Its port, also while it refuses."""
        return self._server.port

    def mark(self) -> Mark:
        """Remember this moment."""
        with self._changed:
            return Mark(*(len(kept) for kept in self._all.values()))

    def since(self, mark: Mark = START) -> Received:
        """Give what has arrived after a moment."""
        with self._changed:
            return self._since(mark)

    @property
    def received(self) -> Received:
        """Everything so far."""
        return self.since()

    def wait_for(
        self,
        is_there: Callable[[Received], bool],
        timeout: float = 10.0,
        since: Mark = START,
    ) -> bool:
        """Wait until what arrived is as wanted; False when it never was."""
        with self._changed:
            return self._changed.wait_for(lambda: is_there(self._since(since)), timeout)

    def wait_for_logs(
        self, names: Iterable[str], timeout: float = 10.0, since: Mark = START
    ) -> bool:
        """Wait until records of all these event names have arrived."""
        wanted = set(names)
        return self.wait_for(
            lambda got: wanted <= {log["event_name"] for log in got.logs},
            timeout,
            since,
        )

    def clear(self) -> None:
        """Forget everything; marks made before are void."""
        with self._changed:
            for kept in self._all.values():
                kept.clear()

    def refuse(self) -> None:
        """Close the port, as a collector that is down, until `start`."""
        self._server.refuse()

    def start(self) -> None:
        """Listen."""
        self._server.start()

    def close(self) -> None:
        """Stop listening; what was received stays."""
        self._server.close()
        if self.forward is not None:
            self.forward.close()

    def _since(self, mark: Mark) -> Received:
        logs, spans, points = self._all.values()
        return Received(
            tuple(logs[mark.logs :]),
            tuple(spans[mark.spans :]),
            tuple(points[mark.points :]),
        )

    async def _handle(self, request: Request) -> Reply:
        decoder = _DECODERS.get(request.path)
        if decoder is None:
            return Reply(404, b"no such signal", content_type="text/plain")
        if self.forward is not None:
            self.forward.offer(request.path, request.headers, request.body)
        try:
            arrived = list(decoder(_unpacked(request)))
        except Exception as error:  # noqa: BLE001 - whatever cannot be read
            return Reply(400, str(error).encode(), content_type="text/plain")
        with self._changed:
            self._all[request.path] += arrived
            self._changed.notify_all()
        return Reply(content_type=_PROTOBUF)


def _unpacked(request: Request) -> bytes:
    match request.headers.get("content-encoding", "identity"):
        case "gzip":
            return gzip.decompress(request.body)
        case "deflate":
            return zlib.decompress(request.body)
        case _:
            return request.body


def _key(attributes: Data) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, repr(value)) for name, value in attributes.items()))
