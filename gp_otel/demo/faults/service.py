"""Faults of the services that the path stands on."""

from __future__ import annotations

from gp_otel import catalogue as c
from gp_otel.demo import uses
from gp_otel.demo.breakages import llm, postgres_stopped, supervisor_away, threads_away
from gp_otel.demo.fault import SIGNED_IN, Expected, Fault
from gp_otel.demo.faults.agent import BUSY, SCRIPTED, STARTED, outage
from gp_otel.demo.faults.database import POSTGRES_GONE
from gp_otel.demo.world import BREAKER_RESET, ONE_STRIKE
from gp_otel.failure import Stage

_FIRST, _SECOND = "breaker-opens-run-1", "breaker-opens-run-2"
_PROBE = ("connection_id",)
_ANY_RUN = ("user_id", "connection_id", "thread_id")


def _died(run_id: str) -> Expected:
    """A run that the model's outage ended: nobody is paged a second time."""
    return Expected(
        c.AGENT_SUPERVISOR_ORCHESTRATION_FAILED,
        {"failed_step": "researcher", "run_id": run_id},
        root=False,
        escalates=False,
        cause=c.AGENT_LLM_CALL_FAILED,
        about=_ANY_RUN,
    )


SERVICE = (
    Fault(
        name="supervisor-away",
        stage=Stage.SERVICE,
        situation="Nobody listens where the supervisor's health is asked for.",
        use=uses.connect(),
        broken=supervisor_away,
        user_saw="refused with 503 The assistant is away for a moment.",
        expected=(
            Expected(
                c.SERVICE_SUPERVISOR_UNAVAILABLE,
                {"service": "get_supervisor", "fallback_available": False},
                about=SIGNED_IN,
            ),
        ),
    ),
    Fault(
        name="thread-service-away",
        stage=Stage.SERVICE,
        situation="The thread service says that it is not there.",
        use=uses.get("/threads"),
        broken=threads_away,
        user_saw="503 Your conversations cannot be reached.",
        expected=(
            Expected(
                c.SERVICE_THREAD_UNAVAILABLE,
                {"service": "get_thread_service", "fallback_available": False},
                about=SIGNED_IN,
            ),
        ),
    ),
    Fault(
        name="health-check",
        stage=Stage.SERVICE,
        situation="PostgreSQL is stopped when a probe asks for the service's health.",
        use=uses.get("/health"),
        broken=postgres_stopped,
        user_saw="503 Please try again in a minute.",
        expected=(
            Expected(
                c.DATABASE_POSTGRES_CONNECTION_FAILED,
                POSTGRES_GONE.fields,
                about=_PROBE,
            ),
            Expected(
                c.SERVICE_HEALTH_DEGRADED,
                {"degraded_services": ("/health",), "health_endpoint": "/health"},
                root=False,
                escalates=False,
                cause=c.DATABASE_POSTGRES_CONNECTION_FAILED,
                about=_PROBE,
            ),
        ),
    ),
    Fault(
        name="breaker-opens",
        stage=Stage.SERVICE,
        situation="The model fails, its breaker opens, and the next call is refused.",
        use=uses.ask(times=2),
        broken=llm(kind="status", status=500),
        environment=ONE_STRIKE,
        user_saw=f"{STARTED} → error: {BUSY} → {STARTED} → error: {BUSY}",
        mends_by=BREAKER_RESET,
        expected=(
            Expected(
                c.AGENT_LLM_CALL_FAILED,
                {**SCRIPTED, "error_code": "server_error", "run_id": _FIRST},
                about=_ANY_RUN,
            ),
            Expected(
                c.SERVICE_CIRCUIT_BREAKER_OPENED,
                {"failure_count": 1, "threshold": 1.0, "run_id": _FIRST},
                root=False,
                cause=c.AGENT_LLM_CALL_FAILED,
                about=_ANY_RUN,
            ),
            _died(_FIRST),
            _died(_SECOND),
            Expected(
                c.SERVICE_CIRCUIT_BREAKER_HALF_OPEN,
                {"failure_count": 1, "threshold": 1.0},
                root=False,
                escalates=False,
                cause=c.AGENT_LLM_CALL_FAILED,
                about=("connection_id",),
            ),
        ),
    ),
    Fault(
        name="terminated",
        stage=Stage.SERVICE,
        situation="The process is told to end right after a run has failed.",
        use=uses.ask_and_terminate,
        broken=llm(kind="status", status=500),
        ends=True,
        user_saw=f"{STARTED} → error: {BUSY} → connection closed with 1012",
        expected=outage("server_error", 500),
    ),
)
