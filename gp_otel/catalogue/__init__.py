"""The catalogue of failure points, by stage: the one source of truth.

Records, handbook, alert rules and dashboards are derived from it. A failure point's
constant is its id in capitals (`AUTH_JWT_INVALID`), a field's is its name
(`USER_CONTEXT`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gp_otel.catalogue import (
    agent,
    auth,
    database,
    fields,
    service,
    telemetry,
    websocket,
)

# Star imports: a list of all names would say each of them a third time.
from gp_otel.catalogue.agent import *  # noqa: F403
from gp_otel.catalogue.auth import *  # noqa: F403
from gp_otel.catalogue.database import *  # noqa: F403
from gp_otel.catalogue.fields import *  # noqa: F403
from gp_otel.catalogue.service import *  # noqa: F403
from gp_otel.catalogue.telemetry import *  # noqa: F403
from gp_otel.catalogue.websocket import *  # noqa: F403
from gp_otel.failure import FailurePoint, Field

CATALOGUE: Mapping[str, FailurePoint] = MappingProxyType(
    {
        point.id: point
        for stage in (auth, websocket, agent, database, service, telemetry)
        for point in stage.POINTS
    }
)
"""Every failure point by its id, without the aliases."""

ALIASES: Mapping[str, FailurePoint] = MappingProxyType(
    {alias.id: point for point in CATALOGUE.values() for alias in point.aliases}
)
"""What other ids stand for: the coverage report lists some failures twice."""

FIELDS: Mapping[str, Field] = MappingProxyType(
    {value.name: value for value in vars(fields).values() if isinstance(value, Field)}
)
"""Every field by its name."""


def find(failure: str) -> FailurePoint:
    """Look up an id or an alias; a `KeyError` where it is neither."""
    return CATALOGUE.get(failure) or ALIASES[failure]
