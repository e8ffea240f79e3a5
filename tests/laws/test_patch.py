"""Laws of patching: it leaves no trace, and nobody notices while it lasts."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import wrapt
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.instrumentation.utils import unwrap

from gp_otel import guard
from gp_otel.patch import Patches, Wrapper, when_imported

# -- somebody's library --------------------------------------------------------


class Base:
    """What the library's class inherits from."""

    def inherited(self) -> str:
        """Answer from the base."""
        return "inherited"

    @classmethod
    def inherited_class(cls) -> str:
        """Answer from the base's class."""
        return f"inherited by {cls.__name__}"

    async def inherited_coroutine(self) -> str:
        """Answer from the base, later."""
        return "inherited later"


class Library(Base):
    """Everything that can be wrapped."""

    def method(self, word: str = "method") -> str:
        """Answer."""
        return word

    @classmethod
    def class_method(cls) -> str:
        """Answer for the class."""
        return cls.__name__

    @staticmethod
    def static_method() -> str:
        """Answer for nobody."""
        return "static"

    async def coroutine(self) -> str:
        """Answer later."""
        return "coroutine"

    def generator(self) -> Iterator[str]:
        """Answer in parts."""
        yield from ("one", "two")

    async def async_generator(self) -> AsyncIterator[str]:
        """Answer in parts, later."""
        yield "three"
        yield "four"

    def __call__(self) -> str:
        """Answer for the operator."""
        return "called"

    @property
    def kind(self) -> str:
        """What cannot be wrapped."""
        return "property"

    def __eq__(self, other: object) -> bool:
        """Tell no two of them apart."""
        return isinstance(other, Library)

    def __hash__(self) -> int:
        """Agree with `__eq__`."""
        return 1


def function(word: str = "function") -> str:
    """Answer for the module."""
    return word


MODULE = sys.modules[__name__]
PATHS = (
    "Library.method",
    "Library.class_method",
    "Library.static_method",
    "Library.coroutine",
    "Library.generator",
    "Library.async_generator",
    "Library.inherited",
    "Library.inherited_class",
    "Library.inherited_coroutine",
    "Library.__call__",
    "Base.inherited",
    "function",
)
TARGETS = st.lists(st.sampled_from(PATHS), max_size=8)


async def in_parts(source: AsyncIterator[str]) -> list[str]:
    """Put an async generator's answers together."""
    return [part async for part in source]


def answers() -> list[object]:
    """Ask the library everything it can be asked."""
    one = Library()
    return [
        one.method(word="given"),
        Library.method(one, "unbound"),
        one.class_method(),
        Library.class_method(),
        one.static_method(),
        Library.static_method(),
        asyncio.run(one.coroutine()),
        list(one.generator()),
        asyncio.run(in_parts(one.async_generator())),
        one.inherited(),
        Library.inherited_class(),
        asyncio.run(one.inherited_coroutine()),
        one(),
        function(),
    ]


def identities() -> list[tuple[str, int]]:
    """Tell objects apart by identity: a wrapt proxy is equal to what it wraps."""
    return sorted(
        (f"{owner.__name__}.{name}", id(value))
        for owner in (Base, Library, MODULE)
        for name, value in vars(owner).items()
        if not name.startswith("@py") and name not in {"__doc__", "__weakref__"}
    )


# -- ours --------------------------------------------------------------------


def note(who: str, seen: list[str]) -> Callable[[Any], Wrapper]:
    """Make wrappers that write their own name down and call on."""

    def make(_original: Any) -> Wrapper:
        def wrapper(wrapped: Any, _instance: Any, args: Any, kwargs: Any) -> Any:
            seen.append(who)
            return wrapped(*args, **kwargs)

        return wrapper

    return make


def wrap(targets: list[str], seen: list[str], who: str = "ours") -> Patches:
    """Patch the library as an instrumentor would."""
    patches = Patches()
    for path in targets:
        patches.wrap(MODULE, path, note(who, seen))
    return patches


ANSWERS = answers()
ORIGINAL = Library.method


@given(TARGETS)
def test_undo_puts_back_the_very_objects(targets: list[str]) -> None:
    """After undo everybody holds what they held before, down to identity."""
    before = identities()

    wrap(targets, []).undo()

    assert before == identities()


@given(st.lists(st.tuples(TARGETS, st.integers()), min_size=1, max_size=4))
def test_undone_in_any_order(stacked: list[tuple[list[str], int]]) -> None:
    """Several of ours on one another, undone in any order, leave no trace."""
    before = identities()
    patches = [(order, wrap(targets, [])) for targets, order in stacked]

    for _, one in sorted(patches, key=lambda pair: pair[0]):
        one.undo()

    assert before == identities()


@given(TARGETS)
def test_answers_while_patched(targets: list[str]) -> None:
    """The library answers as ever, and every wrapper is passed."""
    seen: list[str] = []
    patches = wrap(targets, seen)

    given_answers = answers()
    patches.undo()

    assert ANSWERS == given_answers
    assert bool(targets) == bool(seen)


@given(TARGETS, TARGETS)
def test_undo_below_somebody_else(ours: list[str], theirs: list[str]) -> None:
    """Undone under another tool's patch we fall silent, and the library answers."""
    seen: list[str] = []
    first, second = wrap(ours, seen), wrap(theirs, [])

    first.undo()
    given_answers = answers()
    second.undo()

    assert ANSWERS == given_answers
    assert [] == seen


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_unwraps_his_own(path: str) -> None:
    """He takes his off as contrib does; ours goes on, and can still be undone."""
    before, seen = identities(), list[str]()
    ours = wrap([path], seen)
    owner, _, name = path.rpartition(".")
    place = getattr(MODULE, owner) if owner else MODULE
    wrapt.wrap_function_wrapper(MODULE, path, note("theirs", seen)(None))

    covered = ours.state(f"{__name__}:{path}")
    unwrap(place, name)
    uncovered = ours.state(f"{__name__}:{path}")
    given_answers = answers()
    ours.undo()

    assert ("wrapped by a stranger", "patched") == (covered, uncovered)
    assert ANSWERS == given_answers
    assert {"ours"} == set(seen)
    assert before == identities()


def test_a_stranger_tears_ours_off() -> None:
    """It is said so, and undo does not put anything anywhere."""
    before = identities()
    ours = wrap(["Library.method"], [])
    setattr(Library, "method", ORIGINAL)  # noqa: B010 - as a stranger would

    state = ours.state(f"{__name__}:Library.method")
    ours.undo()

    assert "torn off" == state
    assert before == identities()


def test_what_was_taken_along_falls_silent() -> None:
    """A method bound while patched, and the function itself, go on without us."""
    seen: list[str] = []
    patches = wrap(["Library.method", "function"], seen)
    bound, plain = Library().method, MODULE.function

    patches.undo()

    assert ("method", "function") == (bound(), plain())
    assert [] == seen


def test_patched_again_after_undo() -> None:
    """What was undone can be used again, and is heard again."""
    before, seen = identities(), list[str]()
    patches = wrap(["function"], [])
    patches.undo()

    patches.wrap(MODULE, "function", note("again", seen))
    function()
    patches.undo()

    assert ["again"] == seen
    assert before == identities()


class Mine(Exception):  # noqa: N818 - the application's own name for it
    """What the application raises."""


@given(st.sampled_from([ValueError("a"), Mine("b"), KeyboardInterrupt("c")]))
def test_an_exception_passes_untouched(error: BaseException) -> None:
    """It arrives as the same object, with the chain that it had."""

    class Failing:
        def call(self) -> None:
            raise error

    module = ModuleType("failing")
    vars(module)["Failing"] = Failing
    patches = Patches()
    patches.wrap(module, "Failing.call", note("ours", []))

    with pytest.raises(type(error)) as caught:
        Failing().call()

    assert error is caught.value
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)


def looks(target: Any) -> tuple[object, ...]:
    """Ask what frameworks ask before they call something."""
    return (
        inspect.iscoroutinefunction(target),
        inspect.isasyncgenfunction(target),
        inspect.isgeneratorfunction(target),
        inspect.isfunction(target),
        inspect.ismethod(target),
        inspect.signature(target),
        inspect.getdoc(target),
        target.__name__,
        target.__qualname__,
        target.__module__,
    )


@pytest.mark.parametrize("path", PATHS)
def test_looks_the_same(path: str) -> None:
    """To `inspect`, through the class and through an instance."""
    owner, _, name = path.rpartition(".")
    places = (getattr(MODULE, owner), getattr(MODULE, owner)()) if owner else (MODULE,)
    before = [looks(getattr(place, name)) for place in places]
    patches = wrap([path], [])

    patched = [looks(getattr(place, name)) for place in places]
    patches.undo()

    assert before == patched


@given(TARGETS)
def test_is_pickled_and_copied_by_reference(targets: list[str]) -> None:
    """What an application could send to a worker before, it can send now."""
    patches = wrap([*targets, "Library.method", "function"], [])
    sent: list[Any] = [
        Library().method,
        Library.method,
        Library.class_method,
        Library.static_method,
        Library().inherited,
        MODULE.function,
    ]

    pickled = pickle.dumps(sent)
    copied = [copy.copy(sent), copy.deepcopy(sent)]
    patches.undo()
    arrived = pickle.loads(pickled)  # noqa: S301 - our own

    for got in (arrived, *copied):
        assert ["method", "method", "Library", "static", "inherited", "function"] == [
            call(Library()) if call == ORIGINAL else call() for call in got
        ]
    assert ORIGINAL is arrived[1]


def test_a_target_that_is_not_there() -> None:
    """It is told, and nothing is done."""
    before, patches = identities(), Patches()

    found = [
        patches.wrap(MODULE, path, note("ours", []))
        for path in ("Library.nothing", "Nothing.method", "nothing", "function")
    ]
    states = [patches.state(f"{__name__}:{path}") for path in ("nothing", "function")]
    patches.undo()

    assert [False, False, False, True] == found
    assert ["missing", "patched"] == states
    assert before == identities()


@pytest.mark.parametrize("path", ["Library.kind", "Library"])
def test_what_is_no_function_is_refused(path: str) -> None:
    """A wrapped class or property would be another thing to whoever uses it."""
    before = identities()

    with pytest.raises(TypeError, match=path):
        Patches().wrap(MODULE, path, note("ours", []))

    assert before == identities()


def test_replaced_and_put_back() -> None:
    """A raw replacement is undone like a wrapper, also where nothing stood."""
    before, patches = identities(), Patches()

    patches.replace(Library, "kind", "replaced")
    patches.replace(Library, "inherited", lambda _self: "replaced")
    patches.replace(MODULE, "anew", "replaced")
    replaced = (Library().kind, Library().inherited(), MODULE.anew)
    patches.undo()

    assert ("replaced",) * 3 == replaced
    assert before == identities()


# -- waiting for an import ---------------------------------------------------------


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module that nobody has imported yet."""
    name = f"later_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{name}.py").write_text("def call():\n    return 'answer'\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def test_imported_later(later: str) -> None:
    """The module is handed over when its body has run, and once only."""
    seen: list[str] = []
    patches = Patches()
    patches.when_imported(
        later, lambda module: patches.wrap(module, "call", note("ours", seen))
    )

    pending = patches.state(f"{later}:call")
    answer = __import__(later).call()
    patched = patches.state(f"{later}:call")
    patches.undo()
    __import__(later).call()

    assert ("missing", "patched") == (pending, patched)
    assert ("answer", ["ours"]) == (answer, seen)


def test_imported_already() -> None:
    """It is handed over at once."""
    got: list[ModuleType] = []

    when_imported("json", got.append)

    assert [sys.modules["json"]] == got


def test_undone_before_the_import(later: str) -> None:
    """Who is undone does not patch what is imported afterwards."""
    got: list[ModuleType] = []
    patches = Patches()
    patches.when_imported(later, got.append)

    patches.undo()
    __import__(later)

    assert [] == got


def test_a_callback_that_raises(later: str) -> None:
    """Whoever imports does not hear of it; we do."""

    def fail(_module: ModuleType) -> None:
        raise ValueError

    guard.forget()
    when_imported(later, fail)

    answer = __import__(later).call()

    assert "answer" == answer
    assert {f"import of {later}": 1} == guard.failures()
    guard.forget()
