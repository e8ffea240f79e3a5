"""What every failure point of the catalogue keeps to."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest

from gp_otel import catalogue
from gp_otel.catalogue import (
    ALIASES,
    CATALOGUE,
    COMMON,
    FIELDS,
    agent,
    auth,
    database,
    fields,
    find,
    service,
    telemetry,
    websocket,
)
from gp_otel.failure import AT_ONCE, FailurePoint, Fault, Field, Kind, Level, Value

EXPECTED = json.loads(
    Path(__file__).with_name("expected_points.json").read_text("utf-8")
)
"""The contract that dashboards and queries rely on: ids, levels, names of fields."""

STAGES = (agent, auth, database, service, telemetry, websocket)
DATA = (*STAGES, fields)
HOLDS: dict[Kind, type] = {
    "string": str,
    "int": int,
    "double": float,
    "boolean": bool,
    "string[]": tuple,
}
CLIENTS = {
    "auth.jwt.expired",
    "auth.jwt.invalid",
    "auth.jwt.missing",
    "auth.oauth.refused",
    "auth.permission.denied",
    "auth.rate_limit.exceeded",
    "auth.role.escalation_attempt",
    "websocket.auth.failed",
    "websocket.message.too_large",
    "websocket.mode.unsupported",
    "websocket.subprotocol.unsupported",
}

every_point = pytest.mark.parametrize("point", CATALOGUE.values(), ids=list(CATALOGUE))
every_failure = pytest.mark.parametrize(
    "point",
    [point for point in CATALOGUE.values() if point.level.is_failure],
    ids=lambda point: point.id,
)
every_field = pytest.mark.parametrize("field", FIELDS.values(), ids=list(FIELDS))
every_module = pytest.mark.parametrize("module", DATA, ids=lambda m: m.__name__)


def constant(name: str) -> str:
    """The constant's name that an id or a field's name has."""
    return re.sub(r"\W", "_", name).upper()


def contract(point: FailurePoint) -> dict[str, object]:
    """What of a failure point others rely on."""
    return {
        "level": point.level.name,
        "impact": str(point.impact),
        "priority": point.priority,
        "required": [field.name for field in point.required],
        "report_row": point.report_row,
    }


def test_the_contract() -> None:
    """Ids, levels, impacts, required fields and report rows are those promised."""
    found: dict[str, object] = {
        point.id: contract(point) for point in CATALOGUE.values()
    }
    for point in CATALOGUE.values():
        for alias in point.aliases:
            found[alias.id] = {"alias_of": point.id, "report_row": alias.report_row}

    assert EXPECTED == found


def test_stages_hold_all_of_it() -> None:
    """Each constant is listed by its stage, and nothing is listed twice."""
    defined = [
        value.id
        for module in STAGES
        for value in vars(module).values()
        if isinstance(value, FailurePoint)
    ]

    assert sorted(CATALOGUE) == sorted(defined)


@every_point
def test_id(point: FailurePoint) -> None:
    """Ids are names for good: the stage, then one to three words with dots."""
    assert re.fullmatch(rf"{point.stage.value}(\.[a-z_]+){{1,3}}", point.id)


def test_ids_stand_for_one_failure() -> None:
    """No alias is a failure point's id, nor another one's alias."""
    taken = Counter(
        chain(CATALOGUE, (a.id for p in CATALOGUE.values() for a in p.aliases))
    )

    assert {1} == set(taken.values())


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_finds_its_failure_point(alias: str) -> None:
    """Who asks for the other id gets the failure point that is recorded."""
    assert alias in {other.id for other in find(alias).aliases}


def test_an_unknown_id() -> None:
    """It is a `KeyError`, with the id."""
    with pytest.raises(KeyError, match="stolen"):
        find("auth.jwt.stolen")


@every_point
def test_its_constant(point: FailurePoint) -> None:
    """The constant's name is the id in capitals, and the package has it."""
    assert point is getattr(catalogue, constant(point.id))


@every_point
def test_headline(point: FailurePoint) -> None:
    """Category and title make a headline: capitals, then a sentence, no stop."""
    assert re.fullmatch(r"[A-Z][A-Z ]+[A-Z]", point.category)
    assert re.fullmatch(r"\S.{7,58}[^.\s]", point.title)


def test_titles_tell_apart() -> None:
    """No two failure points of a category have the same title."""
    titles = Counter((p.category, p.title) for p in CATALOGUE.values())

    assert {1} == set(titles.values())


@every_point
def test_it_says_when(point: FailurePoint) -> None:
    """The handbook says when it fires, in whole sentences."""
    assert point.when.endswith(".")
    assert point.not_when == "" or point.not_when.endswith(".")


@every_failure
def test_a_failure_says_what_to_do(point: FailurePoint) -> None:
    """WARNING and above: a meaning for the user, steps in sentences, and an alert."""
    assert point.impact.text
    assert point.resolution_steps
    assert all(step.endswith((".", "?")) for step in point.resolution_steps)
    assert point.alert is not None


@every_point
def test_steps_use_known_fields(point: FailurePoint) -> None:
    """A handbook may only ask for what the record carries."""
    asked = set(re.findall(r"<([a-zA-Z_.]+)>", " ".join(point.resolution_steps)))

    assert set() == asked - {field.name for field in (*point.fields, *COMMON)}


@every_point
def test_fields_are_named_once(point: FailurePoint) -> None:
    """No field is required and further, nor twice; common ones need no further."""
    names = Counter(field.name for field in point.fields)

    assert set() == {name for name, count in names.items() if count > 1}
    assert set() == set(point.further) & set(COMMON)


@every_point
def test_what_it_says_fits_its_fields(point: FailurePoint) -> None:
    """The catalogue judges only what the record carries, in the field's own kind."""
    kinds = {field.name: HOLDS[field.kind] for field in point.fields}

    assert {name: kinds.get(name) for name in point.says} == {
        name: type(value) for name, value in point.says.items()
    }


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_alert_by_level(name: str) -> None:
    """CRITICAL pages at once, except what strangers can cause; INFO never."""
    point = CATALOGUE[name]

    assert (point.level is Level.CRITICAL and name not in CLIENTS) == (
        point.alert == AT_ONCE
    )
    assert point.level.is_failure == (point.alert is not None)


def test_what_is_the_clients() -> None:
    """What strangers and users can cause at will needs a share and a number."""
    clients = [p for p in CATALOGUE.values() if p.fault is Fault.CLIENT]

    assert {point.id for point in clients} == CLIENTS
    assert all(p.alert and p.alert.share and p.alert.minimum > 1 for p in clients)


@every_field
def test_a_fields_constant(field: Field) -> None:
    """The constant's name is the field's, in capitals."""
    exceptions = {
        "error.type": "ERROR_CLASS",  # ERROR_TYPE is the report's `error_type`
        "golden_path.websocket.close_code": "WEBSOCKET_CLOSE_CODE",
    }

    name = exceptions.get(field.name, constant(field.name))
    assert field is getattr(catalogue, name)
    assert field.text.endswith(".")


def test_a_field_has_one_definition() -> None:
    """A name has one kind, always: nobody defines it twice."""
    defined = [v for v in vars(fields).values() if isinstance(v, Field)]
    used = chain.from_iterable(point.fields for point in CATALOGUE.values())

    assert {1} == set(Counter(field.name for field in defined).values())
    assert set() == {id(field) for field in used} - {id(field) for field in defined}


def test_every_field_is_used() -> None:
    """No field is left over that no record carries."""
    used = {f.name for p in CATALOGUE.values() for f in p.fields}

    assert set(FIELDS) == used | {field.name for field in COMMON}


@every_module
def test_data_only(module: ModuleType) -> None:
    """Imports, assignments and docstrings: nothing in them can decide anything."""
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))
    control = (ast.IfExp, ast.Lambda, ast.ListComp, ast.DictComp, ast.GeneratorExp)

    assert [] == [ast.dump(node) for node in tree.body if not is_data(node)]
    assert [] == [node for node in ast.walk(tree) if isinstance(node, control)]


def is_data(node: ast.stmt) -> bool:
    """Tell a statement of data from one of logic."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Assign | ast.AnnAssign | ast.Import | ast.ImportFrom)


def sentences() -> Iterator[Value]:
    """Every text that a user may read."""
    for point in CATALOGUE.values():
        yield from (point.title, point.when, point.not_when, str(point.impact))
        yield from (*point.resolution_steps, *point.says.values())
    for field in FIELDS.values():
        yield field.text


def test_sentences_are_plain() -> None:
    """One line, no double spaces: they stand in alerts and tables."""
    odd = re.compile(r"\s{2}|\n|\t|^\s|\s$")

    assert [] == [text for text in sentences() if odd.search(str(text))]
