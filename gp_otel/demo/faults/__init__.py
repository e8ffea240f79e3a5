"""The faults, in the order in which they are shown."""

from __future__ import annotations

from gp_otel.demo.fault import Fault
from gp_otel.demo.faults.agent import AGENT
from gp_otel.demo.faults.auth import AUTH
from gp_otel.demo.faults.database import DATABASE
from gp_otel.demo.faults.service import SERVICE
from gp_otel.demo.faults.websocket import WEBSOCKET

FAULTS: tuple[Fault, ...] = (*AUTH, *WEBSOCKET, *AGENT, *DATABASE, *SERVICE)
