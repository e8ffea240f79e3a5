"""What tells that a callable of the application's own has failed, and where to look."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gp_otel import outcomes, paths
from gp_otel.failure import ConfigurationError, Stage
from gp_otel.outcomes import Holds, Occurs, Raises, Rule
from gp_otel.paths import MISSING, Path
from gp_otel.questions import VERBS
from gp_otel.watched import Call, Watched


def function(first: object, second: object = None, *, third: object = None) -> None:
    """Have parameters."""


def call_of(result: object = None, *args: object, **kwargs: object) -> Call:
    """A call that has returned."""
    made = Call(Watched(stage=Stage.AGENT), function, None, args, kwargs)
    made.result = result
    return made


def tells(line: str, result: object, *args: object, **kwargs: object) -> bool:
    """Ask what a line says of a result."""
    condition = outcomes.parse(line)
    assert isinstance(condition, Holds)
    return condition(call_of(result, *args, **kwargs))


# -- lines ---------------------------------------------------------------------


class Status(enum.Enum):
    """How it ended, as applications write it."""

    FAILED = "failed"
    DONE = "done"


@dataclass
class Answer:
    """A result object with an error in it."""

    success: bool
    error: str | None = None
    status: Status = Status.DONE


class Fallback(Answer):
    """What is made in the place of an answer."""


HERE = __name__


@pytest.mark.parametrize(
    ("line", "fits", "does_not"),
    [
        ("is False", False, None),
        ("is False", False, 0),
        ("is None", None, False),
        ("is not None", 0, None),
        ("is empty", [], [0]),
        ("is empty", "", None),
        ("is not empty", {"a": 1}, {}),
        ("success == false", Answer(success=False), Answer(success=True)),
        ("success == false", {"success": False}, {"success": 0}),
        ("success == False", {"success": False}, {}),
        ("error exists", Answer(success=False, error="no"), Answer(success=False)),
        ("error exists", {"error": ""}, {"error": None}),
        ("error is missing", {}, {"error": None}),
        ('status == "failed"', {"status": "failed"}, {"status": "done"}),
        (
            'status == "failed"',
            Answer(success=True, status=Status.FAILED),
            Answer(success=True),
        ),
        ("status != 'done'", {"status": "failed"}, {"status": "done"}),
        ("status != 'done'", {"status": None}, {}),
        ('status in ["failed", "lost"]', {"status": "lost"}, {"status": "done"}),
        ("code not in [200, 204]", {"code": 500}, {"code": 204}),
        ("[0] is False", (False, "no"), (True, "")),
        ("[-1].error exists", [{"error": 1}], []),
        ('["any key"] > 2', {"any key": 3}, {"any key": 2}),
        ("count <= 1", {"count": 1}, {"count": True}),
        ("count < 1.5", {"count": 1}, {"count": "1"}),
        ('name >= "b"', {"name": "b"}, {"name": "a"}),
        ('matches "(?i)sorry"', "I am SORRY.", "Here it is."),
        ('text matches "^$"', {"text": ""}, {"text": None}),
        (f"is a {HERE}.Fallback", Fallback(success=True), Answer(success=True)),
        (f"is an {HERE}.Answer", Fallback(success=True), None),
        (f"is not a {HERE}.Answer", None, Fallback(success=True)),
        ("is a dict", {}, []),
    ],
)
def test_a_line_tells(line: str, fits: object, does_not: object) -> None:
    """It holds for the one result and not for the other."""
    assert (True, False) == (tells(line, fits), tells(line, does_not))


def test_a_line_about_the_arguments() -> None:
    """A path can begin at the arguments, by name or by place."""
    assert tells('args.second == "demo"', None, 1, second="demo")
    assert tells('args.second == "demo"', None, 1, "demo")
    assert tells("args[0] == 1", None, 1)
    assert not tells("args[1] == 1", None, 1)


@pytest.mark.parametrize(
    ("line", "condition"),
    [
        ("raises", Raises()),
        (" raises  ValueError ", Raises(("ValueError",))),
        ("raises KeyError, chat.errors:Lost", Raises(("KeyError", "chat.errors.Lost"))),
        ("called", Occurs("called")),
        ("succeeds", Occurs("succeeds")),
        (
            "succeeds if user.demo == true",
            Occurs(
                "succeeds", Holds(Path("result", ("user", "demo")), "==", operand=True)
            ),
        ),
    ],
)
def test_a_line_about_more_than_the_result(
    line: str, condition: outcomes.Condition
) -> None:
    """Exceptions, the call itself and its success have lines of their own."""
    assert condition == outcomes.parse(line)


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("", "write `raises`"),
        ("rases", "write `raises`"),
        ("success =", "write `raises`"),
        ("success == flase", 'write "flase" for a text'),
        ("success ==", "say with what"),
        ("is False really", "end it there"),
        ("code in 3", "is no list"),
        ('matches "("', "is no regular expression"),
        ("matches 3", "write it in quotes"),
        ("raises Timeout", "write `module.Timeout`"),
        ("raises ValueEror", "`ValueError`"),
        ("raises 3x", "write `module.Class`"),
    ],
)
def test_a_line_that_tells_nothing(line: str, remedy: str) -> None:
    """It is refused, with what to write instead."""
    with pytest.raises(ConfigurationError) as refused:
        outcomes.parse(line)

    assert remedy in str(refused.value)


def test_outcomes_as_tables() -> None:
    """A table gives an outcome a failure point of its own."""
    read = outcomes.read(
        [
            "is None",
            {"when": "is False", "failure": "agent.timeout"},
            {"raises": "ValueError", "failure": "agent.timeout"},
            {"raises": [KeyError, "chat.Lost"]},
        ]
    )

    assert (
        Rule(Holds(Path("result"), "is None")),
        Rule(Holds(Path("result"), "is False"), "agent.timeout"),
        Rule(Raises(("ValueError",)), "agent.timeout"),
        Rule(Raises(("KeyError", "chat.Lost"))),
    ) == read


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"when": "raises", "raises": "ValueError"},
        {"raises": "ValueError", "id": "x"},
    ],
)
def test_a_table_that_is_no_outcome(table: dict[str, object]) -> None:
    """One of `when` and `raises` has to be there, and nothing unknown."""
    with pytest.raises(ConfigurationError, match="is no outcome: write"):
        outcomes.read([table])


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
KEYS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cs"], exclude_characters="'\"\\\n"
    ),
    max_size=6,
)
STEPS = st.lists(st.one_of(NAMES, st.integers(-99, 99), KEYS), max_size=4).map(tuple)
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=10),
)
RESULT_PATHS = st.builds(Path, st.sampled_from(["args", "self", "result"]), STEPS)
OPERANDS: Mapping[str, st.SearchStrategy[Any]] = {
    "is a": NAMES.map(lambda name: f"module.{name}"),
    "is not a": NAMES.map(lambda name: f"module.{name}"),
    "in": st.lists(PLAIN, max_size=3).map(tuple),
    "not in": st.lists(PLAIN, max_size=3).map(tuple),
    "matches": st.sampled_from(["", "a|b", "(?i)sorry", 'say "no"', "é\\d+"]),
}


@st.composite
def questions(draw: st.DrawFn) -> Holds:
    """Any question about a value."""
    verb = draw(st.sampled_from(sorted(VERBS)))
    if VERBS[verb].read is None:
        return Holds(draw(RESULT_PATHS), verb)
    return Holds(draw(RESULT_PATHS), verb, draw(OPERANDS.get(verb, PLAIN)))


CONDITIONS = st.one_of(
    st.lists(NAMES.map(lambda name: f"module.{name}"), max_size=3).map(
        lambda names: Raises(tuple(names))
    ),
    questions(),
    st.builds(Occurs, st.sampled_from(["called", "succeeds"]), st.none() | questions()),
)


@given(CONDITIONS)
def test_what_is_written_is_read_again(condition: outcomes.Condition) -> None:
    """Written down and read, every condition is the same."""
    assert condition == outcomes.parse(str(condition))


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any line is an outcome or one clear error."""
    refused: ConfigurationError | None = None
    try:
        outcomes.parse(text)
    except ConfigurationError as error:
        refused = error

    assert refused is None or ": " in str(refused)


# -- values --------------------------------------------------------------------


class Hostile:
    """Answers every question with an exception."""

    def __getattr__(self, name: str) -> object:
        """Fail."""
        raise RuntimeError(name)

    def __eq__(self, other: object) -> bool:
        """Fail."""
        raise RuntimeError

    def __len__(self) -> int:
        """Fail."""
        raise RuntimeError

    def __getitem__(self, key: object) -> object:
        """Fail."""
        raise RecursionError

    def __hash__(self) -> int:
        """Fail."""
        raise RuntimeError


class HostileMapping(Mapping[str, object]):
    """A mapping that was closed."""

    def __getitem__(self, key: str) -> object:
        """Fail."""
        raise OSError(key)

    def __iter__(self) -> Iterator[str]:
        """Fail."""
        raise OSError

    def __len__(self) -> int:
        """Fail."""
        raise OSError


VALUES = st.recursive(
    st.one_of(
        PLAIN,
        st.binary(max_size=4),
        st.builds(Hostile),
        st.builds(HostileMapping),
        st.just(Answer(success=False)),
        st.just(float("nan")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(NAMES, inner, max_size=3),
    ),
    max_leaves=6,
)


@given(CONDITIONS, VALUES, VALUES)
@example(outcomes.parse("a == 1"), Hostile(), None)
@example(outcomes.parse("is empty"), Hostile(), None)
@example(outcomes.parse("a exists"), HostileMapping(), None)
def test_no_value_breaks_a_question(
    condition: outcomes.Condition, result: object, argument: object
) -> None:
    """Whatever the application hands over, the answer is yes or no."""
    if isinstance(condition, Holds):
        assert condition(call_of(result, argument)) in {True, False}


CALL_PATHS = st.builds(
    Path,
    st.sampled_from(["args", "self", "result", "error", "seconds"]),
    STEPS,
    st.booleans(),
)


@given(CALL_PATHS, VALUES, VALUES)
def test_no_value_breaks_a_path(path: Path, result: object, argument: object) -> None:
    """A path that leads nowhere finds `MISSING`; it never raises."""
    call = call_of(result, argument, third=result)
    call.error = ValueError("no")
    call.instance = argument

    path.read(call)


@given(CALL_PATHS)
def test_a_path_is_read_as_it_is_written(path: Path) -> None:
    """Written down and read, every path is the same."""
    assert path == paths.parse(str(path))


@given(st.text(max_size=20))
def test_no_text_breaks_the_reader_of_paths(text: str) -> None:
    """Any text is a path or one clear error."""
    refused: ConfigurationError | None = None
    try:
        paths.parse(text)
    except ConfigurationError as error:
        refused = error

    assert refused is None or "is no path: write" in str(refused)


def test_a_name_is_an_argument_or_part_of_the_result() -> None:
    """Fields begin at the arguments, outcomes at the result."""
    assert Path("args", ("context", "run_id")) == paths.parse("context.run_id")
    assert Path("result", ("context", "run_id")) == paths.parse(
        "context.run_id", "result"
    )
    assert Path("error", ("code",)) == paths.parse("error.code")
    assert Path("result", ("error", "code")) == paths.parse("error.code", "result")


def test_the_size_of_a_text() -> None:
    """It is counted in bytes; of what is no text it is not known."""
    read = [
        paths.parse("size(first)").read(call_of(None, value))
        for value in ("zwölf", b"ab", [1, 2])
    ]

    assert [6, 2, MISSING] == read


def test_a_mapping_has_keys_and_no_methods() -> None:
    """`items` is a key that is not there, not the method of the dictionary."""
    assert MISSING is paths.parse("result.items").read(call_of({}))
    assert 1 == paths.parse("result.items").read(call_of({"items": 1}))


def test_arguments_by_name() -> None:
    """They are found however they were passed, and only if they were."""
    read = [
        paths.parse(name).read(call_of(None, 1, 2, third=3))
        for name in ("first", "second", "third", "args[1]", "fourth")
    ]

    assert [1, 2, 3, 2, MISSING] == read
    assert MISSING is paths.parse("second").read(call_of(None, 1))


def test_operands_are_json() -> None:
    """What is compared with is written as JSON, and Python's writing is read too."""
    assert outcomes.parse('x == "a\\"b"') == outcomes.parse("x == 'a\"b'")
    assert json.loads('"a\\"b"') == 'a"b'
