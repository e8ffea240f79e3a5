"""Ways to fail between the user and the server: they block the chat."""

from __future__ import annotations

from gp_otel.catalogue.fields import (
    ACTION_TAKEN,
    ACTIVE_CONNECTIONS,
    ACTIVE_OPERATIONS,
    ATTEMPT_NUMBER,
    AVG_RESPONSE_TIME,
    CLIENT_HOST,
    CLIENT_PROTOCOLS,
    CONNECTION_DURATION,
    CONNECTION_ID,
    CRITICAL_EVENTS,
    DELAY_APPLIED,
    DISCONNECT_REASON,
    DURATION_SECONDS,
    ERROR_CODE,
    ERROR_DETAILS,
    ERROR_TYPE,
    FACTORY_ERROR,
    FACTORY_TYPE,
    FAILED_EVENT,
    HEADERS_AVAILABLE,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
    INFRASTRUCTURE_RESOLUTION,
    LAST_EVENT,
    LIFECYCLE_EVENT,
    MESSAGE_SIZE,
    MISSING_HEADERS,
    MITIGATION_STRATEGY,
    MONITORING_ACTION,
    PHASE,
    REQUESTED_MODE,
    RESOLUTION_GUIDANCE,
    RESPONSE_TIME,
    RETRY_ATTEMPTED,
    SERVICE,
    SIZE_LIMIT,
    SUPPORTED_FORMATS,
    SUPPORTED_MODES,
    THRESHOLD,
    TIMEOUT_DURATION,
    TIMESTAMP,
    TOTAL_CONNECTIONS_TODAY,
    USER_ID,
    WAITED_SECONDS,
    WEBSOCKET_CLOSE_CODE,
    WEBSOCKET_STATE,
)
from gp_otel.failure import (
    AT_ONCE,
    MANY_CLIENTS,
    ONE_IN_A_HUNDRED,
    ONE_IN_TWENTY,
    Alias,
    FailurePoint,
    Fault,
    Impact,
    Level,
)

WEBSOCKET_INTERNAL_ERROR = FailurePoint(
    id="websocket.internal_error",
    title="The connection broke on an internal error",
    category="WEBSOCKET",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "connection failed completely"),
    when=(
        "The application closed with 1011, or an exception left the endpoint: the "
        "client then sees the connection drop without a close frame (1006), or HTTP "
        "500 before accept."
    ),
    not_when=(
        "A disconnect or a cancellation that leaves the endpoint, or a keep-alive that "
        "ran out: then the peer was lost."
    ),
    resolution_steps=(
        (
            "Open the exception in the record: the close code alone says nothing about "
            "the cause."
        ),
        (
            "If the reason says that a service was not ready, look at the order of the "
            "start and at the readiness probes instead."
        ),
        (
            "If the reason is `keepalive ping timeout`, look for calls that block the "
            "event loop (`PYTHONASYNCIODEBUG=1` warns of slow callbacks) and for tabs "
            "in the background."
        ),
        (
            "Reproduce it with `websocat -v` or `python -m websockets` and the same "
            "subprotocol."
        ),
    ),
    required=(CONNECTION_ID, ERROR_TYPE, DURATION_SECONDS),
    further=(CLIENT_HOST, HTTP_ROUTE, HTTP_RESPONSE_STATUS_CODE, WEBSOCKET_CLOSE_CODE),
    priority="P1",
    alert=AT_ONCE,
    report_row="2.E1",
)

WEBSOCKET_CONNECTION_TRACKED = FailurePoint(
    id="websocket.connection.tracked",
    title="A connection opened or closed",
    category="WEBSOCKET",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact("LOW", "a connection opened or closed (audit)"),
    when="A WebSocket was accepted or has ended.",
    required=(CONNECTION_ID, LIFECYCLE_EVENT, DURATION_SECONDS),
    further=(CLIENT_HOST, HTTP_ROUTE, WEBSOCKET_CLOSE_CODE),
    priority="P3",
    report_row="2.E2",
)

WEBSOCKET_AUTH_FAILED = FailurePoint(
    id="websocket.auth.failed",
    title="The connection was refused for want of a sign-in",
    category="WEBSOCKET",
    level=Level.CRITICAL,
    fault=Fault.CLIENT,
    impact=Impact("CRITICAL", "chat blocked for the user"),
    when=(
        "The application closed with 4401, 4403 or HTTP 401 or 403, or with 1008 or "
        "before accept after a token was found wanting."
    ),
    not_when=(
        "1008 or a close before accept without a verdict on a token: an unknown route, "
        "a query that does not validate."
    ),
    resolution_steps=(
        "Follow the auth.jwt.* record with the same <connection_id> for the reason.",
        (
            "Look at the order: accept first and close with a code that the client can "
            "read. Closing before accept gives it a bare 403."
        ),
        (
            "Stop the client from reconnecting in a tight loop on 1008: it needs a new "
            "token first."
        ),
    ),
    required=(CONNECTION_ID, ERROR_CODE),
    further=(
        CLIENT_HOST,
        HEADERS_AVAILABLE,
        HTTP_ROUTE,
        HTTP_RESPONSE_STATUS_CODE,
        WEBSOCKET_CLOSE_CODE,
    ),
    priority="P1",
    alert=MANY_CLIENTS,
    report_row="2.E3",
)

WEBSOCKET_MANAGER_CREATE_FAILED = FailurePoint(
    id="websocket.manager.create_failed",
    title="No connection manager could be made",
    category="WEBSOCKET",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("HIGH", "fallback needed"),
    when=(
        "The manager factory that settings name raised, returned nothing, or returned "
        "its emergency substitute."
    ),
    resolution_steps=(
        (
            "Read <factory_error>: the check of the user's context fails more often "
            "than the manager itself."
        ),
        (
            "Check that the kinds of ids that are passed (run, thread) are those that "
            "the check expects."
        ),
        (
            "If a substitute was handed out, treat the connection as degraded, and "
            "reconnect after the fix."
        ),
    ),
    required=(CONNECTION_ID, FACTORY_ERROR),
    further=(FACTORY_TYPE, SERVICE),
    priority="P1",
    alert=AT_ONCE,
    report_row="2.E4",
    aliases=(Alias("service.ws_manager.failed", "5.E2"),),
)

WEBSOCKET_SUBPROTOCOL_UNSUPPORTED = FailurePoint(
    id="websocket.subprotocol.unsupported",
    title="No common subprotocol",
    category="WEBSOCKET",
    level=Level.WARNING,
    fault=Fault.CLIENT,
    impact=Impact("HIGH", "the client cannot pass its token"),
    when=(
        "The client offered subprotocols, and the server accepted without choosing "
        "one: a strict client then drops the connection itself."
    ),
    resolution_steps=(
        (
            "Compare <client_protocols> with <supported_formats>: a trailing space or "
            "another prefix is the usual cause."
        ),
        "Echo exactly one of the offered values in `accept()`.",
        (
            "Encode a token as base64url without padding: `=` and `/` are not allowed "
            "in a subprotocol's name."
        ),
    ),
    required=(CLIENT_PROTOCOLS, SUPPORTED_FORMATS),
    further=(CLIENT_HOST, HTTP_ROUTE),
    priority="P2",
    alert=MANY_CLIENTS,
    report_row="2.E5",
)

WEBSOCKET_LB_HEADERS_STRIPPED = FailurePoint(
    id="websocket.lb.headers_stripped",
    title="The load balancer drops headers",
    category="WEBSOCKET",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "sign-in impossible behind the load balancer"),
    when=(
        "Handshakes that came through a proxy lack headers that settings expect on a "
        "route that needs them, several times within a while and without a success "
        "between."
    ),
    not_when=(
        "A single client without a token: a success in the meantime shows that the "
        "balancer passes the headers."
    ),
    resolution_steps=(
        (
            "Send a probe with a header of your own, once straight to the service and "
            "once through the balancer, and compare what arrives. Missing were "
            "<missing_headers>."
        ),
        (
            "Google Cloud: look at the backend service's custom request headers, the "
            "URL map's header actions and IAP. nginx: look at `underscores_in_headers` "
            "and at `proxy_set_header` for `Upgrade` and `Connection`."
        ),
        (
            "Move the token to `Sec-WebSocket-Protocol` or to a cookie: balancers pass "
            "both on an upgrade."
        ),
    ),
    required=(MISSING_HEADERS, INFRASTRUCTURE_RESOLUTION),
    further=(HEADERS_AVAILABLE, CLIENT_HOST, HTTP_ROUTE),
    says={
        INFRASTRUCTURE_RESOLUTION.name: (
            "let the load balancer or proxy pass these headers on WebSocket upgrades"
        ),
    },
    priority="P2",
    alert=AT_ONCE,
    report_row="2.1",
)

WEBSOCKET_HANDSHAKE_RACE = FailurePoint(
    id="websocket.handshake.race",
    title="The handshake lost a race",
    category="WEBSOCKET",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "the first messages are lost or refused"),
    when=(
        "Something was sent or received before the connection was accepted, or after "
        "it was closed."
    ),
    resolution_steps=(
        (
            "Do all waiting of the start before `accept()`; or accept first, and queue "
            "what is to be sent until the state is CONNECTED."
        ),
        (
            "Check the readiness probe and the minimum of instances, so that traffic "
            "arrives after the start (Cloud Run: a startup probe and `--min-instances "
            "1`)."
        ),
        "Wait for the state instead of sleeping: a fixed delay only moves the race.",
    ),
    required=(ATTEMPT_NUMBER, DELAY_APPLIED, MITIGATION_STRATEGY),
    further=(WEBSOCKET_STATE, HTTP_ROUTE),
    says={
        MITIGATION_STRATEGY.name: (
            "none of ours: gp-otel only reports it; the application has to wait for "
            "the accepted state"
        ),
    },
    priority="P3",
    alert=ONE_IN_TWENTY,
    report_row="2.2",
)

WEBSOCKET_EVENT_DELIVERY_FAILED = FailurePoint(
    id="websocket.event.delivery_failed",
    title="An event did not reach the user",
    category="WEBSOCKET",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "user sees nothing happening"),
    when=(
        "A send failed because the peer was lost, because the connection was already "
        "gone, or because the payload cannot be written as JSON; or the emitter that "
        "settings name said so."
    ),
    not_when=(
        "The peer sent a close frame, or a background event came after the "
        "application's own close."
    ),
    resolution_steps=(
        (
            "Check whether the connection was closed before (websocket.disconnect.* "
            "with the same <connection_id>): then replay the run's events on "
            "reconnect."
        ),
        (
            "If <error_details> is a TypeError, make the payload safe for JSON before "
            "sending: enums, datetimes, sets."
        ),
        (
            "If there was no connection at all, compare the user id that is used for "
            "sending with the one that was registered at connect."
        ),
        (
            "With several replicas, check that the process that sends holds the "
            "connection, or that events are fanned out (Redis, for one)."
        ),
    ),
    required=(FAILED_EVENT, ERROR_DETAILS, RETRY_ATTEMPTED),
    further=(WEBSOCKET_STATE, MESSAGE_SIZE, WEBSOCKET_CLOSE_CODE),
    priority="P1",
    alert=AT_ONCE,
    report_row="2.3",
)

WEBSOCKET_CONNECTION_TIMEOUT = FailurePoint(
    id="websocket.connection.timeout",
    title="The connection timed out",
    category="WEBSOCKET",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "connection lost or never set up"),
    when=(
        "The handshake, the sign-in or the keep-alive of a connection took longer than "
        "its limit."
    ),
    not_when=(
        "A time-out around nothing but `receive()` outside the sign-in: that is the "
        "application's heartbeat."
    ),
    resolution_steps=(
        (
            "Handshake: compare with the time-outs of the proxies. On Google Cloud the "
            "backend service's `timeoutSec` holds for the WebSocket's whole life, and "
            "is 30 seconds by default."
        ),
        (
            "Keep-alive: raise `--ws-ping-timeout`, or find what blocks the event "
            "loop. Browsers answer pings in the background too; proxies may not."
        ),
        (
            "Sign-in: make the client send its token within <timeout_duration> "
            "seconds, or raise the limit for slow mobile links."
        ),
    ),
    required=(TIMEOUT_DURATION, PHASE, RESOLUTION_GUIDANCE),
    further=(CLIENT_HOST, HTTP_ROUTE, WEBSOCKET_CLOSE_CODE),
    says={
        RESOLUTION_GUIDANCE.name: (
            "compare the limit with the proxies' time-outs, then look for what blocks "
            "the event loop"
        ),
    },
    priority="P3",
    alert=ONE_IN_TWENTY,
    report_row="2.4",
)

WEBSOCKET_MESSAGE_TOO_LARGE = FailurePoint(
    id="websocket.message.too_large",
    title="A message is too large",
    category="WEBSOCKET",
    level=Level.WARNING,
    fault=Fault.CLIENT,
    impact=Impact("MEDIUM", "the message is refused and the connection closed"),
    when=(
        "The server refused a frame above its limit (close code 1009), or the "
        "application's own check did."
    ),
    resolution_steps=(
        (
            "Raise `--ws-max-size` (uvicorn, 16 MiB by default) only as far as the "
            "memory for each connection allows."
        ),
        "Upload files over HTTP and send the reference; send long histories in pieces.",
        (
            "Tell the client its limit in the first message, and check there before "
            "sending."
        ),
    ),
    required=(MESSAGE_SIZE, SIZE_LIMIT, ACTION_TAKEN),
    further=(HTTP_ROUTE, WEBSOCKET_CLOSE_CODE),
    says={
        ACTION_TAKEN.name: "the message was refused and the connection closed",
    },
    priority="P3",
    alert=MANY_CLIENTS,
    report_row="2.5",
)

WEBSOCKET_PERFORMANCE_DEGRADED = FailurePoint(
    id="websocket.performance.degraded",
    title="Answers come late",
    category="WEBSOCKET",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "answers come late"),
    when=(
        "The time from a message to the first answer was above the threshold, often "
        "enough in a short time."
    ),
    not_when="A single slow answer.",
    resolution_steps=(
        (
            "Open the record's trace and look at the longest child span: a model call, "
            "a statement or a lock."
        ),
        "Look at the event loop's lag: if it is high, a blocking call is in the loop.",
        "Send a first token or a progress event early, and stream the rest.",
    ),
    required=(RESPONSE_TIME, THRESHOLD, MONITORING_ACTION),
    further=(HTTP_ROUTE,),
    says={
        MONITORING_ACTION.name: (
            "reported and counted; the trace shows where the time went"
        ),
    },
    priority="P2",
    alert=ONE_IN_TWENTY,
    report_row="2.6",
)

WEBSOCKET_MODE_UNSUPPORTED = FailurePoint(
    id="websocket.mode.unsupported",
    title="The requested mode does not exist",
    category="WEBSOCKET",
    level=Level.CRITICAL,
    fault=Fault.CLIENT,
    impact=Impact("CRITICAL", "connection rejected"),
    when=(
        "The mode resolver that settings name refused, or a typed query parameter of a "
        "WebSocket route did not validate."
    ),
    resolution_steps=(
        "Read <requested_mode>: an old client, or a typing error in the query string.",
        (
            "Map modes that were removed to the default for one release, instead of "
            "rejecting them."
        ),
        "Check that all replicas run the same version: a rolling update mixes them.",
    ),
    required=(CONNECTION_ID, REQUESTED_MODE, SUPPORTED_MODES, TIMESTAMP),
    further=(HTTP_ROUTE, WEBSOCKET_CLOSE_CODE),
    priority="P1",
    alert=MANY_CLIENTS,
)

WEBSOCKET_DISCONNECT_UNEXPECTED = FailurePoint(
    id="websocket.disconnect.unexpected",
    title="A connection ended unexpectedly",
    category="WEBSOCKET",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "session interrupted"),
    when=(
        "The peer was lost while something was still owed to it, and no event failed "
        "to be sent for it."
    ),
    not_when=(
        "The peer sent a close frame (1000, 1001, one without a code, 3000 to 4999), "
        "was lost while nothing was owed to it, or one of the delivery failures was "
        "recorded."
    ),
    resolution_steps=(
        (
            "Look at the code in <disconnect_reason>: 1012 is a restart of the server "
            "(a deployment), 1009 the size, 1011 an error, 1005 and 1006 the network "
            "or a client that crashed."
        ),
        (
            "If there are many in the same second, it is a deployment, a scale-in or a "
            "proxy's time-out: compare with the platform's log."
        ),
        (
            "If an agent run was active (<active_operations>), check that it finishes, "
            "and that its result can be fetched after a reconnect."
        ),
    ),
    required=(
        CONNECTION_ID,
        USER_ID,
        DISCONNECT_REASON,
        CONNECTION_DURATION,
        ACTIVE_OPERATIONS,
        TIMESTAMP,
    ),
    further=(CLIENT_HOST, HTTP_ROUTE, WEBSOCKET_CLOSE_CODE),
    priority="P3",
    alert=ONE_IN_TWENTY,
)

WEBSOCKET_ESTABLISHED = FailurePoint(
    id="websocket.established",
    title="A user is connected",
    category="WEBSOCKET",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact("LOW", "a user is connected"),
    when="The first message of the server after accept was sent.",
    required=(CONNECTION_ID, USER_ID, CRITICAL_EVENTS, TIMESTAMP),
    further=(CLIENT_HOST, HTTP_ROUTE),
    priority="P3",
)

WEBSOCKET_METRICS = FailurePoint(
    id="websocket.metrics",
    title="How the connections are doing",
    category="WEBSOCKET",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact("LOW", "how connections are doing"),
    when=(
        "At intervals, from the counters of the connections, where settings ask for it."
    ),
    required=(
        ACTIVE_CONNECTIONS,
        TOTAL_CONNECTIONS_TODAY,
        AVG_RESPONSE_TIME,
        TIMESTAMP,
    ),
    priority="P3",
)

WEBSOCKET_ESTABLISH_FAILED = FailurePoint(
    id="websocket.establish.failed",
    title="The connection could not be confirmed",
    category="WEBSOCKET",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "user gets no confirmation"),
    when=(
        "The first send after accept failed because the peer was lost or the payload "
        "could not be sent."
    ),
    not_when="The peer sent a close frame.",
    resolution_steps=(
        (
            "The client may have left during a slow set-up: measure the time from "
            "accept to the first send."
        ),
        "Check that the greeting is safe for JSON.",
        "Look for a proxy that closes upgraded connections early.",
    ),
    required=(CONNECTION_ID, USER_ID, WEBSOCKET_STATE, MESSAGE_SIZE),
    further=(ERROR_TYPE, PHASE, HTTP_ROUTE, WEBSOCKET_CLOSE_CODE),
    priority="P1",
    alert=AT_ONCE,
)

WEBSOCKET_REPLY_MISSING = FailurePoint(
    id="websocket.reply.missing",
    title="The user asked and got no answer",
    category="WEBSOCKET",
    level=Level.ERROR,
    fault=Fault.SERVER,
    impact=Impact("HIGH", "the user asked and got no answer"),
    when=(
        "A message was received, or a chat request opened, and nothing that counts as "
        "an answer was sent by the deadline in settings (60 seconds by default), or "
        "its run ended without one."
    ),
    not_when=(
        "The connection's endpoint goes back to waiting by itself: applications with a "
        "reader task do so at every message."
    ),
    resolution_steps=(
        (
            "Follow the records with the same <run_id> and <connection_id>: the last "
            "one before the silence names the layer."
        ),
        (
            "If there is none, look for a handler that swallows: `gp-otel audit` on "
            "the module of the route."
        ),
        "Look whether the task that reads the socket is still alive.",
    ),
    required=(WAITED_SECONDS, LAST_EVENT, CONNECTION_ID),
    further=(HTTP_ROUTE,),
    priority="P1",
    alert=ONE_IN_A_HUNDRED,
)

POINTS: tuple[FailurePoint, ...] = (
    WEBSOCKET_INTERNAL_ERROR,
    WEBSOCKET_CONNECTION_TRACKED,
    WEBSOCKET_AUTH_FAILED,
    WEBSOCKET_MANAGER_CREATE_FAILED,
    WEBSOCKET_SUBPROTOCOL_UNSUPPORTED,
    WEBSOCKET_LB_HEADERS_STRIPPED,
    WEBSOCKET_HANDSHAKE_RACE,
    WEBSOCKET_EVENT_DELIVERY_FAILED,
    WEBSOCKET_CONNECTION_TIMEOUT,
    WEBSOCKET_MESSAGE_TOO_LARGE,
    WEBSOCKET_PERFORMANCE_DEGRADED,
    WEBSOCKET_MODE_UNSUPPORTED,
    WEBSOCKET_DISCONNECT_UNEXPECTED,
    WEBSOCKET_ESTABLISHED,
    WEBSOCKET_METRICS,
    WEBSOCKET_ESTABLISH_FAILED,
    WEBSOCKET_REPLY_MISSING,
)
