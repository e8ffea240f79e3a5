"""Ways to fail at the stores: they lose conversations."""

from __future__ import annotations

from gp_otel.catalogue.fields import (
    ACTIVE_CONNECTIONS,
    AFFECTED_RECORDS,
    AFFECTED_TABLES,
    AGENT_NAME,
    ANALYTICS_IMPACT,
    BACKUP_SIZE,
    BACKUP_TYPE,
    BLOCKING_PROCESS,
    CACHE_KEY,
    CAPACITY_PROJECTION,
    CLEANUP_ACTION,
    COMMIT_DURATION,
    CONNECTION_ERROR,
    CONTEXT_LOSS_RISK,
    CORRUPTION_TYPE,
    CURRENT_ACTIVE,
    DATA_AT_RISK,
    DATA_COLLECTION_IMPACT,
    DATA_CONSISTENCY_RISK,
    DATA_SIZE,
    DB_COLLECTION_NAME,
    DB_NAMESPACE,
    DB_OPERATION_NAME,
    DB_QUERY_SUMMARY,
    DB_RESPONSE_STATUS_CODE,
    DB_SYSTEM_NAME,
    DESTINATION,
    DURATION,
    DURATION_SECONDS,
    ENGINE_NAME,
    ERROR_CODE,
    ERROR_DETAILS,
    ERROR_TYPE,
    EXIT_CAUSE,
    FAILED,
    FAILED_TIER,
    FAILURE_POINT,
    FALLBACK_STRATEGY,
    FALLBACK_TIER,
    FALLBACK_USED,
    GEN_AI_AGENT_NAME,
    GOLDEN_PATH_IMPACT,
    GROWTH_RATE,
    HISTORY_LOSS_RISK,
    HOST,
    HTTP_RESPONSE_STATUS_CODE,
    INCONSISTENCY_TYPE,
    INTEGRITY_CHECK,
    LOCK_TYPE,
    MESSAGE_TYPE,
    MIGRATION_ID,
    OPERATION,
    OPERATION_TYPE,
    PARTIAL_SAVE,
    PERFORMANCE_IMPACT,
    POOL_SIZE,
    QUARANTINE_ACTION,
    QUERY_TIME,
    QUERY_TYPE,
    RESOLUTION_PLAN,
    RESTORE_TEST,
    RESULT_SIZE,
    RETENTION_PERIOD,
    RETRY_STATUS,
    ROLLBACK_DURATION,
    ROLLBACK_ERROR,
    ROLLBACK_STATUS,
    ROWS_AFFECTED,
    RUN_ID,
    SAVE_ERROR,
    SENT,
    SERVER_ADDRESS,
    SERVER_PORT,
    SESSION_DURATION,
    SESSION_ID,
    SQLSTATE,
    STORAGE_USAGE,
    THREAD_ID,
    THRESHOLD,
    TIER1,
    TIER2,
    TIER_FAILURES,
    TIMEOUT_DURATION,
    TIMESTAMP,
    TOTAL_CAPACITY,
    TOTAL_DURATION,
    TRANSACTION_ID,
    URL_ERROR,
    URL_PATH,
    USER_ID,
    VIOLATION_COUNT,
    WAITING_REQUESTS,
    WAITING_TIME,
)
from gp_otel.failure import (
    AT_ONCE,
    ONE_IN_A_HUNDRED,
    ONE_IN_TWENTY,
    Alias,
    FailurePoint,
    Fault,
    Impact,
    Level,
)

DATABASE_QUERY_FAILED = FailurePoint(
    id="database.query.failed",
    title="A statement failed",
    category="DATABASE",
    level=Level.ERROR,
    fault=Fault.DEPENDENCY,
    impact=Impact("HIGH", "what the user asked for was not read or not stored"),
    when=(
        "A statement outside a transaction ended with an error that no other failure "
        "point of the database names."
    ),
    not_when=(
        "Constraint violations (SQLSTATE class 23) and errors that the application's "
        "own SQL raises (P0): these are answers, unless settings ask for them."
    ),
    resolution_steps=(
        (
            "Read <sqlstate> and <error_details>. Syntax and undefined objects (42…): "
            "code and schema do not match, check for a migration that is missing."
        ),
        (
            "Insufficient privilege (42501): compare the role's grants with those of "
            "the deployment."
        ),
        (
            "States of the connection (08…, 57…) belong to the failure points of the "
            "connection: look for a record with the same trace."
        ),
    ),
    required=(OPERATION, SQLSTATE, ERROR_TYPE),
    further=(
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
        DB_QUERY_SUMMARY,
        DB_COLLECTION_NAME,
        DURATION_SECONDS,
    ),
    priority="P2",
    alert=ONE_IN_A_HUNDRED,
    aliases=(Alias("database.error.basic", "4.E1"),),
)

DATABASE_POSTGRES_CONNECTION_FAILED = FailurePoint(
    id="database.postgres.connection_failed",
    title="PostgreSQL cannot be reached",
    category="DATABASE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "user data cannot be stored"),
    when=(
        "A connection to PostgreSQL was refused, timed out, or was turned down by the "
        "server: password, database, too many clients, starting up or shutting down. "
        "Or an established one was lost."
    ),
    not_when="A later attempt of the same connect succeeded.",
    resolution_steps=(
        (
            "`pg_isready -h <host> -p <server.port>`, and `psql` with the "
            "application's own role from the same network."
        ),
        (
            "Read <connection_error>. Refused: the server is down or the port is "
            "wrong. Name error: DNS or the network. 28P01: the password. 53300: too "
            "many clients (`select count(*), state from pg_stat_activity group by 2`, "
            "or use pgbouncer). 57P03: it is starting up or shutting down."
        ),
        (
            "Check that `pool_pre_ping=True` is set, that `pool_recycle` is below the "
            "proxy's idle limit, and that workers fork before the engine is used."
        ),
        (
            "Cloud SQL: check that the connector or the proxy runs, that the IAM token "
            "is valid, and that the instance is not in maintenance."
        ),
    ),
    required=(HOST, CONNECTION_ERROR, RETRY_STATUS, GOLDEN_PATH_IMPACT),
    further=(
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
        SQLSTATE,
        ERROR_TYPE,
    ),
    priority="P1",
    alert=AT_ONCE,
    report_row="4.1",
)

DATABASE_CLICKHOUSE_CONNECTION_FAILED = FailurePoint(
    id="database.clickhouse.connection_failed",
    title="ClickHouse cannot be reached",
    category="CLICKHOUSE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("MEDIUM", "analytics are not collected; chat goes on"),
    when=(
        "A connection or a request to ClickHouse failed, or the server answered with "
        "an error."
    ),
    not_when="A later attempt of the same request succeeded.",
    resolution_steps=(
        (
            "`curl -sS http://<server.address>:8123/ping` (8443 with TLS): `Ok.` or "
            "nothing tells the server from the network."
        ),
        (
            "Code 516 means credentials, 60 a table that is missing, 241 memory, 252 "
            "too many parts: fix that, not the network."
        ),
        (
            "Keep the events locally or in a queue until it is back, and count what "
            "was dropped."
        ),
    ),
    required=(ANALYTICS_IMPACT, CONNECTION_ERROR, DATA_COLLECTION_IMPACT),
    further=(
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
        HOST,
        ERROR_CODE,
        ERROR_TYPE,
    ),
    says={
        ANALYTICS_IMPACT.name: "no analytics are written or read until it is back",
        DATA_COLLECTION_IMPACT.name: (
            "events of this time are lost, unless the application queues them"
        ),
    },
    priority="P2",
    alert=AT_ONCE,
    report_row="4.2",
)

DATABASE_REDIS_UNAVAILABLE = FailurePoint(
    id="database.redis.unavailable",
    title="Redis does not answer",
    category="REDIS",
    level=Level.WARNING,
    fault=Fault.DEPENDENCY,
    impact=Impact("LOW", "slower but works"),
    when=(
        "A command failed because Redis refused, timed out, had no free connection, "
        "was loading, read-only or out of memory."
    ),
    not_when=(
        "The client's own retry succeeded. A wrong command or type is "
        "database.query.failed."
    ),
    resolution_steps=(
        (
            "`redis-cli -h <server.address> -p <server.port> ping`, then `info "
            "clients` and `info memory`."
        ),
        (
            "Out of memory: set `maxmemory-policy`, or find keys without an expiry "
            "(`redis-cli --bigkeys`). Too many connections: keep one pool for each "
            "process, and raise its size."
        ),
        (
            "Check what else lives there (deny lists of tokens, locks, queues) before "
            "you call it a cache."
        ),
    ),
    required=(FALLBACK_STRATEGY, PERFORMANCE_IMPACT),
    further=(
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
        ERROR_TYPE,
    ),
    says={
        FALLBACK_STRATEGY.name: "the application's own; name it in settings",
        PERFORMANCE_IMPACT.name: (
            "what was cached is read from the slower store, or not at all"
        ),
    },
    fallback_available=True,
    priority="P2",
    alert=ONE_IN_TWENTY,
    report_row="4.3",
)

DATABASE_POOL_EXHAUSTED = FailurePoint(
    id="database.pool.exhausted",
    title="The connection pool is exhausted",
    category="DATABASE POOL",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("HIGH", "requests delayed"),
    when=(
        "A caller waited for a connection of the pool until the time-out, or longer "
        "than the watchdog allows."
    ),
    not_when=(
        "The server refused the connection: that is "
        "database.postgres.connection_failed."
    ),
    resolution_steps=(
        (
            "Find who holds them: `select pid, state, now() - xact_start, query from "
            "pg_stat_activity order by 3 desc`."
        ),
        (
            "Look for sessions that are held during a model call or a stream: close "
            "them before waiting for the model."
        ),
        (
            "Size: workers × (pool_size + max_overflow) has to stay below "
            "`max_connections` less the reserve. Beyond that, use pgbouncer."
        ),
        "Look for leaks: sessions without `async with`.",
    ),
    required=(POOL_SIZE, ACTIVE_CONNECTIONS, WAITING_REQUESTS),
    further=(
        TIMEOUT_DURATION,
        DB_SYSTEM_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
    ),
    priority="P1",
    alert=AT_ONCE,
    report_row="4.4",
)

DATABASE_POOL_NEAR_EXHAUSTION = FailurePoint(
    id="database.pool.near_exhaustion",
    title="The connection pool is nearly exhausted",
    category="DATABASE POOL",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "the next requests will wait"),
    when="At least 90 % of the pool's connections are checked out.",
    resolution_steps=(
        (
            "As for database.pool.exhausted, before it hurts: find who holds the "
            "connections."
        ),
        "Raise the pool's size, or shorten the transactions.",
        "Alert on the trend, not on single peaks.",
    ),
    required=(CURRENT_ACTIVE, TOTAL_CAPACITY),
    further=(
        WAITING_REQUESTS,
        DB_SYSTEM_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
    ),
    priority="P3",
    alert=ONE_IN_TWENTY,
)

DATABASE_THREAD_SAVE_FAILED = FailurePoint(
    id="database.thread.save_failed",
    title="A conversation was not saved",
    category="DATABASE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "conversation context lost"),
    when=(
        "An error left the callable that settings name as the save of a conversation, "
        "or it returned what settings call a failure."
    ),
    not_when="A constraint violation that the application handles: an upsert, for one.",
    resolution_steps=(
        (
            "Read <save_error>. 23505, a duplicate: an insert was repeated, make it an "
            "upsert. 23503, no parent: the order of the saves. 40P01, a deadlock: "
            "retry it once. 22P05 or 22021: NUL bytes in the text."
        ),
        (
            "Keep the conversation that was not saved (an outbox table, a local file, "
            "a Redis list), and replay it."
        ),
        (
            "Compare what the client shows with what is stored for <thread_id>, and "
            "tell the user if something is missing."
        ),
    ),
    required=(THREAD_ID, DATA_SIZE, SAVE_ERROR, CONTEXT_LOSS_RISK),
    further=(
        OPERATION,
        SQLSTATE,
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
        DB_COLLECTION_NAME,
    ),
    says={
        CONTEXT_LOSS_RISK.name: (
            "HIGH: what was said since the last save is gone when the process ends"
        ),
    },
    priority="P1",
    alert=AT_ONCE,
    report_row="4.5",
)

DATABASE_MESSAGE_SAVE_FAILED = FailurePoint(
    id="database.message.save_failed",
    title="A message was not saved",
    category="DATABASE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "message history lost"),
    when=(
        "An error left the callable that settings name as the save of a message, or it "
        "returned what settings call a failure."
    ),
    not_when="A constraint violation that the application handles.",
    resolution_steps=(
        (
            "Read <save_error>. 23505, a duplicate: make the insert an upsert. 23503, "
            "no parent: the order of the saves. 40P01, a deadlock: retry it once. "
            "22P05 or 22021: NUL bytes in the text."
        ),
        (
            "Save the user's message before the run and the answer right after it, "
            "each in a transaction of its own."
        ),
        "Replay from the outbox by <run_id>, and check the order by sequence number.",
    ),
    required=(MESSAGE_TYPE, SAVE_ERROR, HISTORY_LOSS_RISK),
    further=(
        OPERATION,
        SQLSTATE,
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
        DB_COLLECTION_NAME,
    ),
    says={
        HISTORY_LOSS_RISK.name: (
            "HIGH: this message is missing when the conversation is loaded again"
        ),
    },
    priority="P2",
    alert=AT_ONCE,
    report_row="4.6",
)

DATABASE_RESULT_SAVE_FAILED = FailurePoint(
    id="database.result.save_failed",
    title="The result of an agent was not saved",
    category="DATABASE",
    level=Level.ERROR,
    fault=Fault.DEPENDENCY,
    impact=Impact("HIGH", "agent results lost"),
    when=(
        "An error left the callable that settings name as the save of a result: a full "
        "disk, a payload too large, a store that refuses."
    ),
    resolution_steps=(
        (
            "Disk full: `df`, `select "
            "pg_size_pretty(pg_database_size(current_database()))`; look for old WAL "
            "and temporary files."
        ),
        "Move large results to an object store, and keep the reference.",
        "If <partial_save> is true, mark the result as partial.",
    ),
    required=(
        OPERATION,
        AGENT_NAME,
        RUN_ID,
        USER_ID,
        RESULT_SIZE,
        SAVE_ERROR,
        PARTIAL_SAVE,
        TIMESTAMP,
    ),
    further=(
        SQLSTATE,
        DB_SYSTEM_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        GEN_AI_AGENT_NAME,
    ),
    priority="P2",
    alert=ONE_IN_A_HUNDRED,
)

DATABASE_DATA_CORRUPTION = FailurePoint(
    id="database.data.corruption",
    title="Data is damaged",
    category="DATABASE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "data integrity compromised"),
    when=(
        "A store reports damage of its own files, pages or checksums, or the checker "
        "that settings name found a broken invariant."
    ),
    resolution_steps=(
        "Stop writing to <affected_tables>, and take a copy before any repair.",
        (
            "`pg_amcheck --all`; `reindex` for XX002, restore for XX001. Check the "
            "host's disk and memory."
        ),
        (
            "Orphans: list them with an anti-join, move them to a quarantine table, "
            "and add the foreign key that is missing."
        ),
    ),
    required=(CORRUPTION_TYPE, AFFECTED_TABLES, QUARANTINE_ACTION),
    further=(
        OPERATION,
        SQLSTATE,
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
        DB_COLLECTION_NAME,
    ),
    says={
        QUARANTINE_ACTION.name: (
            "none of ours: gp-otel only reports it; stop the writes by hand"
        ),
    },
    priority="P3",
    alert=AT_ONCE,
    report_row="4.7",
)

DATABASE_BACKUP_FAILED = FailurePoint(
    id="database.backup.failed",
    title="A backup failed",
    category="DATABASE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "recovery not possible"),
    when=(
        "A backup program that the application started ended with an error, an upload "
        "to a backup destination failed, or the job that settings name did."
    ),
    not_when="Backups that run elsewhere are not seen.",
    resolution_steps=(
        (
            "Run the command again by hand with its exact arguments, and read what it "
            "writes to stderr."
        ),
        (
            "Check quota and permissions at <destination>, and the clock that signs "
            "the requests."
        ),
        (
            "Find out how old the last good backup is, make the interval shorter until "
            "it works, and test a restore."
        ),
    ),
    required=(BACKUP_TYPE, DESTINATION, DATA_AT_RISK),
    further=(OPERATION, EXIT_CAUSE),
    says={
        DATA_AT_RISK.name: "everything written since the last good backup",
    },
    priority="P3",
    alert=AT_ONCE,
    report_row="4.8",
)

DATABASE_TIER_CACHE_MISS = FailurePoint(
    id="database.tier.cache_miss",
    title="A read fell through to the next tier",
    category="DATABASE",
    level=Level.INFO,
    fault=Fault.DEPENDENCY,
    impact=Impact("LOW", "slightly slower"),
    when="The first tier of a named group had no value, and the next one was asked.",
    resolution_steps=(
        "Compare the keys' life (TTL) with how long conversations stay active.",
        "Look for evictions: `evicted_keys` in `info stats`.",
        "Warm the cache when a user connects.",
    ),
    required=(TIER_FAILURES, FALLBACK_STRATEGY, DATA_CONSISTENCY_RISK),
    further=(OPERATION, CACHE_KEY, PERFORMANCE_IMPACT, TIER1, TIER2),
    says={
        FALLBACK_STRATEGY.name: "the next tier is read",
        DATA_CONSISTENCY_RISK.name: "LOW: the next tier holds the newer data",
        PERFORMANCE_IMPACT.name: "one more read",
    },
    fallback_available=True,
    priority="P3",
    report_row="4.9",
)

DATABASE_TIER_PRIMARY_FAILED = FailurePoint(
    id="database.tier.primary_failed",
    title="The primary store failed; the next tier answered",
    category="DATABASE",
    level=Level.WARNING,
    fault=Fault.DEPENDENCY,
    impact=Impact("MEDIUM", "data may be stale"),
    when=(
        "A store of a named group failed, and the next tier succeeded in the same "
        "operation."
    ),
    not_when="Every tier failed: that is database.tier.all_failed.",
    resolution_steps=(
        "Treat answers as possibly stale, and forbid writes that depend on them.",
        "Repair the primary store: see database.postgres.connection_failed.",
        "After the recovery reconcile the tiers by `updated_at`.",
    ),
    required=(TIER_FAILURES, FALLBACK_STRATEGY, DATA_CONSISTENCY_RISK),
    further=(OPERATION, CACHE_KEY, PERFORMANCE_IMPACT, FAILED_TIER, FALLBACK_TIER),
    says={
        FALLBACK_STRATEGY.name: "the next tier answered",
        DATA_CONSISTENCY_RISK.name: (
            "HIGH: the next tier may be behind, and writes to it have to be reconciled"
        ),
    },
    fallback_available=True,
    priority="P2",
    alert=ONE_IN_TWENTY,
    report_row="4.9",
)

DATABASE_TIER_ALL_FAILED = FailurePoint(
    id="database.tier.all_failed",
    title="No store is left",
    category="DATABASE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "nothing is stored"),
    when="All stores of a named group failed in one operation.",
    resolution_steps=(
        (
            "Look for the common cause first: the network "
            "(service.vpc_connector.failed), DNS, credentials that were rotated."
        ),
        (
            "Refuse new conversations with a clear message, instead of keeping them in "
            "memory."
        ),
        "Write what is in memory to disk before you restart the process.",
    ),
    required=(TIER_FAILURES, FALLBACK_STRATEGY, DATA_CONSISTENCY_RISK),
    further=(OPERATION, CACHE_KEY, PERFORMANCE_IMPACT),
    says={
        FALLBACK_STRATEGY.name: "none left: every tier failed",
        DATA_CONSISTENCY_RISK.name: (
            "HIGH: nothing is stored until one of the stores is back"
        ),
    },
    priority="P1",
    alert=AT_ONCE,
    report_row="4.9",
)

DATABASE_INIT_FAILED = FailurePoint(
    id="database.init.failed",
    title="The database could not be set up at start",
    category="DATABASE",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "no database operation possible"),
    when=(
        "Making the engine, or its first connection, failed while the application "
        "started."
    ),
    not_when="The application was up already.",
    resolution_steps=(
        (
            "An ArgumentError or TypeError is configuration: an async engine needs "
            "AsyncAdaptedQueuePool (leave `poolclass` out), and NullPool takes no "
            "`pool_*` arguments."
        ),
        (
            "Fail the start instead of going on without a database, and let the "
            "readiness probe tell."
        ),
        "Compare the driver in the URL with what is installed.",
    ),
    required=(DURATION, ERROR_DETAILS, ERROR_TYPE, GOLDEN_PATH_IMPACT),
    further=(
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
        SQLSTATE,
    ),
    priority="P1",
    alert=AT_ONCE,
)

DATABASE_HEALTH_CHECK_FAILED = FailurePoint(
    id="database.health_check.failed",
    title="The database's health check failed",
    category="DATABASE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "users cannot read or write"),
    when=(
        "A health route answered 500 or above because of a store, or the check that "
        "settings name said that it is not healthy."
    ),
    resolution_steps=(
        (
            "As for database.postgres.connection_failed: from the application's "
            "network, `pg_isready` and `psql` with its role."
        ),
        "If only the check fails, it may be its own pool or time-out.",
        "Do not restart on one failure: use a failure threshold.",
    ),
    required=(ENGINE_NAME, TOTAL_DURATION, ERROR_DETAILS),
    further=(
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
        SQLSTATE,
        URL_PATH,
        HTTP_RESPONSE_STATUS_CODE,
    ),
    priority="P1",
    alert=AT_ONCE,
)

DATABASE_TRANSACTION_FAILED = FailurePoint(
    id="database.transaction.failed",
    title="A transaction was not committed",
    category="DATABASE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "what the user did may not be stored"),
    when=(
        "A commit failed, or a driver's error left the block of a transaction: a "
        "deadlock, a serialization failure, a statement that was cancelled."
    ),
    not_when=(
        "The application's own exception (an HTTPException, a constraint violation, "
        "the user gone) left the block and it was rolled back in order."
    ),
    resolution_steps=(
        (
            "40P01 or 40001: retry the whole transaction with jitter, at most three "
            "times, and order the updates by key."
        ),
        "57014: see which time-out it was (`statement_timeout`, `lock_timeout`).",
        (
            "Tell the caller that nothing was saved, and send no event of success "
            "before the commit."
        ),
    ),
    required=(
        SESSION_ID,
        OPERATION_TYPE,
        USER_ID,
        ERROR_TYPE,
        ERROR_DETAILS,
        ROLLBACK_DURATION,
        SESSION_DURATION,
    ),
    further=(
        SQLSTATE,
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
        DB_COLLECTION_NAME,
    ),
    priority="P1",
    alert=AT_ONCE,
)

DATABASE_ROLLBACK_FAILED = FailurePoint(
    id="database.rollback.failed",
    title="A rollback failed",
    category="DATABASE",
    level=Level.CRITICAL,
    fault=Fault.DEPENDENCY,
    impact=Impact("CRITICAL", "integrity at risk, manual work"),
    when=(
        "Rolling back raised: a socket that died in the middle, or a task that was "
        "cancelled."
    ),
    not_when="The server had closed the connection: then it rolls back by itself.",
    resolution_steps=(
        (
            "The server rolls back by itself when the connection is gone: verify it "
            "with `pg_stat_activity` and `pg_prepared_xacts`."
        ),
        "Invalidate the connection, so that the pool drops it.",
        "Check the rows that session <session_id> was working on.",
    ),
    required=(SESSION_ID, ROLLBACK_DURATION, ROLLBACK_ERROR),
    further=(
        SQLSTATE,
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
        DB_COLLECTION_NAME,
    ),
    priority="P1",
    alert=AT_ONCE,
)

DATABASE_URL_BUILD_FAILED = FailurePoint(
    id="database.url.build_failed",
    title="The database's URL cannot be used",
    category="DATABASE",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "no database can be reached"),
    when=(
        "The URL could not be parsed, names a driver that is not installed, or the "
        "builder that settings name raised."
    ),
    resolution_steps=(
        "List which variables are set: names only, no values.",
        "Quote special characters in the password (`urllib.parse.quote_plus`).",
        "Do not fall back to a default database in silence.",
    ),
    required=(URL_ERROR, FALLBACK_USED),
    further=(DB_SYSTEM_NAME,),
    priority="P1",
    alert=AT_ONCE,
)

DATABASE_SESSION_COMMITTED = FailurePoint(
    id="database.session.committed",
    title="A session was committed",
    category="DATABASE",
    level=Level.INFO,
    fault=Fault.DEPENDENCY,
    impact=Impact("LOW", "what the user did is stored"),
    when="A transaction was committed, where settings ask for it.",
    required=(SESSION_ID, OPERATION_TYPE, USER_ID, DURATION, COMMIT_DURATION),
    further=(DB_SYSTEM_NAME, DB_NAMESPACE),
    priority="P3",
)

DATABASE_QUERY_SLOW = FailurePoint(
    id="database.query.slow",
    title="A statement was slow",
    category="DATABASE",
    level=Level.INFO,
    fault=Fault.DEPENDENCY,
    impact=Impact("MEDIUM", "the user waits"),
    when="A statement took longer than the threshold, and succeeded.",
    resolution_steps=(
        "`explain (analyze, buffers)` of the statement.",
        (
            "Add the index or cut the result. Count statements per trace, to find a "
            "query in a loop."
        ),
    ),
    required=(QUERY_TIME, ROWS_AFFECTED, QUERY_TYPE),
    further=(
        THRESHOLD,
        DB_QUERY_SUMMARY,
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
    ),
    priority="P3",
)

DATABASE_MIGRATION_FAILED = FailurePoint(
    id="database.migration.failed",
    title="A migration failed",
    category="DATABASE",
    level=Level.CRITICAL,
    fault=Fault.SERVER,
    impact=Impact("CRITICAL", "schema and code do not match"),
    when="A migration tool raised while it changed the schema.",
    resolution_steps=(
        (
            "`alembic current` and `alembic history` show where it stopped; it was at "
            "<migration_id>, <failure_point>."
        ),
        (
            "Was it transactional? PostgreSQL's are, except in autocommit blocks and "
            "with CONCURRENTLY."
        ),
        "Fix it forward with a new revision; do not edit one that was applied.",
        "Take a lock, so that only one replica migrates.",
    ),
    required=(MIGRATION_ID, FAILURE_POINT, ROLLBACK_STATUS),
    further=(SQLSTATE, DB_SYSTEM_NAME, DB_NAMESPACE),
    priority="P1",
    alert=AT_ONCE,
)

DATABASE_LOCK_CONTENTION = FailurePoint(
    id="database.lock.contention",
    title="Transactions wait for one another",
    category="DATABASE",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "requests wait for one another"),
    when=(
        "A lock was not obtained in time, a deadlock was resolved by the server, or a "
        "distributed lock was lost."
    ),
    resolution_steps=(
        (
            "`select pg_blocking_pids(pid), * from pg_stat_activity where "
            "wait_event_type = 'Lock'`."
        ),
        "Set `lock_timeout` for web requests, and take locks in one order.",
        "Move long work out of the transaction.",
    ),
    required=(LOCK_TYPE, WAITING_TIME, BLOCKING_PROCESS),
    further=(
        SQLSTATE,
        DB_SYSTEM_NAME,
        DB_OPERATION_NAME,
        DB_NAMESPACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        DB_RESPONSE_STATUS_CODE,
        DB_COLLECTION_NAME,
    ),
    priority="P3",
    alert=ONE_IN_TWENTY,
)

DATABASE_BACKUP_VERIFIED = FailurePoint(
    id="database.backup.verified",
    title="A backup was verified",
    category="DATABASE",
    level=Level.INFO,
    fault=Fault.DEPENDENCY,
    impact=Impact("LOW", "a backup can be restored"),
    when="The verification job that settings name succeeded.",
    required=(BACKUP_SIZE, INTEGRITY_CHECK, RESTORE_TEST),
    further=(BACKUP_TYPE, DESTINATION),
    priority="P3",
)

DATABASE_RETENTION_VIOLATED = FailurePoint(
    id="database.retention.violated",
    title="Data is kept longer than allowed",
    category="DATABASE",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("MEDIUM", "data kept longer than allowed"),
    when="The cleanup job that settings name found records that are past their time.",
    resolution_steps=(
        "Run the cleanup with a limit of rows, and look at its plan.",
        "Check that the job ran on its schedule.",
    ),
    required=(RETENTION_PERIOD, VIOLATION_COUNT, CLEANUP_ACTION),
    further=(AFFECTED_TABLES,),
    says={
        CLEANUP_ACTION.name: (
            "none of ours: gp-otel only reports it; the cleanup job has to run"
        ),
    },
    priority="P3",
    alert=ONE_IN_TWENTY,
)

DATABASE_CONSISTENCY_FAILED = FailurePoint(
    id="database.consistency.failed",
    title="Two stores disagree",
    category="DATABASE",
    level=Level.ERROR,
    fault=Fault.DEPENDENCY,
    impact=Impact("HIGH", "stores disagree about the same data"),
    when="The checker that settings name found records that differ between stores.",
    resolution_steps=(
        "Decide which store is the master for that kind of record.",
        "Replay the listed records from the master.",
    ),
    required=(INCONSISTENCY_TYPE, AFFECTED_RECORDS, RESOLUTION_PLAN),
    further=(AFFECTED_TABLES,),
    says={
        RESOLUTION_PLAN.name: (
            "none of ours: replay the records from the store that is the master"
        ),
    },
    priority="P2",
    alert=ONE_IN_A_HUNDRED,
)

DATABASE_CAPACITY_WARNING = FailurePoint(
    id="database.capacity.warning",
    title="Storage is running out",
    category="DATABASE",
    level=Level.WARNING,
    fault=Fault.DEPENDENCY,
    impact=Impact("MEDIUM", "writes will fail when storage is full"),
    when="A periodic check found little space left, or a store reports a full disk.",
    resolution_steps=(
        "Find the largest tables and indexes.",
        "Drop or archive old partitions; enlarge the disk before it is 85 % full.",
    ),
    required=(STORAGE_USAGE, GROWTH_RATE, CAPACITY_PROJECTION),
    further=(DB_SYSTEM_NAME, DB_NAMESPACE, SERVER_ADDRESS),
    priority="P3",
    alert=ONE_IN_TWENTY,
)

DATABASE_COORDINATION_EVENTS_LOST = FailurePoint(
    id="database.coordination.events_lost",
    title="A stored change was not announced",
    category="DATABASE",
    level=Level.WARNING,
    fault=Fault.SERVER,
    impact=Impact("HIGH", "the user is not told of a stored change"),
    when="A transaction was committed, and events that announce it were not delivered.",
    resolution_steps=(
        "Replay the events of transaction <transaction_id>.",
        "Write events to an outbox table in the same transaction.",
    ),
    required=(TRANSACTION_ID, SENT, FAILED),
    further=(DB_SYSTEM_NAME,),
    priority="P3",
    alert=ONE_IN_TWENTY,
)

POINTS: tuple[FailurePoint, ...] = (
    DATABASE_QUERY_FAILED,
    DATABASE_POSTGRES_CONNECTION_FAILED,
    DATABASE_CLICKHOUSE_CONNECTION_FAILED,
    DATABASE_REDIS_UNAVAILABLE,
    DATABASE_POOL_EXHAUSTED,
    DATABASE_POOL_NEAR_EXHAUSTION,
    DATABASE_THREAD_SAVE_FAILED,
    DATABASE_MESSAGE_SAVE_FAILED,
    DATABASE_RESULT_SAVE_FAILED,
    DATABASE_DATA_CORRUPTION,
    DATABASE_BACKUP_FAILED,
    DATABASE_TIER_CACHE_MISS,
    DATABASE_TIER_PRIMARY_FAILED,
    DATABASE_TIER_ALL_FAILED,
    DATABASE_INIT_FAILED,
    DATABASE_HEALTH_CHECK_FAILED,
    DATABASE_TRANSACTION_FAILED,
    DATABASE_ROLLBACK_FAILED,
    DATABASE_URL_BUILD_FAILED,
    DATABASE_SESSION_COMMITTED,
    DATABASE_QUERY_SLOW,
    DATABASE_MIGRATION_FAILED,
    DATABASE_LOCK_CONTENTION,
    DATABASE_BACKUP_VERIFIED,
    DATABASE_RETENTION_VIOLATED,
    DATABASE_CONSISTENCY_FAILED,
    DATABASE_CAPACITY_WARNING,
    DATABASE_COORDINATION_EVENTS_LOST,
)
