"""Failure points that applications add, and what they may change of ours."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pytest

from gp_otel import catalogue as c
from gp_otel.catalogue import own
from gp_otel.failure import (
    AT_ONCE,
    MANY_CLIENTS,
    ONE_IN_A_HUNDRED,
    ONE_IN_TWENTY,
    Alert,
    ConfigurationError,
    FailurePoint,
    Fault,
    Field,
    Impact,
    Level,
    Secrecy,
)

WHERE = "gp-otel.toml, failure_points 1"

WHOLE = """
id = "service.billing.refused"
title = "Billing refuses the account"
category = "BILLING"
level = "ERROR"
fault = "dependency"
impact = "HIGH - the run is not started"
when = "The billing service answers 402."
not_when = "The account is a trial."
resolution_steps = ["Look at the account <account_id> at <service>."]
required = ["service", { name = "account_id", text = "The account.", secrecy = "user" }]
further = [{ name = "balance", text = "What is left.", kind = "double" }]
says = { balance = 0 }
fallback_available = true
priority = "P2"
alert = { share = 0.1, minimum = 5, minutes = 10 }
report_row = "own.1"
"""

SHORT = """
id = "agent.plan.rejected"
title = "The plan was rejected"
level = "WARNING"
impact = "LOW - another plan is made"
resolution_steps = ["Read the plan."]
"""


def made(text: str, **changes: Any) -> FailurePoint:
    """Make a failure point of TOML; None takes a key out."""
    table = {**tomllib.loads(text), **changes}
    return own.from_table({k: v for k, v in table.items() if v is not None}, WHERE)


def complaint(text: str, **changes: Any) -> str:
    """What is said of TOML that is wrong."""
    with pytest.raises(ConfigurationError) as error:
        made(text, **changes)
    return str(error.value)


def test_everything_said() -> None:
    """A table can say all that a constant can."""
    account = Field("account_id", "The account.", "string", Secrecy.USER)
    balance = Field("balance", "What is left.", "double", Secrecy.TEXT)

    assert FailurePoint(
        id="service.billing.refused",
        title="Billing refuses the account",
        category="BILLING",
        level=Level.ERROR,
        fault=Fault.DEPENDENCY,
        impact=Impact("HIGH", "the run is not started"),
        when="The billing service answers 402.",
        not_when="The account is a trial.",
        resolution_steps=("Look at the account <account_id> at <service>.",),
        required=(c.SERVICE, account),
        further=(balance,),
        says={"balance": 0.0},
        fallback_available=True,
        priority="P2",
        alert=Alert(share=0.1, minimum=5, minutes=10),
        report_row="own.1",
    ) == made(WHOLE)


def test_only_what_must_be_said() -> None:
    """The rest is what a server's failure of that level usually has."""
    assert FailurePoint(
        id="agent.plan.rejected",
        title="The plan was rejected",
        category="AGENT",
        level=Level.WARNING,
        fault=Fault.SERVER,
        impact=Impact("LOW", "another plan is made"),
        resolution_steps=("Read the plan.",),
        priority="P3",
        alert=ONE_IN_TWENTY,
    ) == made(SHORT)


@pytest.mark.parametrize(
    ("changes", "alert"),
    [
        ({"level": "CRITICAL"}, AT_ONCE),
        ({"level": "ERROR"}, ONE_IN_A_HUNDRED),
        ({"level": "INFO"}, None),
        ({"level": "CRITICAL", "fault": "client"}, MANY_CLIENTS),
        ({"level": "INFO", "fault": "client"}, None),
        ({"level": "INFO", "alert": "at_once"}, AT_ONCE),
        ({"level": "CRITICAL", "alert": "never"}, None),
        ({"alert": {"share": 0.5}}, Alert(share=0.5, minimum=1, minutes=5)),
    ],
)
def test_alert(changes: dict[str, Any], alert: Alert | None) -> None:
    """Asked for or not: strangers cannot page, and INFO pages nobody."""
    assert alert == made(SHORT, **changes).alert


@pytest.mark.parametrize("key", ["id", "title", "level", "impact"])
def test_a_key_is_missing(key: str) -> None:
    """The complaint names file, entry, key and remedy."""
    assert f"{WHERE}: `{key}` is missing: add `{key} = …`" == complaint(
        SHORT, **{key: None}
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"levle": "ERROR"}, "`levle` is no key: did you mean level?"),
        (
            {"level": "FATAL"},
            "`level` is 'FATAL': write CRITICAL, ERROR, WARNING, INFO or DEBUG",
        ),
        ({"fault": "mine"}, "`fault` is 'mine': write client, server or dependency"),
        ({"priority": 1}, "`priority` is 1: write P1, P2 or P3"),
        ({"title": " "}, "`title` is ' ': write a text"),
        (
            {"impact": "bad"},
            (
                "`impact` is 'bad': write CRITICAL, HIGH, MEDIUM or LOW, then ` - ` "
                "and the meaning"
            ),
        ),
        (
            {"id": "billing.refused"},
            (
                "`id` is 'billing.refused': begin with auth, websocket, agent, "
                "database, service or telemetry, then one to three words with dots"
            ),
        ),
        (
            {"resolution_steps": "Read it."},
            "`resolution_steps` is 'Read it.': write a list of texts",
        ),
        (
            {"fallback_available": "yes"},
            "`fallback_available` is 'yes': write true or false",
        ),
        (
            {"alert": "soon"},
            (
                '`alert` is \'soon\': write "at_once", "never" or '
                "{ share, minimum, minutes }"
            ),
        ),
        (
            {"alert": {"share": 5}},
            "alert: `share` is 5: write a number from 0 to 1",
        ),
        (
            {"alert": {"minimum": True}},
            "alert: `minimum` is True: write a whole number from 1",
        ),
        ({"required": "service"}, "`required` is 'service': write a list of fields"),
        (
            {"required": ["acount_id"]},
            (
                "`required` holds 'acount_id', which is no field: write a known "
                "field's name, or { name, text, kind }"
            ),
        ),
        (
            {"required": [{"name": "a_b"}]},
            "required: `text` is missing: add `text = …`",
        ),
        (
            {"required": [{"name": "a b", "text": "It."}]},
            "required: `name` is 'a b': write letters, digits, _ and dots",
        ),
        (
            {"further": [{"name": "pool_size", "text": "It.", "kind": "string"}]},
            (
                "further: `name` is 'pool_size', which is int elsewhere: choose "
                "another name, or that kind"
            ),
        ),
        (
            {"says": {"pool_size": 3}},
            "says: `pool_size` is no key: leave it out",
        ),
        (
            {"required": ["pool_size"], "says": {"pool_size": "three"}},
            "says: `pool_size` is 'three': write a value of kind int",
        ),
        ({"says": "much"}, "`says` is 'much': write a table: field name = value"),
    ],
)
def test_a_value_is_wrong(changes: dict[str, Any], said: str) -> None:
    """One complaint: where, what, and what to write instead."""
    assert f"{WHERE}: {said}" == complaint(SHORT, **changes)


def test_a_field_of_an_earlier_point() -> None:
    """A field that one failure point defines serves the next one by its name."""
    first = made(WHOLE)
    known = {**c.FIELDS, **{field.name: field for field in first.fields}}
    table = {**tomllib.loads(SHORT), "required": ["account_id"]}

    assert (first.required[1],) == own.from_table(table, WHERE, known).required


def test_merge_adds() -> None:
    """The catalogue stays as it is, and the merged one has both."""
    point = made(WHOLE)

    merged = own.merge(c.CATALOGUE, [point])

    assert {**c.CATALOGUE, point.id: point} == merged
    assert point.id not in c.CATALOGUE


@pytest.mark.parametrize("taken", ["auth.jwt.expired", "service.auth.unavailable"])
def test_an_id_that_is_taken(taken: str) -> None:
    """Neither a failure point's id nor an alias can be used again."""
    with pytest.raises(ConfigurationError, match=f"{taken}: `id` is taken: choose"):
        own.merge(c.CATALOGUE, [replace(made(SHORT), id=taken)])


def test_one_id_twice() -> None:
    """Two failure points of the application cannot share an id either."""
    with pytest.raises(ConfigurationError, match="`id` is taken"):
        own.merge(c.CATALOGUE, [made(SHORT), made(SHORT)])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "billing.refused"}, "`id` is no id: begin with auth"),
        ({"resolution_steps": ()}, "`resolution_steps` is missing: say what to do"),
        (
            {"resolution_steps": ("Look at <account>.",)},
            "`resolution_steps` ask for <account>: add it to the fields",
        ),
        (
            {"required": (Field("pool_size", "It."),)},
            "`fields` holds 'pool_size', which is int elsewhere: give it another name",
        ),
    ],
)
def test_a_constant_that_is_wrong(changes: dict[str, Any], said: str) -> None:
    """Failure points made in Python are held to the same laws."""
    with pytest.raises(ConfigurationError) as error:
        own.merge(c.CATALOGUE, [replace(made(SHORT), **changes)], where="app.py")

    assert str(error.value).startswith("app.py, ")
    assert said in str(error.value)


def test_two_points_disagree_about_a_field() -> None:
    """A name has one kind, across the application's own failure points too."""
    first = replace(made(SHORT), required=(Field("balance", "It.", "int"),))

    with pytest.raises(ConfigurationError, match="'balance', which is int elsewhere"):
        own.merge(c.CATALOGUE, [first, made(WHOLE)])


def changed(name: str, **change: Any) -> FailurePoint:
    """A failure point of ours with a change, through settings."""
    return own.merge(c.CATALOGUE, (), {name: change})[c.find(name).id]


def test_another_level() -> None:
    """The alert follows the level, and everything else stays."""
    assert replace(
        c.DATABASE_REDIS_UNAVAILABLE, level=Level.CRITICAL, alert=AT_ONCE
    ) == changed("database.redis.unavailable", level="CRITICAL")


def test_another_alert() -> None:
    """A failure point can be kept from paging, at its level."""
    assert replace(c.DATABASE_CLICKHOUSE_CONNECTION_FAILED, alert=None) == changed(
        "database.clickhouse.connection_failed", alert="never"
    )


def test_what_it_says() -> None:
    """A judgement is the application's to make; the others stay."""
    point = c.DATABASE_REDIS_UNAVAILABLE
    words = {"fallback_strategy": "PostgreSQL"}

    assert replace(point, says={**point.says, **words}) == changed(point.id, says=words)


def test_a_fallback() -> None:
    """Whether something takes over is for the application to say."""
    assert changed("service.llm.failed", fallback_available=True).fallback_available


def test_a_change_by_alias() -> None:
    """The other id changes the failure point that is recorded."""
    assert replace(
        c.AUTH_SERVICE_UNAVAILABLE, level=Level.ERROR, alert=ONE_IN_A_HUNDRED
    ) == changed("service.auth.unavailable", level="ERROR")


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (
            "auth.jwt.expird",
            {"level": "ERROR"},
            (
                "settings, auth.jwt.expird: `id` is unknown: did you mean "
                "auth.jwt.expired, auth.jwt.invalid or auth.jwt.missing?"
            ),
        ),
        (
            "auth.jwt.expired",
            {"id": "auth.jwt.old"},
            (
                "settings, auth.jwt.expired: `id` is no key: did you mean "
                "alert, fallback_available, level or says?"
            ),
        ),
        (
            "auth.jwt.expired",
            {"level": "BAD"},
            (
                "settings, auth.jwt.expired: `level` is 'BAD': write CRITICAL, ERROR, "
                "WARNING, INFO or DEBUG"
            ),
        ),
    ],
)
def test_a_change_that_is_wrong(name: str, change: dict[str, Any], said: str) -> None:
    """Ids never change, and what is unknown is said once, with the nearest."""
    with pytest.raises(ConfigurationError) as error:
        own.merge(c.CATALOGUE, (), {name: change})

    assert said == str(error.value)
