"""FastAPI: requests without a token, and dependencies that are not there.

Its security classes raise where a credential is missing, before any token is looked
at. `solve_dependencies` is where an exception of a dependency passes through; it is
patched in `fastapi.routing`, which calls it by that name for each request.
"""

from __future__ import annotations

from gp_otel import catalogue as c
from gp_otel import dependencies
from gp_otel.failure import FailurePoint, Stage
from gp_otel.instrumentor import Call, Fields, Instrumentor, Watched


def missing(call: Call) -> FailurePoint | None:
    """A credential that is there but wrong has a cause, or its own check."""
    return c.AUTH_JWT_MISSING if call.error and not call.error.__cause__ else None


def searched(call: Call) -> Fields:
    """Name the place that the security class looked in."""
    name = getattr(getattr(call.instance, "model", None), "name", None)
    return {c.PLACES_SEARCHED: (f"header:{name or 'authorization'}",)}


def service(call: Call) -> Fields:
    """Name the dependency that is not there."""
    return {c.SERVICE: dependencies.raising(call)}


FASTAPI = Instrumentor(
    library="fastapi>=0.110,<1",
    watched=(
        Watched(
            calls=(
                "fastapi.security.api_key:APIKeyCookie.__call__",
                "fastapi.security.api_key:APIKeyHeader.__call__",
                "fastapi.security.api_key:APIKeyQuery.__call__",
                "fastapi.security.http:HTTPBearer.__call__",
                "fastapi.security.http:HTTPDigest.__call__",
                "fastapi.security.oauth2:OAuth2AuthorizationCodeBearer.__call__",
                "fastapi.security.oauth2:OAuth2PasswordBearer.__call__",
                "fastapi.security.open_id_connect_url:OpenIdConnect.__call__",
            ),
            stage=Stage.AUTH,
            counted=False,
            describe=searched,
            failures={"starlette.exceptions.HTTPException": missing},
        ),
        Watched(
            calls=("fastapi.routing:solve_dependencies",),
            stage=Stage.SERVICE,
            counted=False,
            describe=service,
            failures={"starlette.exceptions.HTTPException": dependencies.verdict},
        ),
    ),
)
