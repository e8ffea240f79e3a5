"""Laws of the stack: it says where, is bounded, and carries nobody's data."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis.exceptions
import wrapt
from hypothesis import given
from hypothesis import strategies as st
from redis.backoff import NoBackoff
from redis.retry import Retry

from gp_otel.guard import guard, guarding
from gp_otel.stack import name_of, stack_of

HERE = "tests/laws/test_stack.py"


def fall(depth: int, error: BaseException) -> None:
    """Raise it, so many calls further down."""
    if depth > 1:
        fall(depth - 1, error)
    raise error


def raised(function: Callable[..., Any], *args: Any) -> BaseException:
    """Give what a call raises."""
    try:
        function(*args)
    except BaseException as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError


def parts(line: str) -> tuple[str, str]:
    """Give the file and the function of a line."""
    file, number, function = line.rsplit(":", 2)
    assert number.isdigit()
    return file, function


def test_innermost_last() -> None:
    """Lines are `file:line:function`, in the order of Python's own."""

    class Tool:
        def call(self) -> None:
            fall(1, ValueError())

    error = raised(Tool().call)

    lines = stack_of(error).splitlines()

    name = "test_innermost_last.<locals>.Tool.call"
    assert [(HERE, "raised"), (HERE, name), (HERE, "fall")] == [*map(parts, lines)]


def test_a_library_is_named_as_it_is_imported() -> None:
    """Neither the folder of the installation nor anybody's home is in it."""
    installed = raised(redis.Redis(port=1, retry=Retry(NoBackoff(), 0)).get, "key")
    standard = raised(json.loads, "{")

    files = {
        parts(line)[0] for line in stack_of(installed).splitlines()[1:] if ":" in line
    }
    inner = stack_of(standard).splitlines()[-1]

    assert "redis/client.py" in files
    assert not [file for file in files if Path(file).is_absolute()]
    assert ("json/decoder.py", "JSONDecoder.raw_decode") == parts(inner)


@given(st.integers(1, 60), st.integers(1, 40))
def test_bounded(depth: int, limit: int) -> None:
    """Of a longer stack the innermost lines are kept, and the rest is counted."""
    lines = stack_of(raised(fall, depth, ValueError()), limit).splitlines()

    kept = min(depth + 1, limit)
    more = [f"... {depth + 1 - limit} more"] if depth + 1 > limit else []
    assert (*more, "fall") == (*lines[: len(more)], parts(lines[-1])[1])
    assert kept == len(lines) - len(more)


def test_an_endless_recursion() -> None:
    """It is as long as any other."""

    def sink() -> None:
        sink()

    assert 31 == len(stack_of(raised(sink)).splitlines())


def test_its_cause() -> None:
    """What it was raised from follows, one level of it."""

    def turn() -> None:
        try:
            fall(2, KeyError("root"))
        except KeyError as root:
            raise redis.exceptions.ConnectionError from root

    def turn_again() -> None:
        try:
            turn()
        except redis.exceptions.ConnectionError as middle:
            raise ValueError from middle

    once = stack_of(raised(turn)).splitlines()
    twice = stack_of(raised(turn_again)).splitlines()

    assert ["caused by KeyError"] == [one for one in once if " " in one]
    assert "fall" == parts(once[-1])[1]
    assert ["caused by redis.exceptions.ConnectionError"] == [
        one for one in twice if " " in one
    ]
    assert "test_its_cause.<locals>.turn" == parts(twice[-1])[1]


def test_a_long_cause() -> None:
    """It is told in ten lines, whatever was granted to its effect."""

    def turn() -> None:
        try:
            fall(50, KeyError("root"))
        except KeyError as root:
            raise ValueError from root

    lines = stack_of(raised(turn), 30).splitlines()
    cause = lines[lines.index("caused by KeyError") :]

    assert ["... 41 more", *["fall"] * 10] == [
        cause[1],
        *(parts(one)[1] for one in cause[2:]),
    ]


def test_an_endless_chain() -> None:
    """A cause of itself is told once."""
    error = ValueError()
    error.__cause__ = error

    assert "caused by ValueError" == stack_of(error)


def test_a_group() -> None:
    """The first of its members says where it went wrong."""

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(fall, 1, OSError()))

    lines = stack_of(raised(asyncio.run, work())).splitlines()

    assert "caused by OSError" in lines
    assert (HERE, "fall") == parts(lines[-1])


def test_our_own_frames_are_left_out() -> None:
    """The engine's and wrapt's are of no use to whoever reads it, but to us."""

    def wrapper(wrapped: Any, _: Any, args: Any, kwargs: Any) -> Any:
        with guarding("nothing"):
            return guard("nothing", wrapped, *args, **kwargs)

    error = raised(wrapt.FunctionWrapper(fall, wrapper), 1, KeyboardInterrupt())

    names = [parts(line)[1] for line in stack_of(error).splitlines()]
    all_names = [parts(line)[1] for line in stack_of(error, ours=True).splitlines()]

    assert "guard" not in names
    assert "guard" in all_names
    assert "fall" == names[-1] == all_names[-1]


@pytest.mark.parametrize("package", ["gp_otel_instrumentors", "wrapt"])
def test_our_other_folders(package: str) -> None:
    """The tables, and wrapt where it is Python, are left out as well."""
    file = f"/usr/lib/python3/site-packages/{package}/module.py"
    code: dict[str, Any] = {}
    exec(compile("def call(f, *a):\n    f(*a)", file, "exec"), code)  # noqa: S102 - ours

    lines = stack_of(raised(code["call"], fall, 1, ValueError())).splitlines()

    assert ["raised", "fall"] == [parts(one)[1] for one in lines]


def test_without_a_traceback() -> None:
    """An exception that was never raised has no stack."""
    assert "" == stack_of(ValueError())


def test_code_of_no_file() -> None:
    """What was made from a text is named as it names itself, its secrets masked."""
    name = "<postgresql://ada:hunter2@db/chat>"
    code: dict[str, Any] = {}
    exec(compile("def call():\n    raise ValueError", name, "exec"), code)  # noqa: S102 - ours

    last = stack_of(raised(code["call"])).splitlines()[-1]

    assert "<postgresql://[redacted]@db/chat>:2:call" == last


class Hostile(Exception):  # noqa: N818 - it is no error of ours
    """An exception that does not like to be asked."""

    __traceback__: Any = property(lambda _: 1 // 0)


def test_an_exception_that_raises() -> None:
    """Nothing is known of it, and nobody is harmed."""
    assert "" == stack_of(Hostile())


def test_nothing_is_kept() -> None:
    """Asking for the stack keeps no frame and no local alive."""
    error = raised(fall, 3, ValueError())
    before = sys.getrefcount(error.__traceback__)

    stack_of(error)
    after = sys.getrefcount(error.__traceback__)

    assert before == after


def test_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of what is known the last three parts of a path are kept."""
    folder = tmp_path / "one" / "two" / "three"
    folder.mkdir(parents=True)
    (folder / "far.py").write_text("def call():\n    raise ValueError\n")
    monkeypatch.syspath_prepend(folder)

    last = stack_of(raised(__import__("far").call)).splitlines()[-1]

    assert "two/three/far.py:2:call" == last


class Odd(type):
    """A metaclass that raises."""

    def __getattribute__(cls, name: str) -> Any:
        """Refuse."""
        raise ValueError(name)


class OddError(Exception, metaclass=Odd):
    """Whose name cannot be asked for."""


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (ValueError, "ValueError"),
        (redis.exceptions.ConnectionError, "redis.exceptions.ConnectionError"),
        (redis.ConnectionError, "redis.exceptions.ConnectionError"),
        (asyncio.TimeoutError, "TimeoutError"),
        (json.JSONDecodeError, "json.decoder.JSONDecodeError"),
        (Hostile, f"{__name__}.Hostile"),
        (OddError, "unknown"),
    ],
    ids=str,
)
def test_the_name_of_a_class(kind: type, name: str) -> None:
    """It is the one under which it is defined, whatever it was imported as."""
    assert name == name_of(kind)
