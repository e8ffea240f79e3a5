"""Ways in which the telemetry itself can fail."""

from __future__ import annotations

from gp_otel.catalogue.fields import (
    ERROR_DETAILS,
    ERROR_TYPE,
    HANDLER,
    HOOK,
    PATCHED,
    PENDING,
    SERVER_ADDRESS,
    SERVER_PORT,
    SETTINGS_FILE,
    SKIPPED,
    VERSION,
)
from gp_otel.failure import (
    ONE_IN_A_HUNDRED,
    ONE_IN_TWENTY,
    FailurePoint,
    Fault,
    Impact,
    Level,
)

TELEMETRY_PIPELINE_FAILED = FailurePoint(
    id="telemetry.pipeline.failed",
    title="Telemetry is lost",
    category="TELEMETRY",
    level=Level.ERROR,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "records are lost"),
    when=(
        "A logging call of the application raised inside a handler, or an exporter "
        "failed for good."
    ),
    resolution_steps=(
        "Look for `Logging error` in what the process writes to stderr.",
        "Pass fields as data, not in the format string.",
        (
            "Check the exporter's queue and its count of what was dropped: `gp-otel "
            "doctor` asks the endpoint."
        ),
    ),
    required=(ERROR_DETAILS,),
    further=(ERROR_TYPE, HANDLER, SERVER_ADDRESS, SERVER_PORT),
    priority="P2",
    alert=ONE_IN_A_HUNDRED,
)

TELEMETRY_STARTED = FailurePoint(
    id="telemetry.started",
    title="What is watched in this process",
    category="TELEMETRY",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact("LOW", "what gp-otel watches in this process"),
    when=(
        "Once a process, with its first watched call, its start-up or its fork. It is "
        "always emitted."
    ),
    resolution_steps=(
        (
            "`gp-otel doctor` says the same at a terminal: each library under "
            "<skipped> names its reason."
        ),
    ),
    required=(PATCHED, SKIPPED),
    further=(VERSION, SETTINGS_FILE, PENDING),
    priority="P3",
)

TELEMETRY_SWALLOWED = FailurePoint(
    id="telemetry.swallowed",
    title="A failure was handled in silence",
    category="TELEMETRY",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "a failure was handled in silence"),
    when=(
        "Within a run the application handled an exception and neither logged it nor "
        "raised it again, and no record names it. Python 3.12 and newer."
    ),
    not_when="Settings say that the handler may be silent.",
    resolution_steps=(
        (
            "In <handler>: log it with its ids, raise it, or write down in settings "
            "why it is harmless."
        ),
    ),
    required=(HANDLER, ERROR_DETAILS),
    further=(ERROR_TYPE,),
    priority="P3",
    alert=ONE_IN_TWENTY,
)

TELEMETRY_HOOK_FAILED = FailurePoint(
    id="telemetry.hook.failed",
    title="gp-otel failed at one of its hooks",
    category="TELEMETRY",
    level=Level.ERROR,
    fault=Fault.SERVER,
    impact=Impact("LOW", "gp-otel lost a record; the application is unaffected"),
    when=(
        "An exception of our own was caught by the guard: once for each place and hour "
        "as a record, and always in the count."
    ),
    resolution_steps=(
        "Report it, with the versions that `gp-otel doctor` prints.",
        "Switch the instrumentor off by its name until it is fixed.",
    ),
    required=(HOOK, ERROR_DETAILS),
    further=(ERROR_TYPE, VERSION),
    priority="P3",
    alert=ONE_IN_A_HUNDRED,
)

POINTS: tuple[FailurePoint, ...] = (
    TELEMETRY_PIPELINE_FAILED,
    TELEMETRY_STARTED,
    TELEMETRY_SWALLOWED,
    TELEMETRY_HOOK_FAILED,
)
