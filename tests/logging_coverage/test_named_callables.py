"""What only settings can name: an application's own callables, and what they mean."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import httpx
import pytest
from serving import serving

from gp_otel import catalogue as c
from gp_otel import install
from gp_otel.testing import Reports

SETTINGS = """
[dependencies]
get_supervisor = "service.supervisor.unavailable"
get_thread_service = "service.thread.unavailable"

[[watch]]
target = "backoffice:find_user"
failure = "auth.user_lookup.failed"
ids = { user_id = "user_id" }
says = { service = "users" }
fields = { host = "error.strerror" }

[[watch]]
target = "backoffice:save_thread"
failure = "database.thread.save_failed"
ids = { thread_id = "thread_id" }
fields = { data_size = "size(title)" }

[[watch]]
target = "backoffice:save_message"
failure = "database.message.save_failed"
outcomes = ["raises", "is False"]
ids = { thread_id = "message.thread" }
fields = { message_type = "message.role" }

[[watch]]
target = "backoffice:create_agent"
failure = "agent.factory.init_failed"
ids = { user_id = "user_id" }
fields = { user_context = "user_id" }

[[watch]]
target = "backoffice:connection_manager"
failure = "websocket.manager.create_failed"
outcomes = ["raises", "is None"]
fields = { factory_error = "user_id" }

[[watch]]
target = "backoffice:choose_mode"
failure = "websocket.mode.unsupported"
fields = { requested_mode = "requested" }

[[watch]]
target = "backoffice:missing_tools"
failure = "agent.dependency.missing"
outcomes = ["[0] exists"]
fields = { missing_dependencies = "result" }
says = { defaults_applied = ["none"] }

[[watch]]
target = "backoffice:demo_user"
failure = "auth.demo_mode.bypass"
outcomes = ["is not None"]
fields = { demo_user_id = "result" }
"""


@pytest.fixture
def backoffice(
    reports: Reports, settings_of: Callable[[str], None]
) -> Iterator[ModuleType]:
    """The application's module, imported when its names are known."""
    assert reports.all == []
    settings_of(SETTINGS)
    sys.modules.pop("backoffice", None)
    install.uninstall([install.NAMED])
    install.install_named()
    yield importlib.import_module("backoffice")
    install.uninstall([install.NAMED])
    sys.modules.pop("backoffice", None)


def roots(reports: Reports) -> list[tuple[str, bool]]:
    """The failure points, and which of them are roots."""
    return [(one.id, one["golden_path.root"]) for one in reports.all]


@pytest.mark.provokes(c.AUTH_USER_LOOKUP_FAILED)
async def test_user_lookup(reports: Reports, backoffice: ModuleType) -> None:
    """The database is the root, that nobody can sign in its symptom."""
    with pytest.raises(OSError, match="Connect call failed"):
        await backoffice.find_user("ada-lovelace")

    assert [
        ("database.postgres.connection_failed", True),
        ("auth.user_lookup.failed", False),
    ] == roots(reports)
    assert ("users", "ada-love...") == (
        reports.all[1]["service"],
        reports.all[1]["user_id"],
    )


@pytest.mark.provokes(c.DATABASE_THREAD_SAVE_FAILED)
async def test_thread_not_saved(reports: Reports, backoffice: ModuleType) -> None:
    """The record names the conversation and how much of it."""
    with pytest.raises(OSError, match="Connect call failed"):
        await backoffice.save_thread("t-1", "Roman roads")
    record = reports.one("database.thread.save_failed")

    assert ("t-1", 11, False) == (
        record["thread_id"],
        record["data_size"],
        record["golden_path.root"],
    )
    assert not record["golden_path.escalates"]


@pytest.mark.provokes(c.DATABASE_MESSAGE_SAVE_FAILED)
async def test_message_not_saved(reports: Reports, backoffice: ModuleType) -> None:
    """An answer of False is a failure where settings say so, and has its cause."""
    saved = await backoffice.save_message({"role": "user", "thread": "t-2"})
    record = reports.one("database.message.save_failed")

    assert saved is False
    assert [True, False] == [root for _, root in roots(reports)]
    assert ("user", "t-2") == (record["message_type"], record["thread_id"])


@pytest.mark.provokes(c.AGENT_FACTORY_INIT_FAILED)
def test_factory_raises(reports: Reports, backoffice: ModuleType) -> None:
    """The user gets no agent; the exception is the factory's own."""
    with pytest.raises(ValueError, match="Expecting value"):
        backoffice.create_agent("ada-lovelace", "no json")
    record = reports.one("agent.factory.init_failed")

    assert [("agent.factory.init_failed", True)] == roots(reports)
    assert "Expecting value" in record["factory_error"]
    assert "ada-love..." == record["user_id"]


@pytest.mark.provokes(c.WEBSOCKET_MANAGER_CREATE_FAILED)
def test_manager_that_is_none(reports: Reports, backoffice: ModuleType) -> None:
    """None is a failure only where a rule says so."""
    assert backoffice.connection_manager("ada") is not None
    assert backoffice.connection_manager("nobody") is None

    assert [("websocket.manager.create_failed", True)] == roots(reports)


@pytest.mark.provokes(c.WEBSOCKET_MODE_UNSUPPORTED)
def test_unknown_mode(reports: Reports, backoffice: ModuleType) -> None:
    """The client asked for what there is not: its fault."""
    with pytest.raises(KeyError):
        backoffice.choose_mode("telepathy")
    record = reports.one("websocket.mode.unsupported")

    assert ("telepathy", "client") == (
        record["requested_mode"],
        record["golden_path.fault"],
    )


@pytest.mark.provokes(c.AGENT_DEPENDENCY_MISSING)
def test_tools_that_are_not_there(reports: Reports, backoffice: ModuleType) -> None:
    """A list that is not empty."""
    assert [] == backoffice.missing_tools(["search"])
    assert ["draw"] == backoffice.missing_tools(["search", "draw"])
    record = reports.one("agent.dependency.missing")

    assert ("draw",) == record["missing_dependencies"]


@pytest.mark.provokes(c.AUTH_DEMO_MODE_BYPASS)
def test_in_without_a_sign_in(reports: Reports, backoffice: ModuleType) -> None:
    """A success that deserves a warning."""
    assert backoffice.demo_user(enabled=False) is None
    assert "demo-visitor" == backoffice.demo_user(enabled=True)
    record = reports.one("auth.demo_mode.bypass")

    assert "demo-vis..." == record["demo_user_id"]


@pytest.mark.provokes(c.SERVICE_SUPERVISOR_UNAVAILABLE)
@pytest.mark.provokes(c.SERVICE_THREAD_UNAVAILABLE)
@pytest.mark.parametrize(
    ("path", "failure"),
    [
        ("/run", "service.supervisor.unavailable"),
        ("/threads", "service.thread.unavailable"),
    ],
)
def test_dependency_that_answers_503(
    reports: Reports, backoffice: ModuleType, path: str, failure: str
) -> None:
    """The name of the dependency says which service it is."""
    with serving(backoffice.application()) as port:
        answer = httpx.get(f"http://127.0.0.1:{port}{path}")
        reports.wait_for(lambda r: r.ids)

    assert 503 == answer.status_code
    assert [(failure, True)] == roots(reports)


@pytest.mark.provokes(c.SERVICE_HEALTH_DEGRADED)
def test_health_route_that_answers_503(
    reports: Reports, backoffice: ModuleType
) -> None:
    """What the balancer hears is what we hear."""
    with serving(backoffice.application()) as port:
        httpx.get(f"http://127.0.0.1:{port}/health")
        reports.wait_for(lambda r: r.ids)

    assert ["service.health.degraded"] == reports.ids
