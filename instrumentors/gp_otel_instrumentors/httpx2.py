"""Httpx2: services that do not answer; see `httpx`, whose shape it has."""

from __future__ import annotations

from gp_otel.instrumentor import Instrumentor
from gp_otel_instrumentors.httpx import transports

HTTPX2 = Instrumentor(library="httpx2>=2,<3", watched=(transports("httpx2"),))
