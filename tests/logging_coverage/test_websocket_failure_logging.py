"""How WebSocket connections fail, and what is reported then."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from doorman import application, token
from serving import serving

from gp_otel import catalogue as c
from gp_otel.demo.parts.chat_client import ChatClient
from gp_otel.testing import Reports

LIMIT = 2000
DEPRECATED = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::uvicorn.config.UvicornDeprecationWarning"
)
"""uvicorn's oldest back end is on its way out, and still in use."""
BACK_ENDS = ("websockets-sansio", "websockets", "wsproto")


@pytest.fixture
def port(reports: Reports) -> Iterator[int]:
    """The application, served."""
    assert reports.all == []
    with serving(application(), ws_max_size=LIMIT) as port:
        yield port


@pytest.fixture
def client(port: int) -> Iterator[ChatClient]:
    """Somebody who is signed in and has been greeted."""
    with ChatClient(f"ws://127.0.0.1:{port}/ws?token={token()}") as client:
        assert client.wait_for("ready")
        yield client


def ended(reports: Reports) -> bool:
    """Tell whether the server is through with a connection."""
    return any(
        event.id == c.WEBSOCKET_CONNECTION_TRACKED.id
        and event["lifecycle_event"] != "opened"
        for event in reports.events
    )


def test_healthy(reports: Reports, client: ChatClient) -> None:
    """A connection that opens, speaks and closes is audited, and nothing else."""
    client.leave()
    reports.wait_for(ended)

    assert reports.ids == []
    assert {
        "websocket.connection.tracked",
        "websocket.established",
        "auth.success",
    } == {event.id for event in reports.events} - {"telemetry.started"}


@pytest.mark.provokes(c.WEBSOCKET_CONNECTION_TRACKED)
def test_life_of_a_connection(reports: Reports, client: ChatClient) -> None:
    """It is told when it opens and when it closes, with how long it was."""
    client.leave()
    reports.wait_for(ended)
    tracked = [e for e in reports.events if e.id == "websocket.connection.tracked"]

    assert ["opened", "closed"] == [one["lifecycle_event"] for one in tracked]
    assert tracked[0]["connection_id"] == tracked[1]["connection_id"]
    assert 0 <= tracked[0]["duration_seconds"] <= tracked[1]["duration_seconds"]


@pytest.mark.provokes(c.WEBSOCKET_ESTABLISHED)
def test_first_event_arrives(reports: Reports, client: ChatClient) -> None:
    """A connection is established with the first event that goes out."""
    client.leave()
    reports.wait_for(ended)

    assert "ada-love..." == reports.one("websocket.established")["user_id"]


@pytest.mark.provokes(c.WEBSOCKET_INTERNAL_ERROR)
def test_endpoint_raises(reports: Reports, client: ChatClient) -> None:
    """The client gets no close frame; the record says who it was and what it was."""
    client.send({"type": "fail", "run_id": "run-7", "thread_id": "t-3"})
    client.wait_closed()
    reports.wait_for(ended)
    record = reports.one("websocket.internal_error")

    assert ["websocket.internal_error"] == reports.ids
    assert "ValueError" == record["error_type"]
    assert ("ada-love...", "run-7", "t-3") == (
        record["user_id"],
        record["run_id"],
        record["thread_id"],
    )
    assert record["golden_path.root"]
    assert record["golden_path.escalates"]


def test_application_closes_with_1011(reports: Reports, client: ChatClient) -> None:
    """Whoever gives up says so with 1011, and why."""
    client.send({"type": "close", "code": 1011})
    client.wait_closed()
    reports.wait_for(ended)
    record = reports.one("websocket.internal_error")

    assert ["websocket.internal_error"] == reports.ids
    assert "as asked" == record["error_details"]
    assert 1011 == client.conversation.close_code


@pytest.mark.provokes(c.WEBSOCKET_MESSAGE_TOO_LARGE)
def test_oversize_message(reports: Reports, port: int) -> None:
    """The limit is known, and the size where nothing was compressed."""
    url = f"ws://127.0.0.1:{port}/ws?token={token()}"
    with ChatClient(url, compression=False) as client:
        client.wait_for("ready")
        client.send_oversize(LIMIT * 2)
        client.wait_closed()
        reports.wait_for(ended)
    record = reports.one("websocket.message.too_large")

    assert ["websocket.message.too_large"] == reports.ids
    assert LIMIT == record["size_limit"]
    assert record["message_size"] > LIMIT * 2
    assert 1009 == client.conversation.close_code


def test_oversize_message_compressed(reports: Reports, client: ChatClient) -> None:
    """The size of what was not unpacked is not known, and not invented."""
    client.send_oversize(LIMIT * 50)
    client.wait_closed()
    reports.wait_for(ended)

    record = reports.one("websocket.message.too_large")

    assert ("message_size",) == record["golden_path.unknown"]
    assert "message_size" not in record.attributes


@pytest.mark.provokes(c.WEBSOCKET_EVENT_DELIVERY_FAILED)
@pytest.mark.parametrize("back_end", BACK_ENDS)
@pytest.mark.parametrize("how", ["reset", "drop"])
@DEPRECATED
def test_peer_lost_while_events_flow(reports: Reports, back_end: str, how: str) -> None:
    """Every back end of uvicorn: one record, that names the event."""
    with (
        serving(application(), ws=back_end) as port,
        ChatClient(f"ws://127.0.0.1:{port}/ws?token={token()}") as client,
    ):
        client.wait_for("ready")
        client.send({"type": "stream"})
        client.wait_for("agent_thinking")
        getattr(client, how)()
        reports.wait_for(ended)

    record = reports.one("websocket.event.delivery_failed")
    assert ["websocket.event.delivery_failed"] == reports.ids
    assert "agent_thinking" == record["failed_event"]
    assert record["retry_attempted"] is False


@pytest.mark.parametrize("back_end", BACK_ENDS)
@pytest.mark.parametrize("code", [1000, 1001, None, 4001])
@DEPRECATED
def test_peer_leaves_while_events_flow(
    reports: Reports, back_end: str, code: int | None
) -> None:
    """A tab that is closed is nobody's failure, whatever the back end calls it."""
    with (
        serving(application(), ws=back_end) as port,
        ChatClient(f"ws://127.0.0.1:{port}/ws?token={token()}") as client,
    ):
        client.wait_for("ready")
        client.send({"type": "stream"})
        client.wait_for("agent_thinking")
        client.leave(code)
        reports.wait_for(ended)

    assert reports.ids == []


@pytest.mark.provokes(c.AGENT_EVENT_DELIVERY_FAILED)
def test_peer_lost_while_an_agent_runs(reports: Reports, client: ChatClient) -> None:
    """One record, the agent's: the run that dies of it has none of its own."""
    client.send({"type": "run", "run_id": "run-4", "thread_id": "t-4", "events": 300})
    client.wait_for("agent_thinking")
    client.reset()
    reports.wait_for(ended)
    record = reports.one("agent.event.delivery_failed")

    assert ["agent.event.delivery_failed"] == reports.ids
    assert ("agent_thinking", True) == (
        record["event_type"],
        record["critical_event_flag"],
    )
    assert ("run-4", "t-4", "ada-love...") == (
        record["run_id"],
        record["thread_id"],
        record["user_id"],
    )


def test_peer_leaves_while_an_agent_runs(reports: Reports, client: ChatClient) -> None:
    """The run is abandoned, and nobody's failure."""
    client.send({"type": "run", "events": 300})
    client.wait_for("agent_thinking")
    client.leave(1001)
    reports.wait_for(ended)
    (run,) = (span for span in reports.spans if span.name.startswith("invoke_agent"))

    assert reports.ids == []
    assert "abandoned" == (run.attributes or {})["golden_path.outcome"]


def test_run_without_an_answer(reports: Reports, client: ChatClient) -> None:
    """The run ended, nothing was sent, and the handler waits for the next message."""
    client.send({"type": "run", "events": 0})
    reports.wait_for(lambda r: r.ids)

    assert ["websocket.reply.missing"] == reports.ids


def test_run_on_a_connection(reports: Reports, client: ChatClient) -> None:
    """Its trace is its own, and linked; a connection lives for hours."""
    client.send({"type": "run", "run_id": "run-5", "events": 1})
    client.wait_for("agent_thinking")
    client.leave()
    reports.wait_for(ended)
    (run,) = (span for span in reports.spans if span.name.startswith("invoke_agent"))

    assert run.parent is None
    assert ("success", "run-5", "ada-love...") == tuple(
        (run.attributes or {})[name]
        for name in ("golden_path.outcome", "run_id", "user_id")
    )


@pytest.mark.provokes(c.WEBSOCKET_ESTABLISH_FAILED)
def test_peer_lost_before_the_first_event(reports: Reports, port: int) -> None:
    """It was let in and never heard anything."""
    with ChatClient(f"ws://127.0.0.1:{port}/slow-to-greet") as client:
        client.reset()
        reports.wait_for(lambda r: r.ids)

    assert ["websocket.establish.failed"] == reports.ids


def test_peer_lost_idle(reports: Reports, client: ChatClient) -> None:
    """Nobody was owed anything: an event, no record."""
    client.reset()
    reports.wait_for(ended)

    assert reports.ids == []
    assert "lost" in [e.attributes.get("lifecycle_event") for e in reports.events]


@pytest.mark.provokes(c.WEBSOCKET_DISCONNECT_UNEXPECTED)
def test_peer_lost_before_the_answer(reports: Reports, client: ChatClient) -> None:
    """It was owed an answer that nobody has tried to send."""
    client.send({"type": "unknown"})
    client.reset()
    reports.wait_for(ended)

    assert ["websocket.disconnect.unexpected"] == reports.ids


@pytest.mark.provokes(c.WEBSOCKET_SUBPROTOCOL_UNSUPPORTED)
def test_subprotocol_not_taken_up(reports: Reports, port: int) -> None:
    """The client offered one and the application took none."""
    url = f"ws://127.0.0.1:{port}/no-subprotocol"
    with ChatClient(url, subprotocols=["jwt"]) as client:
        client.wait_closed()
        reports.wait_for(ended)
    record = reports.one("websocket.subprotocol.unsupported")

    assert ["websocket.subprotocol.unsupported"] == reports.ids
    assert ("jwt",) == record["client_protocols"]


@pytest.mark.provokes(c.WEBSOCKET_AUTH_FAILED)
def test_forbidden_after_accept(reports: Reports, port: int) -> None:
    """4403 always says that somebody may not be here."""
    with ChatClient(f"ws://127.0.0.1:{port}/forbidden?token={token()}") as client:
        client.wait_closed()
        reports.wait_for(ended)
    record = reports.one("websocket.auth.failed")

    assert ["websocket.auth.failed"] == reports.ids
    assert "4403" == record["error_code"]
    assert "not yours" == record["error_details"]


@pytest.mark.provokes(c.WEBSOCKET_HANDSHAKE_RACE)
def test_sent_before_accept(reports: Reports, port: int) -> None:
    """The application speaks before the handshake is through."""
    with ChatClient(f"ws://127.0.0.1:{port}/too-early") as client:
        assert 500 == client.conversation.refused
    reports.wait_for(lambda r: r.ids)

    assert ["websocket.handshake.race"] == reports.ids


@pytest.mark.provokes(c.WEBSOCKET_CONNECTION_TIMEOUT)
def test_nobody_signs_in(reports: Reports, port: int) -> None:
    """Waiting for a first message in vain, then hanging up: the sign-in timed out."""
    with ChatClient(f"ws://127.0.0.1:{port}/silent-first") as client:
        client.wait_closed()
        reports.wait_for(ended)
    record = reports.one("websocket.connection.timeout")

    assert ["websocket.connection.timeout"] == reports.ids
    assert ("auth", 0.1) == (record["phase"], record["timeout_duration"])


def test_handshake_takes_too_long(
    reports: Reports, port: int, settings_of: Callable[[str], None]
) -> None:
    """The limit of a handshake is a setting."""
    settings_of("[websocket]\nhandshake_deadline = 0.1")
    with ChatClient(f"ws://127.0.0.1:{port}/late") as client:
        client.wait_closed()
        reports.wait_for(ended)
    record = reports.one("websocket.connection.timeout")

    assert ("handshake", 0.1) == (record["phase"], record["timeout_duration"])


def test_heartbeat(reports: Reports, port: int) -> None:
    """A deadline round nothing but receive is how applications keep time."""
    with ChatClient(f"ws://127.0.0.1:{port}/heartbeat") as client:
        client.wait_closed()
        reports.wait_for(ended)

    assert reports.ids == []


@pytest.mark.provokes(c.WEBSOCKET_REPLY_MISSING)
def test_no_reply(
    reports: Reports, client: ChatClient, settings_of: Callable[[str], None]
) -> None:
    """Silence is a failure where settings say what is owed an answer."""
    settings_of('[websocket]\nreply_deadline = 0.2\nquestions = ["question"]')
    client.send({"type": "question", "thread_id": "t-9"})
    reports.wait_for(lambda r: r.ids)
    record = reports.one("websocket.reply.missing")

    assert ["websocket.reply.missing"] == reports.ids
    assert "ready" == record["last_event"]
    assert 0.2 <= record["waited_seconds"] < 5
    assert "t-9" == record["thread_id"]


@pytest.mark.provokes(c.WEBSOCKET_PERFORMANCE_DEGRADED)
def test_slow_reply(
    reports: Reports, client: ChatClient, settings_of: Callable[[str], None]
) -> None:
    """An answer that comes late is a warning, with the threshold."""
    settings_of("[websocket]\nslow_after = 0.05")
    client.send({"type": "slow", "seconds": 0.15})
    client.wait_for("answer")
    reports.wait_for(lambda r: r.ids)
    record = reports.one("websocket.performance.degraded")

    assert 0.05 == record["threshold"]
    assert record["response_time"] > record["threshold"]


def test_event_that_is_no_json(reports: Reports, client: ChatClient) -> None:
    """What cannot be written cannot be delivered; the endpoint dies of it."""
    client.send({"type": "unwritable"})
    client.wait_closed()
    reports.wait_for(ended)
    first, second = reports.all

    assert ["websocket.event.delivery_failed", "websocket.internal_error"] == (
        reports.ids
    )
    assert "agent_completed" == first["failed_event"]
    assert first["golden_path.record_id"] == second["golden_path.cause_id"]
    assert not second["golden_path.escalates"]
