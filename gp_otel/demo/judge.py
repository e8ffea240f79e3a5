"""Whether what arrived is what had to arrive: once, complete, correlated, alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gp_otel.catalogue import CATALOGUE
from gp_otel.demo.observe import Observed
from gp_otel.demo.parts.otlp_decode import Data
from gp_otel.demo.unknown import REASONS
from gp_otel.failure import FailurePoint, Kind, Value

UNKNOWN = "unknown"

ALWAYS: Mapping[str, Kind] = {
    "user_id": "string",
    "error_details": "string",
    "resolution_steps": "string[]",
    "retry_attempted": "boolean",
    "fallback_available": "boolean",
    "golden_path_impact": "string",
    "golden_path.failure": "string",
    "golden_path.stage": "string",
    "golden_path.fault": "string",
    "golden_path.priority": "string",
    "golden_path.root_failure": "string",
    "golden_path.record_id": "string",
    "golden_path.root": "boolean",
    "golden_path.escalates": "boolean",
    "golden_path.sampled": "boolean",
    "golden_path.occurrences": "int",
}
"""What every record carries, whatever failed."""

_TYPES: Mapping[Kind, type] = {
    "string": str,
    "int": int,
    "double": float,
    "boolean": bool,
    "string[]": list,
}
_MAY_BE_UNKNOWN = frozenset({"user_id"})


@dataclass(frozen=True, slots=True)
class Due:
    """A record that has to arrive, with every value that is known of it."""

    point: FailurePoint
    root: bool
    escalates: bool
    fields: Mapping[str, Value]
    about: tuple[str, ...] = ()
    cause: FailurePoint | None = None


def judge(
    due: Sequence[Due],
    observed: Observed,
    reasons: Mapping[tuple[str, str], str] = REASONS,
) -> list[str]:
    """Say everything that is not as it has to be; nothing where all is well."""
    found = list(observed.records)
    problems: list[str] = []
    for one in due:
        record = _take(one.point.id, found)
        if record is None:
            problems.append(f"{one.point.id} did not arrive")
            continue
        about = _differences(one, record, observed)
        about += incomplete(record, reasons)
        problems += [f"{one.point.id}: {text}" for text in about]
    return [*problems, *_not_expected(due, found), *_miscounted(observed)]


def incomplete(
    record: Data, reasons: Mapping[tuple[str, str], str] = REASONS
) -> list[str]:
    """Say which fields of a record are missing, unknown, or of the wrong type."""
    attributes = record["attributes"]
    failure = str(attributes.get("golden_path.failure"))
    point = CATALOGUE.get(failure)
    if point is None:
        return [f"{failure} is in no catalogue"]
    kinds: dict[str, Kind] = {**ALWAYS}
    kinds |= {field.name: field.kind for field in point.required}
    if "error.type" in attributes:
        kinds |= {"exception.message": "string", "exception.stacktrace": "string"}
    problems = [
        f"{name} is {_unfit(attributes, name, kind)}"
        for name, kind in kinds.items()
        if _unfit(attributes, name, kind) and (failure, name) not in reasons
    ]
    if not record["time_unix_nano"]:
        problems.append("it has no timestamp")
    return problems


def _unfit(attributes: Data, name: str, kind: Kind) -> str:
    """Say what is wrong with a field; empty where nothing is."""
    value = attributes.get(name)
    if value is None:
        is_named = name in attributes.get("golden_path.unknown", ())
        return "unknown" if is_named else "missing"
    if type(value) is not _TYPES[kind]:
        return f"no {kind}: {value!r}"
    if value == UNKNOWN and name not in _MAY_BE_UNKNOWN:
        return "unknown"
    return "empty" if value in ("", []) else ""


def _take(failure: str, found: list[Data]) -> Data | None:
    for record in found:
        if record["attributes"].get("golden_path.failure") == failure:
            found.remove(record)
            return record
    return None


def _differences(due: Due, record: Data, observed: Observed) -> list[str]:
    attributes = record["attributes"]
    wanted = {
        "golden_path.root": due.root,
        "golden_path.escalates": due.escalates,
        "golden_path.occurrences": 1,
        **due.fields,
    }
    problems = [
        f"{name} is {attributes.get(name)!r} and not {value!r}"
        for name, value in wanted.items()
        if not _same(attributes.get(name), value)
    ]
    wanted_level = due.point.level.value, due.point.level.name
    level = record["severity_number"], record["severity_text"]
    if level != wanted_level:
        problems.append(f"its severity is {level} and not {wanted_level}")
    problems += [f"{name} is missing" for name in due.about if not attributes.get(name)]
    problems += _uncorrelated(record, observed.spans)
    problems += _unchained(due, record, observed.records)
    return problems


def _same(found: object, wanted: Value) -> bool:
    """Compare values with their types: 1 is neither 1.0 nor True."""
    expected = list(wanted) if isinstance(wanted, tuple) else wanted
    return type(found) is type(expected) and found == expected


def _uncorrelated(record: Data, spans: Iterable[Data]) -> Iterator[str]:
    """Find the record's span, and the mark that leads from the trace to the record."""
    trace = [span for span in spans if span["trace_id"] == record["trace_id"]]
    if record["span_id"] not in {span["span_id"] for span in trace}:
        yield f"span {record['span_id'] or 'none'} of its trace was not received"
    elif not any("golden_path_impact" in span["attributes"] for span in trace):
        yield "no span of its trace carries golden_path_impact"


def _unchained(due: Due, record: Data, records: Iterable[Data]) -> Iterator[str]:
    """Follow a symptom to its root."""
    attributes = record["attributes"]
    root = due.cause.id if due.cause is not None else due.point.id
    if attributes.get("golden_path.root_failure") != root:
        yield f"its root is {attributes.get('golden_path.root_failure')} and not {root}"
    cause = attributes.get("golden_path.cause_id")
    if due.root and cause is not None:
        yield "it is a root and names a cause"
    ids = {
        one["attributes"].get("golden_path.record_id")
        for one in records
        if one["attributes"].get("golden_path.failure") == root
    }
    if not due.root and cause not in ids:
        yield f"it does not name the record of {root} as its cause"


def _not_expected(due: Sequence[Due], left: Iterable[Data]) -> Iterator[str]:
    expected = {one.point.id for one in due}
    for record in left:
        failure = str(record["attributes"].get("golden_path.failure"))
        again = "came once more" if failure in expected else "was not expected"
        yield f"{failure} {again}: {record['body']}"


def _miscounted(observed: Observed) -> Iterator[str]:
    counted, stood_for = Counter(observed.counted), observed.stood_for
    for failure in sorted(counted.keys() | stood_for.keys()):
        if counted[failure] != stood_for[failure]:
            yield (
                f"the process counted {counted[failure]} × {failure}, and its"
                f" records stand for {stood_for[failure]}"
            )
