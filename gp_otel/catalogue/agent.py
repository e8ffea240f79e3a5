"""Ways to fail while an answer is made: they block what the user came for."""

from __future__ import annotations

from gp_otel.catalogue.fields import (
    ACCESS_PATTERNS,
    ACTUAL_DURATION,
    ACTUAL_TIME,
    AFFECTED_USERS,
    AGENT_NAME,
    ATTEMPTS,
    BASELINE_TIME,
    CACHE_KEY,
    CACHE_SIZE,
    CONTEXT_SIZE,
    CPU_USAGE,
    CRITICAL_EVENT_FLAG,
    CURRENT_STATE,
    DATA_ACCESS,
    DB_SYSTEM_NAME,
    DEFAULTS_APPLIED,
    EFFICIENCY_SCORE,
    ERROR_CODE,
    ERROR_DETAILS,
    ERROR_TYPE,
    EVENT_ERROR,
    EVENT_TYPE,
    EVENTS_DELIVERED,
    EXECUTION_DURATION,
    EXECUTION_STATE,
    EXECUTION_TIME,
    EXIT_CAUSE,
    FACTORY_ERROR,
    FACTORY_TYPE,
    FAILED_STEP,
    FALLBACK_MODEL,
    FINISH_REASON,
    GEN_AI_AGENT_NAME,
    GEN_AI_PROVIDER_NAME,
    GEN_AI_REQUEST_MODEL,
    GEN_AI_TOOL_NAME,
    HANDOFF_ERROR,
    HIT_RATE,
    HTTP_RESPONSE_STATUS_CODE,
    IMMEDIATE_ACTION,
    INTERRUPTED_AT,
    LAST_STAGE,
    MEMORY_LIMIT,
    MEMORY_USAGE,
    MEMORY_USED,
    MESSAGE_SIZE,
    MISSING_DEPENDENCIES,
    MODEL,
    PARTIAL_RESULTS_SAVED,
    PERMISSION_CHECKS,
    PIPELINE_IMPACT,
    PROCESSING_ERROR,
    PROVIDER,
    RECOVERY_STRATEGY,
    RESPONSE_QUALITY,
    RETRY_ATTEMPTED,
    RETRY_COUNT,
    RETRY_DELAY,
    RUN_ID,
    SECURITY_VIOLATION,
    SERVER_ADDRESS,
    SOURCE_AGENT,
    SSOT_VALIDATION,
    STATE_ERROR,
    SUB_AGENTS_COMPLETED,
    SUB_AGENTS_FAILED,
    SUB_AGENTS_STATUS,
    SUCCESS_RATE,
    TARGET_AGENT,
    TASK_COMPLETION,
    TASK_NAME,
    TERMINATION_ACTION,
    TIMEOUT_LIMIT,
    TIMESTAMP,
    TOOL_ERROR,
    TOOL_NAME,
    TRACKING_IMPACT,
    USER_CONTEXT,
    USER_ID,
    USER_SATISFACTION,
    WEBSOCKET_CLOSE_CODE,
    WEBSOCKET_STATE,
)
from gp_otel.failure import (
    AT_ONCE,
    ONE_IN_A_HUNDRED,
    ONE_IN_TWENTY,
    FailurePoint,
    Fault,
    Impact,
    Level,
)

AGENT_LLM_CALL_FAILED = FailurePoint(
    id="agent.llm.call_failed",
    title="A model call of a run failed",
    category="LLM",
    level=Level.WARNING,
    fault=Fault.DEPENDENCY,
    impact=Impact("HIGH", "answer delayed or missing"),
    when=(
        "A call to a model failed within an agent run, after the client's own retries."
    ),
    not_when=(
        "The client's own retry overcame it. Outside a run it is service.llm.failed."
    ),
    resolution_steps=(
        (
            "As for service.llm.failed: <error_code> tells a rate limit from a spent "
            "quota, a refused key and an outage of the provider."
        ),
        (
            "Check whether the agent answered with a text of its own that the user "
            "took for a real answer."
        ),
        "Run it again with the context of <run_id> once the provider is back.",
    ),
    required=(PROVIDER, ERROR_CODE, RETRY_DELAY, FALLBACK_MODEL, RETRY_ATTEMPTED),
    further=(
        MODEL,
        GEN_AI_PROVIDER_NAME,
        GEN_AI_REQUEST_MODEL,
        SERVER_ADDRESS,
        HTTP_RESPONSE_STATUS_CODE,
        AGENT_NAME,
        GEN_AI_AGENT_NAME,
        ATTEMPTS,
    ),
    says={
        FALLBACK_MODEL.name: "none named in settings",
    },
    priority="P2",
    alert=ONE_IN_TWENTY,
    report_row="3.E1",
)

AGENT_DEPENDENCY_MISSING = FailurePoint(
    id="agent.dependency.missing",
    title="The agent lacks an input",
    category="AGENT",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "the answer is made with defaults"),
    when=(
        "The check that settings name found inputs missing and went on with defaults, "
        "or a framework reports a key that is not in its state."
    ),
    resolution_steps=(
        (
            "Find the step of the pipeline that makes <missing_dependencies>, and why "
            "its output is not in the state."
        ),
        "Check the order of the agents in this workflow.",
        (
            "Decide whether the defaults are good enough to go on. If not, fail the "
            "run early."
        ),
    ),
    required=(MISSING_DEPENDENCIES, DEFAULTS_APPLIED),
    further=(AGENT_NAME, GEN_AI_AGENT_NAME),
    fallback_available=True,
    priority="P2",
    alert=ONE_IN_TWENTY,
    report_row="3.E2",
)

AGENT_RESULT_PROCESSING_FAILED = FailurePoint(
    id="agent.result.processing_failed",
    title="The answer could not be processed",
    category="AGENT",
    level=Level.ERROR,
    fault=Fault.SERVER,
    impact=Impact("HIGH", "the answer is lost"),
    when=(
        "The model's answer could not be parsed or did not validate, at the framework "
        "or at the parser that settings name."
    ),
    resolution_steps=(
        (
            "Keep the model's raw text, redacted, with the run, and replay the parser "
            "on it."
        ),
        "If it is cut off, raise the maximum of tokens or ask for less.",
        "Use the provider's mode for structured output, with the parser's own schema.",
    ),
    required=(PROCESSING_ERROR,),
    further=(
        AGENT_NAME,
        GEN_AI_AGENT_NAME,
        MODEL,
        FINISH_REASON,
        GEN_AI_REQUEST_MODEL,
        GEN_AI_PROVIDER_NAME,
    ),
    priority="P2",
    alert=ONE_IN_A_HUNDRED,
    report_row="3.E3",
)

AGENT_FACTORY_INIT_FAILED = FailurePoint(
    id="agent.factory.init_failed",
    title="The agent could not be made",
    category="AGENT FACTORY",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "no execution context for the user"),
    when=(
        "The agent factory that settings name raised or returned nothing, or the "
        "framework refused to build the agent."
    ),
    resolution_steps=(
        (
            "Read <factory_error>: a TypeError of a constructor means that the agent's "
            "class and the factory are of different versions."
        ),
        (
            "Check the wiring at start-up: model client, tool dispatcher and event "
            "bridge have to be on the application's state before the first request."
        ),
        (
            "Check <user_context>: user, thread and run ids have to be there, and of "
            "the same request."
        ),
        "Reproduce it in a shell with the record's ids: call the factory only.",
    ),
    required=(FACTORY_ERROR, USER_CONTEXT, SSOT_VALIDATION),
    further=(FACTORY_TYPE, AGENT_NAME, GEN_AI_AGENT_NAME),
    says={
        SSOT_VALIDATION.name: "failed: the factory gave no agent that could be checked",
    },
    priority="P1",
    alert=AT_ONCE,
    report_row="3.1",
)

AGENT_TOOL_FAILED = FailurePoint(
    id="agent.tool.failed",
    title="A tool failed",
    category="TOOL",
    level=Level.ERROR,
    fault=Fault.SERVER,
    impact=Impact("HIGH", "tool execution blocked"),
    when=(
        "A tool raised, or answered with an error, whether or not the framework told "
        "the model about it."
    ),
    not_when="An error that the framework uses to steer (an interrupt, a hand-over).",
    resolution_steps=(
        "Call <tool_name> alone, with the arguments of the run.",
        (
            "See whether the error is that of something the tool depends on (a "
            "database, an API), and follow that record by its trace."
        ),
        (
            "Check how arguments are validated: models invent fields. Make the schema "
            "strict, and say so in the tool's description."
        ),
        "Retry tools only that can be called twice without harm.",
    ),
    required=(TOOL_NAME, TOOL_ERROR, RETRY_ATTEMPTED),
    further=(AGENT_NAME, GEN_AI_AGENT_NAME, GEN_AI_TOOL_NAME),
    priority="P2",
    alert=ONE_IN_A_HUNDRED,
    report_row="3.2",
)

AGENT_STATE_FAILED = FailurePoint(
    id="agent.state.failed",
    title="The run's state could not be kept",
    category="AGENT",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "run can no longer be tracked"),
    when=(
        "A checkpoint or a session could not be written, an update was invalid, or the "
        "tracker that settings name refused it."
    ),
    resolution_steps=(
        (
            "Look at <current_state> and <execution_state>: an update of a run that "
            "has ended is a late callback, not damage."
        ),
        (
            "Check that the id that is used for the update is the one that was "
            "returned at creation: several kinds of ids may be in flight."
        ),
        (
            "If the store is down, see the database record of the same trace. Rebuild "
            "the state from the run's events."
        ),
    ),
    required=(EXECUTION_STATE, STATE_ERROR, TRACKING_IMPACT),
    further=(AGENT_NAME, CURRENT_STATE, GEN_AI_AGENT_NAME, DB_SYSTEM_NAME),
    says={
        TRACKING_IMPACT.name: (
            "the run goes on untracked: its progress can be neither followed nor "
            "resumed"
        ),
    },
    priority="P2",
    alert=AT_ONCE,
    report_row="3.3",
)

AGENT_EVENT_DELIVERY_FAILED = FailurePoint(
    id="agent.event.delivery_failed",
    title="An event of the run did not reach the user",
    category="AGENT",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "user experience degraded"),
    when=(
        "As websocket.event.delivery_failed, within an agent run, for an event that "
        "every run owes its user."
    ),
    not_when="The peer sent a close frame.",
    resolution_steps=(
        (
            "Check the run's events in their order: the first that is missing tells "
            "the place."
        ),
        "Look at the connection <connection_id>: what else happened on it just before.",
        "If the sender had no connection manager, look at the wiring at start-up.",
        "Let the client ask for the events that it missed, by <run_id>.",
    ),
    required=(EVENT_TYPE, EVENT_ERROR, CRITICAL_EVENT_FLAG),
    further=(
        AGENT_NAME,
        GEN_AI_AGENT_NAME,
        WEBSOCKET_STATE,
        MESSAGE_SIZE,
        WEBSOCKET_CLOSE_CODE,
    ),
    priority="P1",
    alert=AT_ONCE,
    report_row="3.4",
)

AGENT_TIMEOUT = FailurePoint(
    id="agent.timeout",
    title="The run ran out of time",
    category="AGENT",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "partial results available"),
    when=(
        "A deadline passed while a run, a tool or a step was at work, or a framework's "
        "own limit of time or turns was reached."
    ),
    not_when="A time-out around nothing but waiting for the next message.",
    resolution_steps=(
        (
            "Look at the longest child span before raising the limit of "
            "<timeout_limit> seconds."
        ),
        (
            "Set the limits from the outside in: tool below model call below agent "
            "below request below proxy."
        ),
        (
            "Save partial results before the limit, a checkpoint for each step, and "
            "say in the answer that it is partial."
        ),
    ),
    required=(TIMEOUT_LIMIT, ACTUAL_DURATION, PARTIAL_RESULTS_SAVED),
    further=(AGENT_NAME, GEN_AI_AGENT_NAME, TOOL_NAME, GEN_AI_TOOL_NAME, FAILED_STEP),
    priority="P3",
    alert=ONE_IN_TWENTY,
    report_row="3.5",
)

AGENT_MEMORY_EXHAUSTED = FailurePoint(
    id="agent.memory.exhausted",
    title="Memory runs out",
    category="AGENT",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "execution terminated"),
    when=(
        "A `MemoryError` was raised, the process came close to its limit while runs "
        "were active, or a worker turns out to have been killed for it."
    ),
    not_when="The page cache: what can be reclaimed is not counted.",
    resolution_steps=(
        "Confirm it: `cat /sys/fs/cgroup/memory.events` and the platform's notice.",
        (
            "Take two `tracemalloc` snapshots around one run, or run under memray, and "
            "look at what stays."
        ),
        (
            "Bound the histories and tool outputs that a run keeps, and cap the runs "
            "that a worker takes at once."
        ),
        "Raise the limit only when the growth per run is known.",
    ),
    required=(MEMORY_USED, MEMORY_LIMIT, TERMINATION_ACTION),
    further=(AGENT_NAME, GEN_AI_AGENT_NAME),
    says={
        TERMINATION_ACTION.name: (
            "none of ours: gp-otel ends nothing; the kernel kills the process at the "
            "limit"
        ),
    },
    priority="P3",
    alert=AT_ONCE,
    report_row="3.6",
)

AGENT_SUPERVISOR_ORCHESTRATION_FAILED = FailurePoint(
    id="agent.supervisor.orchestration_failed",
    title="The supervisor could not finish the pipeline",
    category="SUPERVISOR",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "pipeline broken"),
    when=(
        "The run's outermost graph raised, or the supervisor that settings name did or "
        "returned a failed result."
    ),
    not_when="A sub-graph failed and the supervisor handled it.",
    resolution_steps=(
        (
            "Look at <sub_agents_status> for the first step that failed "
            "(<failed_step>): later ones are consequences."
        ),
        "Run it again from the last checkpoint instead of from the start.",
        (
            "Decide for each step whether it may be skipped, and mark it so in the "
            "workflow."
        ),
    ),
    required=(FAILED_STEP, SUB_AGENTS_STATUS, PIPELINE_IMPACT),
    further=(SUB_AGENTS_COMPLETED, SUB_AGENTS_FAILED, AGENT_NAME, GEN_AI_AGENT_NAME),
    says={
        PIPELINE_IMPACT.name: (
            "the steps after the failed one did not run; the user gets no complete "
            "answer"
        ),
    },
    priority="P2",
    alert=AT_ONCE,
    report_row="3.7",
)

AGENT_CONTEXT_ISOLATION_VIOLATED = FailurePoint(
    id="agent.context.isolation_violated",
    title="Something was about to reach another user's connection",
    category="AGENT",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "security breach"),
    when=(
        "A run's event was sent to a connection that belongs to another user than the "
        "run's, or the application's own check says so."
    ),
    not_when=(
        "Another user's id within a payload: rosters and shared conversations carry "
        "them."
    ),
    resolution_steps=(
        "Stop both runs and close both connections first.",
        (
            "Find the object that is shared: a singleton of a module, an attribute of "
            "a class used as a default, a cache key without the user."
        ),
        (
            "List what was sent to whom, from the events of both runs, and follow the "
            "procedure for a data breach."
        ),
        "Add the pair as a test: two users at once through one worker.",
    ),
    required=(SECURITY_VIOLATION, AFFECTED_USERS, IMMEDIATE_ACTION),
    further=(AGENT_NAME, EVENT_TYPE),
    says={
        IMMEDIATE_ACTION.name: "stop both runs and close both connections",
    },
    priority="P1",
    alert=AT_ONCE,
    report_row="3.8",
)

AGENT_COORDINATION_HANDOFF_FAILED = FailurePoint(
    id="agent.coordination.handoff_failed",
    title="The hand-over between agents failed",
    category="AGENT",
    level=Level.ERROR,
    fault=Fault.SERVER,
    impact=Impact("HIGH", "pipeline interrupted"),
    when=(
        "A hand-over to another agent raised, named an agent that does not exist, or "
        "carried a context that cannot be written."
    ),
    resolution_steps=(
        "Check that <target_agent> is registered under that name.",
        (
            "Serialise the context by hand, and drop clients, sockets and sessions "
            "from it."
        ),
        "Compare <context_size> with the limit of the store or queue.",
    ),
    required=(
        RUN_ID,
        SOURCE_AGENT,
        TARGET_AGENT,
        HANDOFF_ERROR,
        CONTEXT_SIZE,
        TIMESTAMP,
    ),
    further=(GEN_AI_AGENT_NAME,),
    priority="P2",
    alert=ONE_IN_A_HUNDRED,
)

AGENT_SUCCESS = FailurePoint(
    id="agent.success",
    title="The run succeeded",
    category="AGENT",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact("LOW", "the user got the answer"),
    when=(
        "A run ended well. Ended well with no event delivered is a finding of its own."
    ),
    required=(
        AGENT_NAME,
        RUN_ID,
        USER_ID,
        EXECUTION_DURATION,
        EVENTS_DELIVERED,
        SUB_AGENTS_COMPLETED,
        TIMESTAMP,
    ),
    further=(GEN_AI_AGENT_NAME,),
    priority="P3",
)

AGENT_RESOURCE_USAGE = FailurePoint(
    id="agent.resource.usage",
    title="What a run costs",
    category="AGENT",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact("LOW", "what a run costs"),
    when="At the end of a run, where settings ask for it.",
    required=(CPU_USAGE, MEMORY_USAGE, EXECUTION_TIME),
    further=(AGENT_NAME,),
    priority="P3",
)

AGENT_PERFORMANCE_BENCHMARK = FailurePoint(
    id="agent.performance.benchmark",
    title="How long a run takes",
    category="AGENT",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact("LOW", "how long a run takes"),
    when=(
        "At the end of a run, against the moving average of such runs, where settings "
        "ask for it."
    ),
    required=(BASELINE_TIME, ACTUAL_TIME, EFFICIENCY_SCORE),
    further=(AGENT_NAME,),
    priority="P3",
)

AGENT_CACHE_STATS = FailurePoint(
    id="agent.cache.stats",
    title="How often work was saved",
    category="AGENT",
    level=Level.DEBUG,
    fault=Fault.SERVER,
    impact=Impact("LOW", "how often work was saved"),
    when="At intervals, for each key prefix, where settings ask for it.",
    required=(CACHE_KEY, HIT_RATE, CACHE_SIZE),
    priority="P3",
)

AGENT_RECOVERY_ATTEMPT = FailurePoint(
    id="agent.recovery.attempt",
    title="A step recovered",
    category="AGENT",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact("LOW", "the answer comes later"),
    when=(
        "An operation was tried again and then succeeded: one event for each operation."
    ),
    not_when="service.llm.retried says it of the same operation.",
    resolution_steps=(
        "Look at the first failure, not at the last.",
        (
            "If fewer than half of the retries help (<success_rate>), stop retrying "
            "and open the breaker."
        ),
        (
            "Check that retries are not multiplied: by the client, the framework and a "
            "loop of your own."
        ),
    ),
    required=(RETRY_COUNT, RECOVERY_STRATEGY, SUCCESS_RATE),
    further=(ERROR_TYPE,),
    priority="P3",
)

AGENT_UX_METRICS = FailurePoint(
    id="agent.ux.metrics",
    title="How the user fared",
    category="AGENT",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact("LOW", "how long the user waited"),
    when="Only the application can tell: it reports it.",
    required=(USER_SATISFACTION, RESPONSE_QUALITY, TASK_COMPLETION),
    priority="P3",
)

AGENT_SECURITY_AUDIT = FailurePoint(
    id="agent.security.audit",
    title="An agent accesses something unusual",
    category="AGENT",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "unusual access by an agent"),
    when=(
        "The permission check that settings name denied or flagged an access of an "
        "agent."
    ),
    resolution_steps=(
        "Go through the denied and unusual accesses of the run: <permission_checks>.",
        "Narrow the tool's permissions.",
    ),
    required=(ACCESS_PATTERNS, DATA_ACCESS, PERMISSION_CHECKS),
    further=(AGENT_NAME, TOOL_NAME),
    priority="P3",
    alert=ONE_IN_TWENTY,
)

AGENT_RUN_INTERRUPTED = FailurePoint(
    id="agent.run.interrupted",
    title="The run died with its process",
    category="AGENT",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "the run died with its process; the user waits for ever"),
    when=(
        "At its start a process finds a run that was in flight when the one before it "
        "ended: killed, out of memory, crashed, deployed over."
    ),
    not_when="The run ended, or was cancelled, before the process did.",
    resolution_steps=(
        "Look at <exit_cause>: out of memory, a signal, or unknown.",
        "Tell the user, or resume the run from its last checkpoint.",
        "For deployments: drain the connections before SIGKILL.",
    ),
    required=(INTERRUPTED_AT, LAST_STAGE, EXIT_CAUSE),
    further=(AGENT_NAME,),
    priority="P1",
    alert=AT_ONCE,
)

AGENT_TASK_DIED_UNSEEN = FailurePoint(
    id="agent.task.died_unseen",
    title="A task died and nobody noticed",
    category="AGENT",
    level=Level.ERROR,
    fault=Fault.SERVER,
    impact=Impact("HIGH", "part of the run stopped and nobody noticed"),
    when=(
        "A task ended with an exception that nobody retrieved, or a thread ended with "
        "one."
    ),
    resolution_steps=(
        (
            "The record's stack is that of <task_name> itself. Find who created it, "
            "and await or supervise it (`TaskGroup`)."
        ),
        (
            "A task that reads or writes a socket and dies leaves the socket open and "
            "silent."
        ),
    ),
    required=(TASK_NAME, ERROR_DETAILS),
    further=(ERROR_TYPE,),
    priority="P2",
    alert=ONE_IN_A_HUNDRED,
)

POINTS: tuple[FailurePoint, ...] = (
    AGENT_LLM_CALL_FAILED,
    AGENT_DEPENDENCY_MISSING,
    AGENT_RESULT_PROCESSING_FAILED,
    AGENT_FACTORY_INIT_FAILED,
    AGENT_TOOL_FAILED,
    AGENT_STATE_FAILED,
    AGENT_EVENT_DELIVERY_FAILED,
    AGENT_TIMEOUT,
    AGENT_MEMORY_EXHAUSTED,
    AGENT_SUPERVISOR_ORCHESTRATION_FAILED,
    AGENT_CONTEXT_ISOLATION_VIOLATED,
    AGENT_COORDINATION_HANDOFF_FAILED,
    AGENT_SUCCESS,
    AGENT_RESOURCE_USAGE,
    AGENT_PERFORMANCE_BENCHMARK,
    AGENT_CACHE_STATS,
    AGENT_RECOVERY_ATTEMPT,
    AGENT_UX_METRICS,
    AGENT_SECURITY_AUDIT,
    AGENT_RUN_INTERRUPTED,
    AGENT_TASK_DIED_UNSEEN,
)
