"""The rules of the house that a linter does not know."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gp_otel", "instrumentors")
OURS = ("__future__", "gp_otel", "gp_otel_instrumentors")
LONGEST_FILE = 260
LONGEST_FUNCTION = 40


@dataclass(frozen=True)
class Module:
    """A source file, as text and as a tree."""

    path: PurePosixPath
    text: str

    @property
    def nodes(self) -> Iterator[ast.AST]:
        """Everything in it."""
        return ast.walk(self.tree)

    @property
    def tree(self) -> ast.Module:
        """What Python makes of it."""
        return ast.parse(self.text)


Find = Callable[[Module], Iterable[int]]
"""Give the lines on which a module breaks a rule."""


def lines(nodes: Iterable[ast.AST]) -> list[int]:
    """Give the lines that these nodes stand on."""
    return [getattr(node, "lineno", 1) for node in nodes]


def calls(module: Module) -> Iterator[ast.Call]:
    """Give every call."""
    return (node for node in module.nodes if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    """Name what is called: the last part of a dotted name."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def undocumented(module: Module) -> list[int]:
    """Find a module without a docstring."""
    return [] if ast.get_docstring(module.tree) else [1]


def without_future(module: Module) -> list[int]:
    """Find a module of more than a docstring that evaluates its annotations."""
    imports = [node for node in module.tree.body if isinstance(node, ast.ImportFrom)]
    known = any(node.module == "__future__" for node in imports)
    constants_only = all(
        isinstance(node, ast.Expr | ast.Assign) for node in module.tree.body
    )
    return [] if known or constants_only else [1]


def foreign_names(module: Module) -> set[str]:
    """Give the names that an import of somebody else's code has bound."""
    names: set[str] = set()
    for node in module.nodes:
        match node:
            case ast.Import(names=found):
                names |= {(one.asname or one.name).partition(".")[0] for one in found}
            case ast.ImportFrom(module=str(origin), names=found, level=0):
                if origin.partition(".")[0] not in OURS:
                    names |= {one.asname or one.name for one in found}
            case _:
                pass
    return names - set(OURS)


def root_name(node: ast.expr) -> str:
    """Give the first name of a dotted expression."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def foreign_assignments(module: Module) -> list[int]:
    """Find what may put an attribute on somebody else's object.

    A static approximation: any call of the builtins and of wrapt's patchers, and
    an assignment below an imported name.
    """
    patchers = {"delattr", "setattr", "patch_function_wrapper", "wrap_function_wrapper"}
    names = foreign_names(module)
    assigned = (
        node
        for node in module.nodes
        if isinstance(node, ast.Attribute)
        and not isinstance(node.ctx, ast.Load)
        and root_name(node) in names
    )
    patched = (call for call in calls(module) if called(call) in patchers)
    return [*lines(patched), *lines(assigned)]


def bare_exits(module: Module) -> list[int]:
    """Find a context closed by hand, as if nothing had gone wrong."""
    return [
        call.lineno
        for call in calls(module)
        if called(call) in {"__exit__", "__aexit__"}
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value is None
    ]


def bare_excepts(module: Module) -> list[int]:
    """Find an `except` that names nothing."""
    handlers = (n for n in module.nodes if isinstance(n, ast.ExceptHandler))
    return lines(handler for handler in handlers if handler.type is None)


def prints(module: Module) -> list[int]:
    """Find a `print`."""
    return lines(call for call in calls(module) if called(call) == "print")


def loaded(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, int]]:
    """Give the packages that are imported while a module is loaded."""
    for node in statements:
        match node:
            case ast.Import(names=names):
                yield from ((n.name.partition(".")[0], node.lineno) for n in names)
            case ast.ImportFrom(module=origin, level=level):
                yield "." if level else str(origin).partition(".")[0], node.lineno
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=other):
                yield from loaded(other)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                pass
            case _:
                inner = (n for n in ast.iter_child_nodes(node))
                yield from loaded(n for n in inner if isinstance(n, ast.stmt))


def beyond_the_standard_library(module: Module) -> list[int]:
    """Find an import, at load time, of more than Python itself."""
    known = sys.stdlib_module_names
    return [line for name, line in loaded(module.tree.body) if name not in known]


def long_files(module: Module) -> list[int]:
    """Find a file that holds a second noun."""
    count = len(module.text.splitlines())
    return [count] if count > LONGEST_FILE else []


def long_functions(module: Module) -> list[int]:
    """Find a function that nobody reads to its end."""
    return [
        node.lineno
        for node in module.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]


def blanket_ignores(module: Module) -> list[int]:
    """Find a comment that silences a checker without naming a rule."""
    blanket = re.compile(r"#\s*(noqa(?!: ?[A-Z])|(type|pyright): ?ignore(?!\[))")
    return [
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(module.text).readline)
        if token.type == tokenize.COMMENT and blanket.search(token.string)
    ]


@dataclass(frozen=True)
class Rule:
    """What must not be found, where, and a text in which it is."""

    find: Find
    broken: str
    folders: tuple[str, ...] = PACKAGES
    only: str = "*"
    exempt: tuple[str, ...] = ()

    def applies(self, path: PurePosixPath) -> bool:
        """Tell whether a file has to keep it."""
        return (
            path.parts[0] in self.folders
            and path.match(self.only)
            and not any(str(path).startswith(prefix) for prefix in self.exempt)
        )


EVERYWHERE = (*PACKAGES, "examples", "tests")
TERMINAL = ("gp_otel/cli", "gp_otel/console.py", "gp_otel/demo")

RULES = (
    Rule(undocumented, "import os\n", EVERYWHERE),
    Rule(without_future, '"""Doc."""\nimport os\n', EVERYWHERE),
    Rule(
        foreign_assignments,
        "import redis.client\nredis.client.Redis.get = None\n",
        exempt=("gp_otel/patch.py",),
    ),
    Rule(foreign_assignments, "setattr(library, 'call', wrapper)\n", ("examples",)),
    Rule(bare_exits, "context.__exit__(None, None, None)\n", EVERYWHERE),
    Rule(bare_excepts, "try:\n    call()\nexcept:\n    pass\n", EVERYWHERE),
    Rule(prints, "print('here')\n", exempt=TERMINAL),
    Rule(
        beyond_the_standard_library,
        "try:\n    import wrapt\nexcept ImportError:\n    pass\n",
        only="gp_otel/launch.py",
    ),
    Rule(
        beyond_the_standard_library,
        "from gp_otel.report import report\n",
        only="gp_otel/__init__.py",
    ),
    Rule(long_files, "x = 1\n" * 261, exempt=("gp_otel/catalogue",)),
    Rule(long_functions, "def f():\n" + "    x = 1\n" * 40),
    Rule(blanket_ignores, "import os  # type: ignore\n", EVERYWHERE),
    Rule(blanket_ignores, "import os  # noqa\n", ("examples", "tests")),
)


def modules() -> Iterator[Module]:
    """Read every source file of the checkout."""
    for folder in EVERYWHERE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = PurePosixPath(path.relative_to(ROOT).as_posix())
            yield Module(relative, path.read_text(encoding="utf-8"))


def name(rule: Rule) -> str:
    """Call a rule by what it finds."""
    return f"{rule.find.__name__}-{'-'.join(rule.folders)}"


every_rule = pytest.mark.parametrize("rule", RULES, ids=name)


@every_rule
def test_everybody_keeps_it(rule: Rule) -> None:
    """No file breaks the rule."""
    broken = [
        f"{module.path}:{line}"
        for module in modules()
        if rule.applies(module.path)
        for line in rule.find(module)
    ]

    assert [] == broken


@every_rule
def test_it_can_be_broken(rule: Rule) -> None:
    """A rule that finds nothing in a text that breaks it is no rule."""
    assert [] != list(rule.find(Module(PurePosixPath("broken.py"), rule.broken)))


@every_rule
def test_somebody_has_to_keep_it(rule: Rule) -> None:
    """A rule that applies to no file is no rule either."""
    assert any(rule.applies(module.path) for module in modules())


# Paths of one machine, hosts that packages come from, what lies beside the checkout.
# Written with brackets, so that this file does not find itself.
STRANGE = re.compile(
    r"/(?:work|root|tmp/w)/|[p]ypi\.org|[p]ythonhosted|\.\./[s]hared|[c]ensus"
)
KINDS = {"", ".css", ".html", ".md", ".py", ".sql", ".toml", ".txt", ".yaml", ".yml"}
PLACES = (".ci", ".github", "collector-config", *EVERYWHERE)


def texts() -> Iterator[Path]:
    """Give every file of the checkout that a person may read."""
    yield from (path for path in ROOT.iterdir() if path.is_file())
    for place in PLACES:
        yield from (path for path in (ROOT / place).rglob("*") if path.is_file())


def test_nothing_says_where_it_was_written() -> None:
    """A stranger finds no path, host or file of somebody else's machine."""
    readable = (p for p in texts() if p.suffix in KINDS and p.name != ".coverage")

    assert [] == [
        str(path.relative_to(ROOT))
        for path in readable
        if STRANGE.search(path.read_text(encoding="utf-8", errors="replace"))
    ]


@pytest.mark.parametrize(
    "text", ["cd /" + "work/main", "/" + "root/.cache", "https://py" + "pi.org/simple"]
)
def test_a_strange_word_is_found(text: str) -> None:
    """The search does find what it is there for."""
    assert STRANGE.search(text)
