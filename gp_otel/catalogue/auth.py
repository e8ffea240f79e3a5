"""Ways to fail before anybody is known: they block all access."""

from __future__ import annotations

from gp_otel.catalogue.fields import (
    ACTUAL_ROLE,
    ATTEMPT_COUNT,
    ATTEMPTED_ROLE,
    AUTH_METHOD,
    CLIENT_HOST,
    CLIENT_IP,
    CONNECTION_ID,
    CURRENT_ROLE,
    DB_NAMESPACE,
    DB_OPERATION_NAME,
    DB_SYSTEM_NAME,
    DEMO_USER_ID,
    DEVICE_COUNT,
    ERROR_CODE,
    ERROR_TYPE,
    HEADERS_AVAILABLE,
    HOST,
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
    IP_CHANGE,
    OPERATION,
    PLACES_SEARCHED,
    PROVIDER,
    REDIRECT_URI,
    REQUIRED_ROLE,
    RESOLUTION_STEPS,
    SECURITY_AUDIT,
    SERVER_ADDRESS,
    SERVER_PORT,
    SERVICE,
    SERVICE_URL,
    SESSION_CONFLICTS,
    SESSION_ID,
    SQLSTATE,
    TIMEOUT_DURATION,
    TIMESTAMP,
    URL_PATH,
    USER_AGENT_CHANGE,
    USER_ID,
    WEBSOCKET_CLOSE_CODE,
    WINDOW,
)
from gp_otel.failure import (
    AT_ONCE,
    MANY_CLIENTS,
    ONE_IN_TWENTY,
    Alias,
    FailurePoint,
    Fault,
    Impact,
    Level,
)

AUTH_JWT_INVALID = FailurePoint(
    id="auth.jwt.invalid",
    title="The token is not valid",
    category="AUTH",
    level=Level.CRITICAL,
    fault=Fault.CLIENT,
    impact=Impact("CRITICAL", "user cannot authenticate"),
    when=(
        "A token was verified and refused: wrong signature, algorithm, audience or "
        "issuer, not yet valid, a missing claim, or no token at all by its form. It "
        "counts once nothing else can save it: the request or connection was refused, "
        "or five seconds passed."
    ),
    not_when=(
        "A later key or method verified a token on the same connection or request "
        "(keys in rotation). Keys that could not be fetched are an outage of the auth "
        "service, and an empty token is a missing one."
    ),
    resolution_steps=(
        (
            "Compare the signing secret or key id of issuer and verifier. Compare "
            "hashes, not values: `printenv JWT_SECRET_KEY | sha256sum` in each "
            "container."
        ),
        (
            "Decode the token's header without verifying it, and compare `alg` and "
            "`kid` with the `algorithms=` list and the published keys (JWKS)."
        ),
        (
            "If only some users fail, compare the time of issue with the last key "
            "rotation. Keep the old key for verifying until the longest token life is "
            "over."
        ),
        (
            "Compare the `aud` and `iss` settings with the environment that issued the "
            "token: a staging token on production is the usual mistake."
        ),
    ),
    required=(CONNECTION_ID, ERROR_TYPE),
    further=(CLIENT_HOST, HTTP_ROUTE, WEBSOCKET_CLOSE_CODE),
    priority="P1",
    alert=MANY_CLIENTS,
    report_row="1.E1",
)

AUTH_JWT_EXPIRED = FailurePoint(
    id="auth.jwt.expired",
    title="The token has expired",
    category="AUTH",
    level=Level.CRITICAL,
    fault=Fault.CLIENT,
    impact=Impact("CRITICAL", "user must sign in again"),
    when=(
        "A token was verified and its `exp` has passed, and the request or connection "
        "was refused for it: the user must sign in again, re-authentication is needed."
    ),
    not_when="A later token was verified on the same connection or request.",
    resolution_steps=(
        (
            "Re-authentication is needed: have the client refresh the token before "
            "`exp`, at 80 % of its life, and retry the handshake once after a refresh."
        ),
        (
            "If tokens expire as soon as they are issued, compare the clocks (`chronyc "
            "tracking` on issuer and verifier) and set `leeway=` to a few seconds."
        ),
        (
            "Compare `exp - iat` with the life that is configured: minutes taken for "
            "seconds show here."
        ),
    ),
    required=(CONNECTION_ID,),
    further=(CLIENT_HOST, HTTP_ROUTE, WEBSOCKET_CLOSE_CODE),
    priority="P1",
    alert=MANY_CLIENTS,
)

AUTH_JWT_MISSING = FailurePoint(
    id="auth.jwt.missing",
    title="The token is missing",
    category="AUTH",
    level=Level.CRITICAL,
    fault=Fault.CLIENT,
    impact=Impact("CRITICAL", "sign-in to answer flow blocked"),
    when=(
        "A request or a WebSocket handshake came without a token where one is needed, "
        "and was refused. An empty token counts as missing."
    ),
    not_when=(
        "The route is unknown, or a token is not expected there: on a WebSocket it "
        "counts only on a matched route whose place for the token is known, from "
        "settings or from an earlier success."
    ),
    resolution_steps=(
        (
            "Look at what arrived: <headers_available> lists the names of the headers. "
            "If `authorization` is missing but `via` or `x-forwarded-for` is there, go "
            "to websocket.lb.headers_stripped."
        ),
        (
            "Browsers cannot set headers on a WebSocket: send the token as a "
            "subprotocol and echo the accepted one, or use a cookie or a short-lived "
            "ticket in the query."
        ),
        (
            "Check that the client waits for its token before it connects: after a "
            "page reload it may still be loading."
        ),
    ),
    required=(CONNECTION_ID, RESOLUTION_STEPS),
    further=(
        PLACES_SEARCHED,
        HEADERS_AVAILABLE,
        CLIENT_HOST,
        HTTP_ROUTE,
        URL_PATH,
        WEBSOCKET_CLOSE_CODE,
    ),
    priority="P1",
    alert=MANY_CLIENTS,
    report_row="1.1",
)

AUTH_SERVICE_UNAVAILABLE = FailurePoint(
    id="auth.service.unavailable",
    title="The auth service does not answer",
    category="AUTH",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "authentication blocked for all"),
    when=(
        "A call to the service that settings name `auth` was refused, timed out or was "
        "answered by a 5xx; or the keys for verifying tokens could not be fetched from "
        "it."
    ),
    not_when="A retry of the client succeeded.",
    resolution_steps=(
        (
            "From inside the calling container, not from your laptop: `curl -m 5 -sS "
            "<service_url>`."
        ),
        (
            "Compare <timeout_duration> with the auth service's 99th percentile: "
            "connect time-outs of half a second fail on a cold start."
        ),
        (
            "Check that both sides hold the same version of the service credentials: a "
            "401 or 403 between services looks like an outage here."
        ),
        (
            "If a breaker in front of it is open, wait for its reset time, or restart "
            "the caller after the fix."
        ),
    ),
    required=(SERVICE, SERVICE_URL, TIMEOUT_DURATION),
    further=(
        SERVER_ADDRESS,
        SERVER_PORT,
        HTTP_REQUEST_METHOD,
        HTTP_RESPONSE_STATUS_CODE,
        URL_PATH,
    ),
    priority="P1",
    alert=AT_ONCE,
    report_row="1.E2",
    aliases=(Alias("service.auth.unavailable", "5.E1"),),
)

AUTH_USER_LOOKUP_FAILED = FailurePoint(
    id="auth.user_lookup.failed",
    title="The user cannot be looked up",
    category="AUTH",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "authentication cannot complete"),
    when=(
        "A database failed while a security dependency was being solved, or while the "
        "callable that settings name as the user look-up ran."
    ),
    resolution_steps=(
        (
            "Run the look-up by hand with the application's role and search path: "
            "`select 1 from users where id = …`."
        ),
        (
            "Look for database.pool.exhausted or database.postgres.connection_failed "
            "with the same trace, and fix that first."
        ),
        (
            "If only new users fail, look at how users are created: a unique e-mail "
            "address, a migration that is missing."
        ),
    ),
    required=(SERVICE, HOST),
    further=(
        ERROR_TYPE,
        SQLSTATE,
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
    ),
    priority="P1",
    alert=AT_ONCE,
    report_row="1.E3",
)

AUTH_SUCCESS = FailurePoint(
    id="auth.success",
    title="A user signed in",
    category="AUTH",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact("LOW", "a user signed in (audit)"),
    when=(
        "A token was verified and the request or connection went on, or the "
        "authenticator that settings name succeeded."
    ),
    required=(CONNECTION_ID, AUTH_METHOD),
    further=(CLIENT_HOST, HTTP_ROUTE),
    priority="P3",
    report_row="1.E4",
)

AUTH_DEMO_MODE_BYPASS = FailurePoint(
    id="auth.demo_mode.bypass",
    title="Somebody is in without signing in",
    category="AUTH",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("HIGH", "somebody is in without signing in"),
    when=(
        "The bypass that settings name let somebody in, or a connection was accepted "
        "without a token while a demo flag is set."
    ),
    not_when="The flag is off, or the environment is declared a demo in settings.",
    resolution_steps=(
        (
            "Confirm that the environment is meant to have it: `printenv DEMO_MODE "
            "ENVIRONMENT`. The default must be off."
        ),
        (
            "List the routes that took the bypass in the last hour, with the "
            "addresses: a public address is an incident."
        ),
        (
            "Make the application refuse to start with the flag in production, instead "
            "of ignoring it there."
        ),
    ),
    required=(DEMO_USER_ID, TIMESTAMP, SECURITY_AUDIT),
    further=(CLIENT_HOST, HTTP_ROUTE, URL_PATH),
    says={
        SECURITY_AUDIT.name: (
            "nobody verified who this is: keep the record, and check the route and the "
            "address"
        ),
    },
    priority="P3",
    alert=ONE_IN_TWENTY,
    report_row="1.2",
)

AUTH_OAUTH_PROVIDER_FAILED = FailurePoint(
    id="auth.oauth.provider_failed",
    title="The sign-in provider fails",
    category="AUTH",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "sign-in by provider impossible"),
    when=(
        "The provider could not be reached, answered with a 5xx, or refused the "
        "application itself (`invalid_client`)."
    ),
    not_when=(
        "The user pressed Cancel, an old tab, a scanner (`error=access_denied`, a "
        "state that does not match): that is auth.oauth.refused."
    ),
    resolution_steps=(
        (
            "Read <error_code>. `invalid_grant`: the code was used twice, or a clock "
            "is wrong. `invalid_client`: the secret was rotated. "
            "`redirect_uri_mismatch`: copy <redirect_uri> into the provider's console, "
            "to the letter."
        ),
        (
            "If the state does not match, look at the session cookie: SameSite, "
            "domain, several replicas without a shared session store."
        ),
        (
            "Look at the provider's status page, and whether the callback is called "
            "twice (a browser that fetches ahead)."
        ),
    ),
    required=(PROVIDER, ERROR_CODE, REDIRECT_URI),
    further=(HTTP_RESPONSE_STATUS_CODE, SERVER_ADDRESS, URL_PATH),
    priority="P3",
    alert=AT_ONCE,
    report_row="1.3",
)

AUTH_OAUTH_REFUSED = FailurePoint(
    id="auth.oauth.refused",
    title="The sign-in by provider was refused",
    category="AUTH",
    level=Level.WARNING,
    fault=Fault.CLIENT,
    impact=Impact("LOW", "this user did not sign in this time"),
    when=(
        "The callback carries an error that is the user's or the client's "
        "(`access_denied`, `login_required`, `interaction_required`), or a state that "
        "does not match."
    ),
    resolution_steps=(
        (
            "A few are normal: Cancel, old tabs. If there are many at once, compare "
            "the redirect URI and the cookie settings (SameSite, domain) with the last "
            "deployment."
        ),
        (
            "If the state mismatches only behind one proxy, check that the session "
            "cookie survives the redirect."
        ),
    ),
    required=(PROVIDER, ERROR_CODE),
    further=(REDIRECT_URI, URL_PATH, CLIENT_HOST),
    priority="P3",
    alert=MANY_CLIENTS,
)

AUTH_RATE_LIMIT_EXCEEDED = FailurePoint(
    id="auth.rate_limit.exceeded",
    title="A client exceeds its rate limit",
    category="AUTH",
    level=Level.WARNING,
    fault=Fault.CLIENT,
    impact=Impact("MEDIUM", "this client is locked out for the window"),
    when="A rate limiter refused a request, or the application answered 429.",
    resolution_steps=(
        (
            "Group by <client_ip> and by user: one address is a client that misbehaves "
            "or an attack; many addresses on one account are stolen passwords being "
            "tried."
        ),
        (
            "If all share one address, the proxy's header is not trusted: set "
            "`--forwarded-allow-ips` (uvicorn), so that the real client is counted."
        ),
        (
            "Raise the limit only with the endpoint's cost in view, and answer with "
            "`Retry-After`."
        ),
    ),
    required=(CLIENT_IP, ATTEMPT_COUNT, WINDOW),
    further=(HTTP_ROUTE, URL_PATH),
    priority="P3",
    alert=MANY_CLIENTS,
    report_row="1.4",
)

AUTH_SESSION_HIJACK_SUSPECTED = FailurePoint(
    id="auth.session.hijack_suspected",
    title="A session may have been taken over",
    category="AUTH",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "account take-over possible"),
    when=(
        "Network and client of one session both changed within a short time. Off until "
        "settings name the trusted proxies, or the application's own detector."
    ),
    not_when=(
        "Only the network changed: a phone that moves between networks keeps its "
        "client."
    ),
    resolution_steps=(
        (
            "Revoke session <session_id>: put its `jti` on the deny list or delete it "
            "on the server, and force re-authentication."
        ),
        (
            "Compare the two networks (provider, country): a phone changes its "
            "address, but not its client."
        ),
        (
            "Look for the token in logs, URLs and error reports of the last day. If "
            "more than one leaked, rotate the signing key."
        ),
    ),
    required=(SESSION_ID, IP_CHANGE, USER_AGENT_CHANGE),
    further=(CLIENT_HOST,),
    priority="P3",
    alert=AT_ONCE,
    report_row="1.5",
)

AUTH_PERMISSION_DENIED = FailurePoint(
    id="auth.permission.denied",
    title="The user lacks the permission",
    category="AUTH",
    level=Level.WARNING,
    fault=Fault.CLIENT,
    impact=Impact("MEDIUM", "the user may not do what was asked"),
    when="A dependency or an endpoint answered 403, or a required scope was missing.",
    resolution_steps=(
        (
            "Compare the role in the token (<actual_role>) with the one in the "
            "database: with an old token the user has to sign in again."
        ),
        "If a whole team lost access, look at the last change of the role map.",
        (
            "If <operation> should be open, fix the dependency on that route rather "
            "than the user's role."
        ),
    ),
    required=(USER_ID, OPERATION, REQUIRED_ROLE, ACTUAL_ROLE, TIMESTAMP),
    further=(HTTP_ROUTE, URL_PATH),
    priority="P3",
    alert=MANY_CLIENTS,
)

AUTH_ROLE_ESCALATION_ATTEMPT = FailurePoint(
    id="auth.role.escalation_attempt",
    title="Somebody reaches for a role not granted",
    category="AUTH",
    level=Level.CRITICAL,
    fault=Fault.CLIENT,
    impact=Impact("CRITICAL", "somebody tries to act with rights not granted"),
    when=(
        "The callable that settings name as the role change refused it, or the "
        "application reports it."
    ),
    resolution_steps=(
        (
            "Freeze the account's sessions, and look at all its requests of the last "
            "hour by <user_id>."
        ),
        (
            "Check whether the role came from the client anywhere: a request's body, a "
            "claim that is not signed."
        ),
        "Go through the last role changes in the audit table.",
    ),
    required=(ATTEMPTED_ROLE, CURRENT_ROLE, USER_ID, TIMESTAMP),
    further=(HTTP_ROUTE, URL_PATH, CLIENT_HOST),
    priority="P1",
    alert=MANY_CLIENTS,
)

AUTH_MULTI_DEVICE_CONFLICT = FailurePoint(
    id="auth.multi_device.conflict",
    title="The user is signed in elsewhere too",
    category="AUTH",
    level=Level.INFO,
    fault=Fault.SERVER,
    impact=Impact(
        "LOW", "the user is signed in elsewhere too; one session may be closed"
    ),
    when=(
        "The session store, named in settings, found sessions of the same user that "
        "stand in each other's way."
    ),
    resolution_steps=(
        "Show users the list of their devices, and let them end the others.",
        "Check whether the rotation of refresh tokens logs the second device out.",
    ),
    required=(DEVICE_COUNT, SESSION_CONFLICTS),
    further=(SESSION_ID,),
    priority="P3",
)

POINTS: tuple[FailurePoint, ...] = (
    AUTH_JWT_INVALID,
    AUTH_JWT_EXPIRED,
    AUTH_JWT_MISSING,
    AUTH_SERVICE_UNAVAILABLE,
    AUTH_USER_LOOKUP_FAILED,
    AUTH_SUCCESS,
    AUTH_DEMO_MODE_BYPASS,
    AUTH_OAUTH_PROVIDER_FAILED,
    AUTH_OAUTH_REFUSED,
    AUTH_RATE_LIMIT_EXCEEDED,
    AUTH_SESSION_HIJACK_SUSPECTED,
    AUTH_PERMISSION_DENIED,
    AUTH_ROLE_ESCALATION_ATTEMPT,
    AUTH_MULTI_DEVICE_CONFLICT,
)
