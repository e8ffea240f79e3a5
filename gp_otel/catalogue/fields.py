"""The fields of the records: one constant a name, and one kind a name for good.

Durations are seconds, sizes are bytes, shares run from 0 to 1. Names come from the
coverage report or from OpenTelemetry's semantic conventions; where neither has one
they begin with `golden_path.`.
"""

from __future__ import annotations

from gp_otel.failure import Field, Secrecy

OPEN = Secrecy.OPEN
TEXT = Secrecy.TEXT
USER = Secrecy.USER

# -- common: every record may carry them -----------------------------------------

TIMESTAMP = Field("timestamp", "When it happened, in ISO 8601 and UTC.", "string", OPEN)
GOLDEN_PATH_IMPACT = Field(
    "golden_path_impact",
    "What it means for the user: `CRITICAL|HIGH|MEDIUM|LOW - <text>`.",
    "string",
    OPEN,
)
USER_ID = Field(
    "user_id",
    "Whom it hit: the first eight characters; `unknown` before sign-in.",
    "string",
    USER,
)
USER_HASH = Field(
    "user.hash", "The same user's id, hashed: for searches and counts.", "string", OPEN
)
CONNECTION_ID = Field(
    "connection_id", "The WebSocket connection or the HTTP request.", "string", OPEN
)
RUN_ID = Field("run_id", "The agent run that answers one message.", "string", OPEN)
THREAD_ID = Field("thread_id", "The conversation.", "string", OPEN)
ERROR_DETAILS = Field(
    "error_details", "What the failing code said, without secrets.", "string", TEXT
)
RESOLUTION_STEPS = Field(
    "resolution_steps", "What to do about it, in this order.", "string[]", OPEN
)
RETRY_ATTEMPTED = Field(
    "retry_attempted", "Whether it was tried again before it failed.", "boolean", OPEN
)
FALLBACK_AVAILABLE = Field(
    "fallback_available",
    "Whether something else can take over; settings say so for each application.",
    "boolean",
    OPEN,
)
ERROR_CLASS = Field("error.type", "The exception's canonical class.", "string", OPEN)
EXCEPTION_MESSAGE = Field(
    "exception.message", "The exception's text, without secrets.", "string", TEXT
)
EXCEPTION_STACKTRACE = Field(
    "exception.stacktrace",
    "The innermost frames as `file:line:function`, without source or values.",
    "string",
    OPEN,
)
GOLDEN_PATH_FAILURE = Field(
    "golden_path.failure", "The failure point's id.", "string", OPEN
)
GOLDEN_PATH_STAGE = Field(
    "golden_path.stage", "The part of the golden path.", "string", OPEN
)
GOLDEN_PATH_FAULT = Field(
    "golden_path.fault", "Whose it is: client, server or dependency.", "string", OPEN
)
GOLDEN_PATH_PRIORITY = Field(
    "golden_path.priority", "How soon it wants work: P1, P2 or P3.", "string", OPEN
)
GOLDEN_PATH_DEPENDENCY = Field(
    "golden_path.dependency",
    "What failed outside, e.g. `postgresql://db:5432/chat`; absent where nothing did.",
    "string",
    TEXT,
)
GOLDEN_PATH_ROOT_FAILURE = Field(
    "golden_path.root_failure",
    "The failure point that began the chain.",
    "string",
    OPEN,
)
GOLDEN_PATH_ROOT = Field(
    "golden_path.root", "Whether this record began its chain.", "boolean", OPEN
)
GOLDEN_PATH_ESCALATES = Field(
    "golden_path.escalates",
    "Whether it is worse than everything before it in its chain.",
    "boolean",
    OPEN,
)
GOLDEN_PATH_SAMPLED = Field(
    "golden_path.sampled", "Whether its trace was recorded.", "boolean", OPEN
)
GOLDEN_PATH_OCCURRENCES = Field(
    "golden_path.occurrences", "How many failures this record stands for.", "int", OPEN
)
GOLDEN_PATH_RECORD_ID = Field(
    "golden_path.record_id", "This record's own id.", "string", OPEN
)
GOLDEN_PATH_CAUSE_ID = Field(
    "golden_path.cause_id", "The record id of the chain's root.", "string", OPEN
)
GOLDEN_PATH_RELATED_ID = Field(
    "golden_path.related_id",
    "The record id of a failure that went before and is not the cause.",
    "string",
    OPEN,
)
GOLDEN_PATH_USERS = Field(
    "golden_path.users", "Some of those whom a summary stands for.", "string[]", USER
)
GOLDEN_PATH_RUNS = Field(
    "golden_path.runs", "Some of the runs that a summary stands for.", "string[]", OPEN
)
GOLDEN_PATH_UNKNOWN = Field(
    "golden_path.unknown",
    "The required numbers and flags that could not be known.",
    "string[]",
    OPEN,
)

COMMON: tuple[Field, ...] = (
    TIMESTAMP,
    GOLDEN_PATH_IMPACT,
    USER_ID,
    USER_HASH,
    CONNECTION_ID,
    RUN_ID,
    THREAD_ID,
    ERROR_DETAILS,
    RESOLUTION_STEPS,
    RETRY_ATTEMPTED,
    FALLBACK_AVAILABLE,
    ERROR_CLASS,
    EXCEPTION_MESSAGE,
    EXCEPTION_STACKTRACE,
    GOLDEN_PATH_FAILURE,
    GOLDEN_PATH_STAGE,
    GOLDEN_PATH_FAULT,
    GOLDEN_PATH_PRIORITY,
    GOLDEN_PATH_DEPENDENCY,
    GOLDEN_PATH_ROOT_FAILURE,
    GOLDEN_PATH_ROOT,
    GOLDEN_PATH_ESCALATES,
    GOLDEN_PATH_SAMPLED,
    GOLDEN_PATH_OCCURRENCES,
    GOLDEN_PATH_RECORD_ID,
    GOLDEN_PATH_CAUSE_ID,
    GOLDEN_PATH_RELATED_ID,
    GOLDEN_PATH_USERS,
    GOLDEN_PATH_RUNS,
    GOLDEN_PATH_UNKNOWN,
)

ID_NAMES = frozenset({CONNECTION_ID.name, RUN_ID.name, THREAD_ID.name})
"""Ids that stand on a record where they apply."""

# -- semantic conventions ----------------------------------------------------------

DB_COLLECTION_NAME = Field("db.collection.name", "The table.", "string", OPEN)
DB_NAMESPACE = Field("db.namespace", "The database.", "string", OPEN)
DB_OPERATION_NAME = Field(
    "db.operation.name", "The command, without its arguments.", "string", OPEN
)
DB_QUERY_SUMMARY = Field(
    "db.query.summary", "Verb and table of the statement, no values.", "string", OPEN
)
DB_RESPONSE_STATUS_CODE = Field(
    "db.response.status_code", "The database's own error code.", "string", OPEN
)
DB_SYSTEM_NAME = Field("db.system.name", "The database product.", "string", OPEN)
GEN_AI_AGENT_NAME = Field("gen_ai.agent.name", "The agent.", "string", OPEN)
GEN_AI_PROVIDER_NAME = Field(
    "gen_ai.provider.name", "Who serves the model.", "string", OPEN
)
GEN_AI_REQUEST_MODEL = Field(
    "gen_ai.request.model", "The model that was asked for.", "string", OPEN
)
GEN_AI_TOOL_NAME = Field("gen_ai.tool.name", "The tool.", "string", OPEN)
HTTP_REQUEST_METHOD = Field(
    "http.request.method", "The verb of the request.", "string", OPEN
)
HTTP_RESPONSE_STATUS_CODE = Field(
    "http.response.status_code", "The answer's status.", "int", OPEN
)
HTTP_ROUTE = Field("http.route", "The route that matched.", "string", OPEN)
SERVER_ADDRESS = Field("server.address", "The host that was called.", "string", OPEN)
SERVER_PORT = Field("server.port", "The port that was called.", "int", OPEN)
URL_PATH = Field("url.path", "The path that was called.", "string", TEXT)

# -- ours ----------------------------------------------------------------------------

WEBSOCKET_CLOSE_CODE = Field(
    "golden_path.websocket.close_code", "The close code on the wire.", "int", OPEN
)

# -- auth ----------------------------------------------------------------------------

ACTUAL_ROLE = Field("actual_role", "The role that the user has.", "string", OPEN)
ATTEMPT_COUNT = Field(
    "attempt_count", "Attempts of this client within the window.", "int", OPEN
)
ATTEMPTED_ROLE = Field(
    "attempted_role", "The role that somebody tried to take.", "string", OPEN
)
AUTH_METHOD = Field(
    "auth_method", "How the user signed in, e.g. `jwt` or `oauth`.", "string", OPEN
)
CLIENT_HOST = Field("client_host", "Where the client comes from.", "string", OPEN)
CLIENT_IP = Field("client_ip", "The client's address.", "string", OPEN)
CURRENT_ROLE = Field(
    "current_role", "The role that the user has by right.", "string", OPEN
)
DEMO_USER_ID = Field(
    "demo_user_id",
    "The user that the demo mode made up: the first eight characters.",
    "string",
    USER,
)
DEVICE_COUNT = Field(
    "device_count", "On how many devices the user is signed in.", "int", OPEN
)
HEADERS_AVAILABLE = Field(
    "headers_available", "The names of the headers that arrived.", "string[]", OPEN
)
IP_CHANGE = Field(
    "ip_change", "Whether the session moved to another network.", "boolean", OPEN
)
PLACES_SEARCHED = Field(
    "places_searched",
    "Where a token was looked for, e.g. `headers`, `subprotocols`.",
    "string[]",
    OPEN,
)
REDIRECT_URI = Field(
    "redirect_uri", "Where the provider sends the user back to.", "string", TEXT
)
REQUIRED_ROLE = Field(
    "required_role", "The role or scope that is asked for.", "string", OPEN
)
SECURITY_AUDIT = Field(
    "security_audit", "What an audit has to know about it.", "string", OPEN
)
SERVICE = Field("service", "The service, by its name in settings.", "string", OPEN)
SERVICE_URL = Field(
    "service_url", "Where it was called, without credentials or query.", "string", TEXT
)
SESSION_CONFLICTS = Field(
    "session_conflicts", "How many sessions stand in each other's way.", "int", OPEN
)
SESSION_ID = Field(
    "session_id", "The session: the first eight characters.", "string", USER
)
USER_AGENT_CHANGE = Field(
    "user_agent_change", "Whether the session changed its client.", "boolean", OPEN
)
WINDOW = Field("window", "Seconds over which is counted.", "double", OPEN)

# -- WebSocket -----------------------------------------------------------------------

ACTION_TAKEN = Field("action_taken", "What was done with it.", "string", OPEN)
ACTIVE_CONNECTIONS = Field(
    "active_connections", "Connections in use at that moment.", "int", OPEN
)
ACTIVE_OPERATIONS = Field(
    "active_operations", "What was going on: runs, tools, statements.", "string[]", OPEN
)
ATTEMPT_NUMBER = Field("attempt_number", "The attempt, from 1.", "int", OPEN)
AVG_RESPONSE_TIME = Field(
    "avg_response_time", "Seconds to the first answer, on average.", "double", OPEN
)
CLIENT_PROTOCOLS = Field(
    "client_protocols", "The subprotocols that were offered.", "string[]", TEXT
)
CONNECTION_DURATION = Field(
    "connection_duration", "Seconds that the connection was open.", "double", OPEN
)
CRITICAL_EVENTS = Field(
    "critical_events", "The events that every run owes its user.", "string[]", OPEN
)
DELAY_APPLIED = Field(
    "delay_applied", "Seconds waited before the attempt.", "double", OPEN
)
DISCONNECT_REASON = Field(
    "disconnect_reason", "Close code and reason, as far as known.", "string", TEXT
)
DURATION_SECONDS = Field("duration_seconds", "Seconds that it took.", "double", OPEN)
ERROR_CODE = Field(
    "error_code", "The code of the error; a string, numbers too.", "string", OPEN
)
ERROR_TYPE = Field("error_type", "The kind of error.", "string", OPEN)
FACTORY_ERROR = Field("factory_error", "What the factory said.", "string", TEXT)
FACTORY_TYPE = Field("factory_type", "The factory's name.", "string", OPEN)
FAILED_EVENT = Field("failed_event", "The event that was not sent.", "string", OPEN)
INFRASTRUCTURE_RESOLUTION = Field(
    "infrastructure_resolution", "What to change outside the process.", "string", OPEN
)
LAST_EVENT = Field(
    "last_event", "The last event that reached the user.", "string", OPEN
)
LIFECYCLE_EVENT = Field("lifecycle_event", "`opened` or `closed`.", "string", OPEN)
MESSAGE_SIZE = Field("message_size", "The message's size in bytes.", "int", OPEN)
MISSING_HEADERS = Field(
    "missing_headers", "Expected headers that did not arrive.", "string[]", OPEN
)
MITIGATION_STRATEGY = Field(
    "mitigation_strategy", "What is done against it.", "string", OPEN
)
MONITORING_ACTION = Field(
    "monitoring_action", "What was set off to watch it.", "string", OPEN
)
PHASE = Field("phase", "`handshake`, `auth`, `establish`, `keepalive`.", "string", OPEN)
REQUESTED_MODE = Field("requested_mode", "The mode that was asked for.", "string", OPEN)
RESOLUTION_GUIDANCE = Field(
    "resolution_guidance", "Where to begin, in one sentence.", "string", OPEN
)
RESPONSE_TIME = Field(
    "response_time", "Seconds from the message to the first answer.", "double", OPEN
)
SIZE_LIMIT = Field("size_limit", "The limit in bytes.", "int", OPEN)
SUPPORTED_FORMATS = Field(
    "supported_formats", "The subprotocols that the server knows.", "string[]", OPEN
)
SUPPORTED_MODES = Field(
    "supported_modes", "The modes that the server knows.", "string[]", OPEN
)
THRESHOLD = Field(
    "threshold",
    "The limit that was crossed: seconds for times, else a count.",
    "double",
    OPEN,
)
TIMEOUT_DURATION = Field(
    "timeout_duration", "Seconds that were waited at most.", "double", OPEN
)
TOTAL_CONNECTIONS_TODAY = Field(
    "total_connections_today", "Connections opened since midnight UTC.", "int", OPEN
)
WAITED_SECONDS = Field("waited_seconds", "Seconds without an answer.", "double", OPEN)
WEBSOCKET_STATE = Field(
    "websocket_state", "`CONNECTING`, `CONNECTED`, `DISCONNECTED`.", "string", OPEN
)

# -- agent ---------------------------------------------------------------------------

ACCESS_PATTERNS = Field(
    "access_patterns", "What was unusual about the access.", "string[]", TEXT
)
ACTUAL_DURATION = Field(
    "actual_duration", "Seconds that it ran before the end.", "double", OPEN
)
ACTUAL_TIME = Field("actual_time", "Seconds that this run took.", "double", OPEN)
AFFECTED_USERS = Field(
    "affected_users", "Each one's first eight characters.", "string[]", USER
)
AGENT_NAME = Field("agent_name", "The agent.", "string", OPEN)
BASELINE_TIME = Field(
    "baseline_time", "Seconds that such a run usually takes.", "double", OPEN
)
CACHE_KEY = Field("cache_key", "The key's prefix, without ids.", "string", TEXT)
CACHE_SIZE = Field("cache_size", "Entries in the cache.", "int", OPEN)
CONTEXT_SIZE = Field("context_size", "The context's size in bytes.", "int", OPEN)
CPU_USAGE = Field("cpu_usage", "Seconds of CPU time.", "double", OPEN)
CRITICAL_EVENT_FLAG = Field(
    "critical_event_flag", "Whether every run owes this event.", "boolean", OPEN
)
CURRENT_STATE = Field("current_state", "The state before the change.", "string", OPEN)
DATA_ACCESS = Field("data_access", "What was accessed.", "string[]", TEXT)
DEFAULTS_APPLIED = Field(
    "defaults_applied", "The names that were filled with defaults.", "string[]", OPEN
)
EFFICIENCY_SCORE = Field(
    "efficiency_score", "`baseline_time` divided by `actual_time`.", "double", OPEN
)
EVENT_ERROR = Field("event_error", "Why the event was not sent.", "string", TEXT)
EVENT_TYPE = Field("event_type", "The event, e.g. `agent_started`.", "string", OPEN)
EVENTS_DELIVERED = Field(
    "events_delivered", "Events of the run that were sent.", "int", OPEN
)
EXECUTION_DURATION = Field(
    "execution_duration", "Seconds from start to end of the run.", "double", OPEN
)
EXECUTION_STATE = Field(
    "execution_state", "The state that could not be kept.", "string", OPEN
)
EXECUTION_TIME = Field("execution_time", "Seconds that the run took.", "double", OPEN)
EXIT_CAUSE = Field(
    "exit_cause", "Why the process ended: signal, `oom`, `unknown`.", "string", OPEN
)
FAILED_STEP = Field("failed_step", "The step that failed first.", "string", OPEN)
FALLBACK_MODEL = Field(
    "fallback_model", "The model that takes over; `none` without one.", "string", OPEN
)
HANDOFF_ERROR = Field("handoff_error", "Why the hand-off failed.", "string", TEXT)
HIT_RATE = Field("hit_rate", "Share of look-ups that found something.", "double", OPEN)
IMMEDIATE_ACTION = Field(
    "immediate_action", "What has to happen at once.", "string", OPEN
)
INTERRUPTED_AT = Field(
    "interrupted_at", "The last sign of life, in ISO 8601 and UTC.", "string", OPEN
)
LAST_STAGE = Field("last_stage", "The stage that was reached.", "string", OPEN)
MEMORY_LIMIT = Field("memory_limit", "The limit in bytes.", "int", OPEN)
MEMORY_USAGE = Field("memory_usage", "Bytes in use.", "int", OPEN)
MEMORY_USED = Field("memory_used", "Bytes in use, without the page cache.", "int", OPEN)
MISSING_DEPENDENCIES = Field(
    "missing_dependencies", "The names that were not there.", "string[]", OPEN
)
PARTIAL_RESULTS_SAVED = Field(
    "partial_results_saved", "Whether something was kept.", "boolean", OPEN
)
PERMISSION_CHECKS = Field(
    "permission_checks", "The checks, as `name=result`.", "string[]", OPEN
)
PIPELINE_IMPACT = Field(
    "pipeline_impact", "What it means for the steps after it.", "string", OPEN
)
PROCESSING_ERROR = Field(
    "processing_error", "Why the result could not be used.", "string", TEXT
)
RECOVERY_STRATEGY = Field(
    "recovery_strategy", "How it was tried again.", "string", OPEN
)
RESPONSE_QUALITY = Field("response_quality", "A score from 0 to 1.", "double", OPEN)
RETRY_COUNT = Field("retry_count", "How often it was tried again.", "int", OPEN)
RETRY_DELAY = Field(
    "retry_delay", "Seconds to wait before the next attempt.", "double", OPEN
)
SECURITY_VIOLATION = Field(
    "security_violation", "What went to whom and must not have.", "string", TEXT
)
SOURCE_AGENT = Field("source_agent", "The agent that hands over.", "string", OPEN)
SSOT_VALIDATION = Field(
    "SSOT_validation",
    "Whether what the factory made agrees with the single source of truth.",
    "string",
    TEXT,
)
STATE_ERROR = Field("state_error", "Why the state was not kept.", "string", TEXT)
SUB_AGENTS_COMPLETED = Field(
    "sub_agents_completed", "Sub-agents that succeeded.", "int", OPEN
)
SUB_AGENTS_FAILED = Field("sub_agents_failed", "Sub-agents that failed.", "int", OPEN)
SUB_AGENTS_STATUS = Field(
    "sub_agents_status", "Each sub-agent, as `name=status`.", "string[]", OPEN
)
SUCCESS_RATE = Field("success_rate", "Share of recoveries that worked.", "double", OPEN)
TARGET_AGENT = Field("target_agent", "The agent that takes over.", "string", OPEN)
TASK_COMPLETION = Field(
    "task_completion", "Whether the task was completed.", "boolean", OPEN
)
TASK_NAME = Field("task_name", "The task or thread.", "string", OPEN)
TERMINATION_ACTION = Field(
    "termination_action", "What was ended because of it.", "string", OPEN
)
TIMEOUT_LIMIT = Field("timeout_limit", "The limit in seconds.", "double", OPEN)
TOOL_ERROR = Field("tool_error", "What the tool said.", "string", TEXT)
TOOL_NAME = Field("tool_name", "The tool.", "string", OPEN)
TRACKING_IMPACT = Field(
    "tracking_impact", "What it means for following the run.", "string", OPEN
)
USER_CONTEXT = Field(
    "user_context", "The ids that the factory was given, cut.", "string", TEXT
)
USER_SATISFACTION = Field("user_satisfaction", "A score from 0 to 1.", "double", OPEN)

# -- database ------------------------------------------------------------------------

AFFECTED_RECORDS = Field("affected_records", "Records that disagree.", "int", OPEN)
AFFECTED_TABLES = Field("affected_tables", "The tables.", "string[]", OPEN)
ANALYTICS_IMPACT = Field(
    "analytics_impact", "What it means for the analytics.", "string", OPEN
)
BACKUP_SIZE = Field("backup_size", "The backup's size in bytes.", "int", OPEN)
BACKUP_TYPE = Field("backup_type", "The program or job.", "string", OPEN)
BLOCKING_PROCESS = Field(
    "blocking_process", "Who holds the lock: process ids.", "string", OPEN
)
CAPACITY_PROJECTION = Field(
    "capacity_projection", "Seconds until the storage is full.", "double", OPEN
)
CLEANUP_ACTION = Field("cleanup_action", "What cleans it up.", "string", OPEN)
COMMIT_DURATION = Field(
    "commit_duration", "Seconds that the commit took.", "double", OPEN
)
CONNECTION_ERROR = Field(
    "connection_error", "Why there is no connection.", "string", TEXT
)
CONTEXT_LOSS_RISK = Field(
    "context_loss_risk", "What of the conversation may be lost.", "string", OPEN
)
CORRUPTION_TYPE = Field("corruption_type", "What is damaged.", "string", OPEN)
CURRENT_ACTIVE = Field("current_active", "Connections checked out.", "int", OPEN)
DATA_AT_RISK = Field("data_at_risk", "What cannot be restored.", "string", OPEN)
DATA_COLLECTION_IMPACT = Field(
    "data_collection_impact", "What happens to new events.", "string", OPEN
)
DATA_CONSISTENCY_RISK = Field(
    "data_consistency_risk", "How far the stores may disagree.", "string", OPEN
)
DATA_SIZE = Field("data_size", "Bytes that were not saved.", "int", OPEN)
DESTINATION = Field("destination", "Where the backup goes.", "string", TEXT)
DURATION = Field("duration", "Seconds that it took.", "double", OPEN)
ENGINE_NAME = Field("engine_name", "The engine or pool.", "string", OPEN)
FAILED = Field("failed", "Events that were not delivered.", "int", OPEN)
FAILURE_POINT = Field("failure_point", "The step that failed.", "string", OPEN)
FALLBACK_STRATEGY = Field("fallback_strategy", "What is used instead.", "string", OPEN)
FAILED_TIER = Field("failed_tier", "The tier that failed.", "string", OPEN)
FALLBACK_TIER = Field("fallback_tier", "The tier that answered.", "string", OPEN)
FALLBACK_USED = Field("fallback_used", "Whether a default was used.", "boolean", OPEN)
GROWTH_RATE = Field("growth_rate", "Bytes a second.", "double", OPEN)
HISTORY_LOSS_RISK = Field(
    "history_loss_risk", "What of the history may be lost.", "string", OPEN
)
HOST = Field("host", "The host that was called.", "string", OPEN)
INCONSISTENCY_TYPE = Field("inconsistency_type", "What disagrees.", "string", OPEN)
INTEGRITY_CHECK = Field("integrity_check", "The check's result.", "string", OPEN)
LOCK_TYPE = Field("lock_type", "The kind of lock.", "string", OPEN)
MESSAGE_TYPE = Field("message_type", "The kind of message.", "string", OPEN)
MIGRATION_ID = Field("migration_id", "The revision.", "string", OPEN)
OPERATION = Field("operation", "What was being done.", "string", OPEN)
OPERATION_TYPE = Field("operation_type", "The kind of operation.", "string", OPEN)
PARTIAL_SAVE = Field("partial_save", "Whether a part was saved.", "boolean", OPEN)
PERFORMANCE_IMPACT = Field(
    "performance_impact", "What it costs in time.", "string", OPEN
)
POOL_SIZE = Field("pool_size", "Connections that the pool is set to keep.", "int", OPEN)
QUARANTINE_ACTION = Field(
    "quarantine_action", "How the damage is contained.", "string", OPEN
)
QUERY_TIME = Field("query_time", "Seconds that the statement took.", "double", OPEN)
QUERY_TYPE = Field("query_type", "The statement's verb.", "string", OPEN)
RESOLUTION_PLAN = Field("resolution_plan", "How it is put right.", "string", OPEN)
RESTORE_TEST = Field("restore_test", "The test restore's result.", "string", OPEN)
RESULT_SIZE = Field("result_size", "The result's size in bytes.", "int", OPEN)
RETENTION_PERIOD = Field(
    "retention_period", "Seconds that the data may be kept.", "double", OPEN
)
RETRY_STATUS = Field(
    "retry_status", "What was tried: `not retried`, `2 of 3 attempts`.", "string", OPEN
)
ROLLBACK_DURATION = Field(
    "rollback_duration", "Seconds that the rollback took.", "double", OPEN
)
ROLLBACK_ERROR = Field("rollback_error", "Why it was not rolled back.", "string", TEXT)
ROLLBACK_STATUS = Field(
    "rollback_status", "Whether it was rolled back.", "string", OPEN
)
ROWS_AFFECTED = Field("rows_affected", "Rows read or written.", "int", OPEN)
SAVE_ERROR = Field("save_error", "Why it was not saved.", "string", TEXT)
SENT = Field("sent", "Events that were delivered.", "int", OPEN)
SESSION_DURATION = Field(
    "session_duration", "Seconds that the session was open.", "double", OPEN
)
SQLSTATE = Field("sqlstate", "The five characters of SQL's error code.", "string", OPEN)
STORAGE_USAGE = Field("storage_usage", "Bytes in use.", "int", OPEN)
TIER1 = Field("tier1", "The tier that had nothing.", "string", OPEN)
TIER2 = Field("tier2", "The tier that was asked next.", "string", OPEN)
TIER_FAILURES = Field(
    "tier_failures", "Each tier that failed, as `tier: error`.", "string[]", TEXT
)
TOTAL_CAPACITY = Field(
    "total_capacity", "Connections that the pool may hold.", "int", OPEN
)
TOTAL_DURATION = Field("total_duration", "Seconds of the whole check.", "double", OPEN)
TRANSACTION_ID = Field("transaction_id", "The transaction.", "string", OPEN)
URL_ERROR = Field("url_error", "Why the URL cannot be used.", "string", TEXT)
VIOLATION_COUNT = Field("violation_count", "Records kept too long.", "int", OPEN)
WAITING_REQUESTS = Field(
    "waiting_requests", "Callers that wait for a connection.", "int", OPEN
)
WAITING_TIME = Field("waiting_time", "Seconds waited for the lock.", "double", OPEN)

# -- service -------------------------------------------------------------------------

AFFECTED_OPERATIONS = Field(
    "affected_operations", "What is refused meanwhile.", "string[]", OPEN
)
AFFECTED_SERVICES = Field(
    "affected_services", "Services that cannot be reached.", "string[]", OPEN
)
ATTEMPTS = Field("attempts", "Attempts in all, the last one included.", "int", OPEN)
BLOCKED_SECONDS = Field(
    "blocked_seconds", "Seconds in which the loop did not run.", "double", OPEN
)
BLOCKING_FRAME = Field(
    "blocking_frame", "What it was busy with: `file:line:function`.", "string", OPEN
)
CIRCUIT_STATE = Field("circuit_state", "The breaker's new state.", "string", OPEN)
COMMUNICATION_ERRORS = Field(
    "communication_errors", "The mesh's response flags.", "string[]", OPEN
)
COMPATIBILITY_MATRIX = Field(
    "compatibility_matrix", "The pairs that are supported.", "string[]", OPEN
)
CONNECTOR_NAME = Field("connector_name", "The connector.", "string", OPEN)
CONTENT_TYPE = Field("content_type", "What the answer says it is.", "string", OPEN)
CRITICAL_PATHS = Field(
    "critical_paths", "The chains that every run needs.", "string[]", OPEN
)
DEGRADED_SERVICES = Field("degraded_services", "The services.", "string[]", OPEN)
DEPENDENCY_MAP = Field(
    "dependency_map", "The edges, as `service -> dependency`.", "string[]", OPEN
)
DEPENDENCY_ORDER = Field(
    "dependency_order", "What became ready, in this order.", "string[]", OPEN
)
DEPRECATION_WARNINGS = Field(
    "deprecation_warnings", "What the libraries warned of.", "string[]", TEXT
)
DISCOVERY_FAILURES = Field(
    "discovery_failures", "How often it failed in a row.", "int", OPEN
)
FAILURE_COUNT = Field("failure_count", "Failures in a row.", "int", OPEN)
FINISH_REASON = Field(
    "finish_reason", "Why the model stopped, in its own word.", "string", OPEN
)
FUNCTIONALITY_IMPACT = Field(
    "functionality_impact", "What does not work meanwhile.", "string", OPEN
)
HEALTH_ENDPOINT = Field("health_endpoint", "The path that was asked.", "string", OPEN)
HEALTH_SCORES = Field(
    "health_scores", "Each service, as `name=score`.", "string[]", OPEN
)
INSTANCE_COUNT = Field("instance_count", "Instances after the change.", "int", OPEN)
MESH_CONFIG = Field("mesh_config", "The mesh and its proxy.", "string", OPEN)
MODEL = Field("model", "The model.", "string", OPEN)
OUTPUT_TOKENS = Field("output_tokens", "Tokens that came back.", "int", OPEN)
PROVIDER = Field("provider", "Who was asked.", "string", OPEN)
RECOMMENDED_ACTION = Field("recommended_action", "What to do first.", "string", OPEN)
RECOVERY_DURATION = Field(
    "recovery_duration",
    "Seconds: until the next trial while open, of the outage once closed.",
    "double",
    OPEN,
)
REGION = Field("region", "The region.", "string", OPEN)
REGISTRATION_STATUS = Field(
    "registration_status", "What the registry said.", "string", OPEN
)
RESPONSE_CODE = Field("response_code", "The answer's status.", "int", OPEN)
RETRY_STRATEGY = Field("retry_strategy", "Who tries again, and how.", "string", OPEN)
ROUTING_RULES = Field("routing_rules", "The rules in force.", "string[]", OPEN)
SCALING_ACTION = Field("scaling_action", "`out` or `in`.", "string", OPEN)
SERVICE_NAME = Field("service_name", "The service at the platform.", "string", OPEN)
SERVICE_REGISTRY = Field("service_registry", "The registry's address.", "string", TEXT)
SERVICE_VERSIONS = Field(
    "service_versions", "Each service, as `name=version`.", "string[]", OPEN
)
SOURCE_SERVICE = Field("source_service", "The service that called.", "string", OPEN)
STARTUP_TIME = Field("startup_time", "Seconds until it was ready.", "double", OPEN)
TARGET_NETWORK = Field("target_network", "The network behind it.", "string", OPEN)
TARGET_SERVICE = Field("target_service", "The service that was called.", "string", OPEN)
TRIGGER_METRIC = Field("trigger_metric", "What set it off.", "string", OPEN)
VALIDATION_STATUS = Field("validation_status", "The check's result.", "string", OPEN)

# -- telemetry -----------------------------------------------------------------------

HANDLER = Field("handler", "The handler, as `file:line:function`.", "string", OPEN)
HOOK = Field("hook", "The place of ours that failed.", "string", OPEN)
PATCHED = Field("patched", "Libraries that are watched.", "string[]", OPEN)
PENDING = Field("pending", "Libraries that nobody has imported yet.", "string[]", OPEN)
SETTINGS_FILE = Field("settings_file", "The settings in force.", "string", OPEN)
SKIPPED = Field(
    "skipped", "Libraries that are not watched, as `name: reason`.", "string[]", OPEN
)
VERSION = Field("version", "The version of gp-otel.", "string", OPEN)
