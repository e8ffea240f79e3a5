"""Ways to fail around it: services that the path needs, models, the platform."""

from __future__ import annotations

from gp_otel.catalogue.fields import (
    AFFECTED_OPERATIONS,
    AFFECTED_SERVICES,
    AGENT_NAME,
    ATTEMPTS,
    BLOCKED_SECONDS,
    BLOCKING_FRAME,
    CIRCUIT_STATE,
    CLIENT_HOST,
    COMMUNICATION_ERRORS,
    COMPATIBILITY_MATRIX,
    CONNECTOR_NAME,
    CONTENT_TYPE,
    CRITICAL_PATHS,
    DEGRADED_SERVICES,
    DEPENDENCY_MAP,
    DEPENDENCY_ORDER,
    DEPRECATION_WARNINGS,
    DISCOVERY_FAILURES,
    ERROR_CODE,
    ERROR_TYPE,
    FAILURE_COUNT,
    FALLBACK_AVAILABLE,
    FALLBACK_MODEL,
    FALLBACK_STRATEGY,
    FINISH_REASON,
    FUNCTIONALITY_IMPACT,
    GEN_AI_PROVIDER_NAME,
    GEN_AI_REQUEST_MODEL,
    HEALTH_ENDPOINT,
    HEALTH_SCORES,
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    INSTANCE_COUNT,
    MESH_CONFIG,
    MODEL,
    OPERATION,
    OUTPUT_TOKENS,
    PROVIDER,
    RECOMMENDED_ACTION,
    RECOVERY_DURATION,
    REGION,
    REGISTRATION_STATUS,
    RESPONSE_CODE,
    RETRY_COUNT,
    RETRY_DELAY,
    RETRY_STRATEGY,
    ROUTING_RULES,
    SCALING_ACTION,
    SERVER_ADDRESS,
    SERVER_PORT,
    SERVICE,
    SERVICE_NAME,
    SERVICE_REGISTRY,
    SERVICE_VERSIONS,
    SOURCE_SERVICE,
    STARTUP_TIME,
    TARGET_NETWORK,
    TARGET_SERVICE,
    TASK_NAME,
    THRESHOLD,
    TIMEOUT_DURATION,
    TIMESTAMP,
    TRIGGER_METRIC,
    URL_PATH,
    VALIDATION_STATUS,
    VERSION,
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

SERVICE_LLM_FAILED = FailurePoint(
    id="service.llm.failed",
    title="A model call failed",
    category="LLM",
    level=Level.WARNING,
    fault=Fault.DEPENDENCY,
    impact=Impact("HIGH", "answers delayed"),
    when=(
        "A call to a model failed after the client's own retries: refused, timed out, "
        "over a limit, or an error of the provider."
    ),
    not_when=(
        "The client's own retry overcame it. Within an agent run it is "
        "agent.llm.call_failed."
    ),
    resolution_steps=(
        (
            "429: <error_code> tells a rate limit from a spent quota. Wait "
            "<retry_delay> seconds, lower the concurrency, ask for a higher tier."
        ),
        (
            "401 or 403: the key was rotated, or belongs to another project. Check its "
            "last four characters."
        ),
        (
            "5xx or 529: look at the provider's status page, and switch to the "
            "fallback model by configuration."
        ),
        (
            "Check that retries are not multiplied: by the SDK, the framework and a "
            "loop of your own."
        ),
    ),
    required=(PROVIDER, ERROR_CODE, RETRY_DELAY, FALLBACK_MODEL),
    further=(
        MODEL,
        ATTEMPTS,
        SERVICE,
        GEN_AI_PROVIDER_NAME,
        GEN_AI_REQUEST_MODEL,
        SERVER_ADDRESS,
        HTTP_RESPONSE_STATUS_CODE,
    ),
    says={
        FALLBACK_MODEL.name: "none named in settings",
    },
    priority="P2",
    alert=ONE_IN_TWENTY,
    report_row="5.1",
)

SERVICE_CLOUD_RUN_FAILED = FailurePoint(
    id="service.cloud_run.failed",
    title="The Cloud Run service fails",
    category="SERVICE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "no instances"),
    when=(
        "The platform has no instance for a call, an instance could not start, or its "
        "start took longer than the threshold."
    ),
    not_when=(
        "SIGTERM with open sockets or open work: that is every deployment. Work lost "
        "by it is agent.run.interrupted."
    ),
    resolution_steps=(
        (
            "`gcloud run services describe <service_name> --region <region>` and the "
            "revision's conditions; in the log: `resource.type=cloud_run_revision "
            "severity>=ERROR`."
        ),
        (
            "Cold start: `--min-instances`, `--cpu-boost`, imports when they are "
            "needed; measure with `python -X importtime`."
        ),
        (
            "429: raise `--max-instances` or the concurrency. A memory limit that was "
            "exceeded shows as 500 or 503, with a notice about memory."
        ),
    ),
    required=(SERVICE_NAME, REGION, ERROR_TYPE, RETRY_STRATEGY),
    further=(
        STARTUP_TIME,
        THRESHOLD,
        SERVICE,
        SERVER_ADDRESS,
        SERVER_PORT,
        URL_PATH,
        HTTP_REQUEST_METHOD,
        HTTP_RESPONSE_STATUS_CODE,
    ),
    says={
        RETRY_STRATEGY.name: "the caller's own; gp-otel retries nothing",
    },
    priority="P2",
    alert=AT_ONCE,
    report_row="5.2",
)

SERVICE_VPC_CONNECTOR_FAILED = FailurePoint(
    id="service.vpc_connector.failed",
    title="The private network cannot be reached",
    category="SERVICE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "databases unreachable"),
    when=(
        "Connects to private addresses of two or more stores time out or find no route "
        "within a short time, while public hosts answer."
    ),
    not_when=(
        "A connection that is refused: then the network is there, and the server is "
        "not."
    ),
    resolution_steps=(
        (
            "`gcloud compute networks vpc-access connectors describe <connector_name> "
            "--region <region>`: is its state READY, is its throughput at the limit?"
        ),
        (
            "Check the egress setting (private ranges only, or all) and the firewall "
            "rules for the connector's range."
        ),
        (
            "From a shell in the same network: `nc -vz -w3 <server.address> "
            "<server.port>`."
        ),
    ),
    required=(CONNECTOR_NAME, TARGET_NETWORK, AFFECTED_SERVICES),
    further=(REGION, SERVER_ADDRESS, SERVER_PORT),
    priority="P2",
    alert=AT_ONCE,
    report_row="5.3",
)

SERVICE_SUPERVISOR_UNAVAILABLE = FailurePoint(
    id="service.supervisor.unavailable",
    title="The supervisor is not available",
    category="SERVICE",
    level=Level.WARNING,
    fault=Fault.DEPENDENCY,
    impact=Impact("MEDIUM", "reduced function"),
    when=(
        "A dependency that gives the supervisor answered 503, or the getter that "
        "settings name returned nothing."
    ),
    resolution_steps=(
        "Read the start-up record: which phase sets it, and did that phase fail?",
        "If it is a race at the start, let the readiness probe wait for it.",
        "Restart the instance if its start finished without it.",
    ),
    required=(FALLBACK_STRATEGY, FUNCTIONALITY_IMPACT),
    further=(
        SERVICE,
        SERVER_ADDRESS,
        SERVER_PORT,
        URL_PATH,
        HTTP_REQUEST_METHOD,
        HTTP_RESPONSE_STATUS_CODE,
        ERROR_TYPE,
        RETRY_COUNT,
        TIMEOUT_DURATION,
    ),
    says={
        FALLBACK_STRATEGY.name: "the application's own; name it in settings",
        FUNCTIONALITY_IMPACT.name: (
            "runs that need the supervisor are refused, or done by something simpler"
        ),
    },
    fallback_available=True,
    priority="P1",
    alert=ONE_IN_TWENTY,
    report_row="5.4",
)

SERVICE_THREAD_UNAVAILABLE = FailurePoint(
    id="service.thread.unavailable",
    title="The thread service is not available",
    category="SERVICE",
    level=Level.WARNING,
    fault=Fault.DEPENDENCY,
    impact=Impact("LOW", "fallback available"),
    when=(
        "A dependency that gives the thread service answered 503, or the getter or "
        "call that settings name failed."
    ),
    resolution_steps=(
        (
            "Read the start-up record: which phase sets it, and did that phase fail? "
            "Restart the instance if its start finished without it."
        ),
        (
            "Conversations that are kept in memory are lost on a restart: limit how "
            "long such a fallback may be used."
        ),
        "Look at the database.* records of the same minute.",
    ),
    required=(FALLBACK_AVAILABLE, FALLBACK_STRATEGY),
    further=(
        SERVICE,
        SERVER_ADDRESS,
        SERVER_PORT,
        URL_PATH,
        HTTP_REQUEST_METHOD,
        HTTP_RESPONSE_STATUS_CODE,
        ERROR_TYPE,
        RETRY_COUNT,
        TIMEOUT_DURATION,
    ),
    says={
        FALLBACK_STRATEGY.name: "the application's own; name it in settings",
    },
    fallback_available=True,
    priority="P1",
    alert=ONE_IN_TWENTY,
    report_row="5.5",
)

SERVICE_CIRCUIT_BREAKER_OPENED = FailurePoint(
    id="service.circuit_breaker.opened",
    title="A circuit breaker opened",
    category="CIRCUIT BREAKER",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "service cut off"),
    when="A breaker went from closed to open.",
    not_when=(
        "From half-open to open, at every trial of the recovery: that is an occurrence "
        "of the same record."
    ),
    resolution_steps=(
        (
            "Look at the failures of <service> before it for the cause: the breaker is "
            "only the messenger."
        ),
        "Check what the callers do instead, and what users get now.",
        (
            "Do not reset it by hand before the dependency answers. Then reset it, or "
            "wait <recovery_duration> seconds."
        ),
    ),
    required=(FAILURE_COUNT, THRESHOLD, RECOVERY_DURATION),
    further=(SERVICE, CIRCUIT_STATE, AFFECTED_OPERATIONS),
    priority="P2",
    alert=AT_ONCE,
    report_row="5.6",
)

SERVICE_CIRCUIT_BREAKER_HALF_OPEN = FailurePoint(
    id="service.circuit_breaker.half_open",
    title="A circuit breaker tries again",
    category="CIRCUIT BREAKER",
    level=Level.WARNING,
    fault=Fault.DEPENDENCY,
    impact=Impact("MEDIUM", "recovery being tested"),
    when="A breaker went from open to half-open: the next call is the trial.",
    resolution_steps=(
        "Watch the next records: it closes, or opens again.",
        "If it flips often, make the reset time longer, or require several successes.",
        "Limit the trial calls to one.",
    ),
    required=(FAILURE_COUNT, THRESHOLD, RECOVERY_DURATION),
    further=(SERVICE, CIRCUIT_STATE),
    priority="P2",
    alert=ONE_IN_TWENTY,
    report_row="5.6",
)

SERVICE_CIRCUIT_BREAKER_CLOSED = FailurePoint(
    id="service.circuit_breaker.closed",
    title="A circuit breaker closed",
    category="CIRCUIT BREAKER",
    level=Level.INFO,
    fault=Fault.DEPENDENCY,
    impact=Impact("LOW", "service is back"),
    when="A breaker went back to closed: the service answers again.",
    resolution_steps=(
        (
            "Note the length of the outage (<recovery_duration> seconds), and replay "
            "what was dropped."
        ),
    ),
    required=(FAILURE_COUNT, THRESHOLD, RECOVERY_DURATION),
    further=(SERVICE, CIRCUIT_STATE),
    priority="P2",
    report_row="5.6",
)

SERVICE_HEALTH_DEGRADED = FailurePoint(
    id="service.health.degraded",
    title="A service is degraded",
    category="SERVICE",
    level=Level.WARNING,
    fault=Fault.DEPENDENCY,
    impact=Impact("MEDIUM", "performance degraded"),
    when=(
        "A health route answered 503 or said that it is degraded, or the check that "
        "settings name gave a score below its threshold."
    ),
    resolution_steps=(
        "Open the own records of the first of <degraded_services>.",
        "Compare the score with yesterday's: a slow drift is a matter of capacity.",
        "If it is only this instance, take it out of rotation.",
    ),
    required=(HEALTH_SCORES, DEGRADED_SERVICES, RECOMMENDED_ACTION),
    further=(
        OPERATION,
        THRESHOLD,
        HEALTH_ENDPOINT,
        HTTP_RESPONSE_STATUS_CODE,
        URL_PATH,
    ),
    says={
        RECOMMENDED_ACTION.name: "open the first degraded service's own records",
    },
    priority="P3",
    alert=ONE_IN_TWENTY,
    report_row="5.7",
)

SERVICE_DEPENDENCY_MAP = FailurePoint(
    id="service.dependency.map",
    title="What this service depends on",
    category="SERVICE",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact("LOW", "what this service depends on"),
    when="At intervals, from the peers of its calls, where settings ask for it.",
    required=(OPERATION, DEPENDENCY_MAP, CRITICAL_PATHS, TIMESTAMP),
    priority="P3",
)

SERVICE_STARTUP_VALIDATION = FailurePoint(
    id="service.startup.validation",
    title="What was ready at the start",
    category="SERVICE",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact("LOW", "what was ready at the start"),
    when="The application's start completed or failed.",
    required=(DEPENDENCY_ORDER, STARTUP_TIME, VALIDATION_STATUS),
    further=(SERVICE, VERSION),
    priority="P3",
)

SERVICE_CROSS_SERVICE_TIMEOUT = FailurePoint(
    id="service.cross_service.timeout",
    title="A call to another service timed out",
    category="SERVICE",
    level=Level.WARNING,
    fault=Fault.DEPENDENCY,
    impact=Impact("MEDIUM", "part of the answer is late or missing"),
    when=(
        "A call to a service that settings name timed out after its client's own "
        "retries."
    ),
    not_when=(
        "The auth service: that is auth.service.unavailable. A model's provider: that "
        "is the model's failure."
    ),
    resolution_steps=(
        (
            "Compare the limit of <timeout_duration> seconds with the 99th percentile "
            "of <target_service>."
        ),
        (
            "Check whether the target still works on calls that were given up, and "
            "cancel them."
        ),
        "Give each hop a smaller budget than its caller has.",
    ),
    required=(SOURCE_SERVICE, TARGET_SERVICE, TIMEOUT_DURATION),
    further=(SERVER_ADDRESS, SERVER_PORT, URL_PATH, HTTP_REQUEST_METHOD),
    priority="P3",
    alert=ONE_IN_TWENTY,
)

SERVICE_VERSION_INCOMPATIBLE = FailurePoint(
    id="service.version.incompatible",
    title="Versions do not fit together",
    category="SERVICE",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "calls between versions may fail"),
    when=(
        "The check that settings name found versions that do not fit, or a client "
        "library warns that what is used will go away."
    ),
    resolution_steps=(
        (
            "Compare the deployed versions (<service_versions>) with "
            "<compatibility_matrix>."
        ),
        "Roll the newer side back, or finish the rollout.",
    ),
    required=(SERVICE_VERSIONS, COMPATIBILITY_MATRIX, DEPRECATION_WARNINGS),
    further=(SERVICE,),
    priority="P3",
    alert=ONE_IN_TWENTY,
)

SERVICE_LB_HEALTH_CHECK_FAILED = FailurePoint(
    id="service.lb.health_check_failed",
    title="The load balancer's health check fails",
    category="SERVICE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "the balancer takes instances away"),
    when=(
        "A balancer's or platform's probe was answered with 400 or above, several "
        "times in a row."
    ),
    not_when=(
        "Before the first good answer (the start), and after the shutdown began "
        "(draining)."
    ),
    resolution_steps=(
        (
            "Call <health_endpoint> from within the container with the balancer's Host "
            "header."
        ),
        "Make the liveness endpoint free of dependencies.",
        "Check that the application listens on 0.0.0.0 and on the right port.",
    ),
    required=(HEALTH_ENDPOINT, RESPONSE_CODE, FAILURE_COUNT),
    further=(THRESHOLD, CLIENT_HOST, HTTP_RESPONSE_STATUS_CODE, URL_PATH),
    priority="P1",
    alert=AT_ONCE,
)

SERVICE_MESH_FAILED = FailurePoint(
    id="service.mesh.failed",
    title="The service mesh fails",
    category="SERVICE",
    level=Level.ERROR,
    fault=Fault.DEPENDENCY,
    impact=Impact("HIGH", "calls between services fail"),
    when=(
        "A proxy of the mesh answered 503 with its own response flags, or gRPC says "
        "UNAVAILABLE."
    ),
    resolution_steps=(
        (
            "`istioctl proxy-status`, and the response flags in Envoy's access log: "
            "<communication_errors>."
        ),
        (
            "NR is no route: check the VirtualService. UF is often mTLS that does not "
            "match."
        ),
    ),
    required=(MESH_CONFIG, ROUTING_RULES, COMMUNICATION_ERRORS),
    further=(
        SERVICE,
        SERVER_ADDRESS,
        SERVER_PORT,
        URL_PATH,
        HTTP_REQUEST_METHOD,
        HTTP_RESPONSE_STATUS_CODE,
    ),
    priority="P2",
    alert=ONE_IN_A_HUNDRED,
)

SERVICE_AUTOSCALING_EVENT = FailurePoint(
    id="service.autoscaling.event",
    title="The capacity changed",
    category="SERVICE",
    level=Level.INFO,
    fault=Fault.DEPENDENCY,
    impact=Impact("LOW", "capacity changed"),
    when="An instance starts or is told to stop.",
    required=(TRIGGER_METRIC, SCALING_ACTION, INSTANCE_COUNT),
    further=(SERVICE_NAME, REGION),
    priority="P3",
)

SERVICE_DISCOVERY_REGISTRATION_FAILED = FailurePoint(
    id="service.discovery.registration_failed",
    title="The service is not registered",
    category="SERVICE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "no other service finds this one"),
    when=(
        "The registry's client, or the callable that settings name, failed to register "
        "or to renew."
    ),
    resolution_steps=(
        "Check the registry's quorum and the token.",
        "Look at the renewals: a blocked event loop misses them.",
        "Fall back to static addresses.",
    ),
    required=(SERVICE_REGISTRY, REGISTRATION_STATUS, DISCOVERY_FAILURES),
    further=(SERVICE, SERVER_ADDRESS, SERVER_PORT, ERROR_TYPE),
    priority="P1",
    alert=AT_ONCE,
)

SERVICE_LLM_EMPTY_ANSWER = FailurePoint(
    id="service.llm.empty_answer",
    title="The model answered with nothing",
    category="LLM",
    level=Level.ERROR,
    fault=Fault.DEPENDENCY,
    impact=Impact("HIGH", "the user sees an empty reply"),
    when="A completed call whose message holds neither text nor a tool call.",
    resolution_steps=(
        (
            "Look at <finish_reason> and <output_tokens>: no tokens at all point at "
            "the prompt or the gateway, not at the model."
        ),
        "Replay the call with <model> and the same parameters.",
        "Give the application a text to fall back on, and a retry for this case.",
    ),
    required=(PROVIDER, MODEL, FINISH_REASON),
    further=(
        OUTPUT_TOKENS,
        AGENT_NAME,
        GEN_AI_PROVIDER_NAME,
        GEN_AI_REQUEST_MODEL,
        SERVER_ADDRESS,
        HTTP_RESPONSE_STATUS_CODE,
    ),
    priority="P1",
    alert=ONE_IN_A_HUNDRED,
)

SERVICE_LLM_FILTERED = FailurePoint(
    id="service.llm.filtered",
    title="The answer was withheld by a content filter",
    category="LLM",
    level=Level.WARNING,
    fault=Fault.DEPENDENCY,
    impact=Impact("MEDIUM", "the reply was withheld by a content filter"),
    when="The provider stopped the answer, or refused the request, for its content.",
    resolution_steps=(
        (
            "Read <finish_reason> and <error_code>, and find out whether the prompt, a "
            "tool's output or the user's text caused it."
        ),
        "Tell the user; do not retry the same text.",
        (
            "If a harmless topic is hit often, adjust the filter's settings or the "
            "system prompt."
        ),
    ),
    required=(PROVIDER, MODEL, FINISH_REASON),
    further=(
        ERROR_CODE,
        AGENT_NAME,
        GEN_AI_PROVIDER_NAME,
        GEN_AI_REQUEST_MODEL,
        SERVER_ADDRESS,
        HTTP_RESPONSE_STATUS_CODE,
    ),
    priority="P2",
    alert=ONE_IN_TWENTY,
)

SERVICE_LLM_TRUNCATED = FailurePoint(
    id="service.llm.truncated",
    title="The answer is cut off",
    category="LLM",
    level=Level.WARNING,
    fault=Fault.DEPENDENCY,
    impact=Impact("MEDIUM", "the reply is cut off"),
    when=(
        "The model stopped at its limit of tokens, or a stream ended without its last "
        "chunk."
    ),
    resolution_steps=(
        "Compare <output_tokens> with the limit that was set.",
        (
            "For structured output raise the limit or make the schema smaller: JSON "
            "that is cut off fails later, as a parse error."
        ),
        (
            "For streams look at proxies with idle time-outs between the application "
            "and the provider."
        ),
    ),
    required=(PROVIDER, MODEL, FINISH_REASON, OUTPUT_TOKENS),
    further=(
        AGENT_NAME,
        GEN_AI_PROVIDER_NAME,
        GEN_AI_REQUEST_MODEL,
        SERVER_ADDRESS,
        HTTP_RESPONSE_STATUS_CODE,
    ),
    priority="P2",
    alert=ONE_IN_TWENTY,
)

SERVICE_LLM_MALFORMED = FailurePoint(
    id="service.llm.malformed",
    title="The answer is not the provider's",
    category="LLM",
    level=Level.ERROR,
    fault=Fault.DEPENDENCY,
    impact=Impact("HIGH", "no usable answer"),
    when=(
        "A call was answered with 200 and a body that is not the provider's: a "
        "gateway's HTML, half a JSON, an unknown event."
    ),
    resolution_steps=(
        (
            "Look at what answers at <server.address>: `curl -i` the base URL. HTML "
            "means a proxy, a sign-in page of the network, or a wrong path."
        ),
        "Check the SDK's `base_url`: with or without `/v1`.",
        "Check that nothing in between compresses or rewrites event streams.",
    ),
    required=(PROVIDER, MODEL, CONTENT_TYPE),
    further=(
        ERROR_TYPE,
        AGENT_NAME,
        GEN_AI_PROVIDER_NAME,
        GEN_AI_REQUEST_MODEL,
        SERVER_ADDRESS,
        HTTP_RESPONSE_STATUS_CODE,
    ),
    priority="P2",
    alert=ONE_IN_A_HUNDRED,
)

SERVICE_LLM_RETRIED = FailurePoint(
    id="service.llm.retried",
    title="A model call needed several attempts",
    category="LLM",
    level=Level.INFO,
    fault=Fault.DEPENDENCY,
    impact=Impact("LOW", "the answer came later than it should"),
    when=(
        "The client retried and then succeeded: one event for each call, with the "
        "number of attempts."
    ),
    resolution_steps=(
        "Watch the rate: retries that become more announce the outage.",
        "Compare it with the quota and the concurrency of the account.",
    ),
    required=(PROVIDER, MODEL, ATTEMPTS, RETRY_DELAY),
    further=(
        ERROR_CODE,
        AGENT_NAME,
        GEN_AI_PROVIDER_NAME,
        GEN_AI_REQUEST_MODEL,
        SERVER_ADDRESS,
        HTTP_RESPONSE_STATUS_CODE,
    ),
    priority="P3",
)

SERVICE_EVENT_LOOP_BLOCKED = FailurePoint(
    id="service.event_loop.blocked",
    title="The event loop is blocked",
    category="SERVICE",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "every user of this worker waits"),
    when="The event loop did not run for longer than the threshold.",
    resolution_steps=(
        "Move the call in <blocking_frame> to a thread, or use its async twin.",
        "Look for synchronous clients, large JSON, CPU work, `time.sleep`.",
    ),
    required=(BLOCKED_SECONDS, THRESHOLD, BLOCKING_FRAME),
    further=(TASK_NAME,),
    priority="P3",
    alert=ONE_IN_TWENTY,
)

POINTS: tuple[FailurePoint, ...] = (
    SERVICE_LLM_FAILED,
    SERVICE_CLOUD_RUN_FAILED,
    SERVICE_VPC_CONNECTOR_FAILED,
    SERVICE_SUPERVISOR_UNAVAILABLE,
    SERVICE_THREAD_UNAVAILABLE,
    SERVICE_CIRCUIT_BREAKER_OPENED,
    SERVICE_CIRCUIT_BREAKER_HALF_OPEN,
    SERVICE_CIRCUIT_BREAKER_CLOSED,
    SERVICE_HEALTH_DEGRADED,
    SERVICE_DEPENDENCY_MAP,
    SERVICE_STARTUP_VALIDATION,
    SERVICE_CROSS_SERVICE_TIMEOUT,
    SERVICE_VERSION_INCOMPATIBLE,
    SERVICE_LB_HEALTH_CHECK_FAILED,
    SERVICE_MESH_FAILED,
    SERVICE_AUTOSCALING_EVENT,
    SERVICE_DISCOVERY_REGISTRATION_FAILED,
    SERVICE_LLM_EMPTY_ANSWER,
    SERVICE_LLM_FILTERED,
    SERVICE_LLM_TRUNCATED,
    SERVICE_LLM_MALFORMED,
    SERVICE_LLM_RETRIED,
    SERVICE_EVENT_LOOP_BLOCKED,
)
