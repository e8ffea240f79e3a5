"""How signing in fails, and what is reported then."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from doorman import NEW, OLD, application, token
from serving import serving

from gp_otel import catalogue as c
from gp_otel import handshake
from gp_otel.demo.parts.chat_client import ChatClient
from gp_otel.testing import Reports

STRANGE = "s" * 32


@pytest.fixture
def port(reports: Reports) -> Iterator[int]:
    """The application, served, and known to take a token from the query."""
    assert reports.all == []
    handshake.forget()
    with serving(application()) as port:
        yield port


def refused(port: int, path: str) -> int | None:
    """Knock with this path, and say with what status that was refused."""
    with ChatClient(f"ws://127.0.0.1:{port}/{path}") as client:
        client.wait_closed()
        return client.conversation.refused


def welcomed(reports: Reports, port: int) -> None:
    """Let somebody in, so that it is known where tokens come from."""
    with ChatClient(f"ws://127.0.0.1:{port}/ws?token={token()}") as client:
        assert client.wait_for("ready")
    reports.wait_for(lambda r: "auth.success" in [e.id for e in r.events])


@pytest.mark.provokes(c.AUTH_JWT_INVALID)
def test_signature_of_a_stranger(reports: Reports, port: int) -> None:
    """The token is the root; that the connection was refused is its symptom."""
    status = refused(port, f"ws?token={token(key=STRANGE)}")
    reports.wait_for(lambda r: len(r.ids) == 2)
    root, symptom = reports.all

    assert 403 == status
    assert ["auth.jwt.invalid", "websocket.auth.failed"] == reports.ids
    assert "InvalidSignatureError" == root["error_type"]
    assert "unknown" == root["user_id"]
    assert root["connection_id"] == symptom["connection_id"]
    assert root["golden_path.record_id"] == symptom["golden_path.cause_id"]
    assert (True, False) == (
        root["golden_path.escalates"],
        symptom["golden_path.escalates"],
    )


@pytest.mark.provokes(c.AUTH_JWT_EXPIRED)
def test_expired_token(reports: Reports, port: int) -> None:
    """An everyday event: the client's fault."""
    refused(port, f"ws?token={token(exp=1)}")
    reports.wait_for(lambda r: len(r.ids) == 2)
    record = reports.one("auth.jwt.expired")

    assert ["auth.jwt.expired", "websocket.auth.failed"] == reports.ids
    assert "client" == record["golden_path.fault"]


@pytest.mark.provokes(c.AUTH_JWT_MISSING)
def test_no_token_where_one_is_known_to_be(reports: Reports, port: int) -> None:
    """After somebody got in with a token from the query, its absence is named."""
    welcomed(reports, port)
    refused(port, "ws")
    reports.wait_for(lambda r: len(r.ids) == 2)
    record = reports.one("auth.jwt.missing")

    assert ["auth.jwt.missing", "websocket.auth.failed"] == reports.ids
    assert record["connection_id"].startswith("ws-")


def test_unknown_route(reports: Reports, port: int) -> None:
    """A scanner that knocks at doors that do not exist says nothing of sign-in."""
    welcomed(reports, port)
    refused(port, "admin/ws")
    refused(port, "no-such-route")

    assert reports.ids == []


@pytest.mark.provokes(c.AUTH_SUCCESS)
def test_signed_in(reports: Reports, port: int) -> None:
    """Somebody who gets in is audited, shortened and hashed."""
    welcomed(reports, port)
    event = reports.one("auth.success")

    assert reports.ids == []
    assert ("jwt", "ada-love...") == (event["auth_method"], event["user_id"])
    assert 16 == len(event["user.hash"])


def test_second_key_in_rotation(reports: Reports, port: int) -> None:
    """The first key fails, the second verifies: nobody was refused."""
    with ChatClient(f"ws://127.0.0.1:{port}/ws?token={token(key=OLD)}") as client:
        assert client.wait_for("ready")
    reports.wait_for(lambda r: "auth.success" in [e.id for e in r.events])

    assert reports.ids == []


def test_request_without_a_token(reports: Reports, port: int) -> None:
    """FastAPI's own security answers before any token is looked at."""
    answer = httpx.get(f"http://127.0.0.1:{port}/me")
    reports.wait_for(lambda r: r.ids)

    assert answer.status_code in (401, 403)
    assert ["auth.jwt.missing"] == reports.ids
    assert ("header:authorization",) == reports.all[0]["places_searched"]


def test_request_with_a_strange_token(reports: Reports, port: int) -> None:
    """The verdict waits for the answer, then stands."""
    headers = {"authorization": f"Bearer {token(key=STRANGE)}"}
    answer = httpx.get(f"http://127.0.0.1:{port}/me", headers=headers)
    reports.wait_for(lambda r: r.ids)

    assert 401 == answer.status_code
    assert ["auth.jwt.invalid"] == reports.ids


def test_request_of_somebody_known(reports: Reports, port: int) -> None:
    """A sign-in by request is audited too."""
    headers = {"authorization": f"Bearer {token('ben', NEW)}"}
    answer = httpx.get(f"http://127.0.0.1:{port}/me", headers=headers)
    reports.wait_for(lambda r: "auth.success" in [e.id for e in r.events])

    assert "ben" == answer.json()
    assert reports.ids == []


@pytest.mark.provokes(c.AUTH_RATE_LIMIT_EXCEEDED)
def test_too_many_requests(reports: Reports, port: int) -> None:
    """Whatever limits the rate, the answer is 429."""
    httpx.get(f"http://127.0.0.1:{port}/limited")
    reports.wait_for(lambda r: r.ids)
    record = reports.one("auth.rate_limit.exceeded")

    assert ["auth.rate_limit.exceeded"] == reports.ids
    assert "127.0.0.1" == record["client_ip"]
