"""The settings file: where it is found, what it may say, what is refused and how."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gp_otel import settings
from gp_otel.catalogue import CATALOGUE
from gp_otel.failure import AT_ONCE, ConfigurationError, Level
from gp_otel.named import Named
from gp_otel.outcomes import Holds, Raises, Rule
from gp_otel.paths import Path as ValuePath
from gp_otel.settings import Settings

SERVICE = '[[services]]\nname = "a"\nhosts = ["h"]\n'
WATCH = '[[watch]]\ntarget = "shop:sell"\nfailure = "agent.timeout"\n'


def parsed(toml: str, **environ: str) -> Settings:
    """Read settings as from a file of this name."""
    return settings.parse(tomllib.loads(toml), "gp.toml", environ)


@pytest.fixture
def nothing_in_force() -> Iterator[None]:
    """Begin as a process does, and leave as it was found."""
    before = settings.current()
    settings.use(None)
    yield
    settings.use(before)


# -- where they are ------------------------------------------------------------------


def test_no_file(tmp_path: Path) -> None:
    """Then the defaults are in force."""
    assert Settings() == settings.load({}, tmp_path)


def test_the_file_that_the_environment_names(tmp_path: Path) -> None:
    """It outranks the others."""
    (tmp_path / "gp-otel.toml").write_text('audit = ["auth"]')
    named = tmp_path / "other.toml"
    named.write_text('audit = ["agent"]')

    found = settings.load({"GP_OTEL_SETTINGS": str(named)}, tmp_path)

    assert (frozenset({"agent"}), str(named)) == (found.audit, found.source)


def test_the_file_in_the_folder(tmp_path: Path) -> None:
    """It outranks the project's file."""
    own, project = tmp_path / "gp-otel.toml", tmp_path / "pyproject.toml"
    project.write_text('[tool.gp_otel]\naudit = ["agent"]')
    own.write_text('audit = ["auth"]')

    assert {"auth"} == settings.load({}, tmp_path).audit


@pytest.mark.parametrize("named", [True, False])
def test_the_table_in_the_project(tmp_path: Path, *, named: bool) -> None:
    """`[tool.gp_otel]` of `pyproject.toml`, and nothing else of that."""
    project = tmp_path / "pyproject.toml"
    project.write_text('[project]\nname = "x"\n[tool.gp_otel]\naudit = ["agent"]')
    environ = {"GP_OTEL_SETTINGS": str(project)} if named else {}

    found = settings.load(environ, tmp_path)

    source = f"{project} [tool.gp_otel]"
    assert (frozenset({"agent"}), source) == (found.audit, found.source)


def test_a_project_without_the_table(tmp_path: Path) -> None:
    """It is somebody else's file."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"')

    assert Settings() == settings.load({}, tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be read (No such file or directory): correct GP_OTEL_SETTINGS"),
        (b"audit = [", "is not TOML, correct it there: "),
        (b"audit = '\xff'", "is not TOML, correct it there: "),
    ],
)
def test_a_file_that_cannot_be_read(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    """One error names it."""
    path = tmp_path / "gp.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigurationError) as refused:
        settings.load({"GP_OTEL_SETTINGS": str(path)}, tmp_path)

    assert str(refused.value).startswith(f"{path}: {problem}")


def test_wrong_settings_stop_nobody(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    nothing_in_force: None,
) -> None:
    """One line in the log, the defaults in force, and the source says why."""
    (tmp_path / "gp-otel.toml").write_text("adit = []")
    monkeypatch.chdir(tmp_path)

    settings.begin()

    (line,) = caplog.messages
    problem = "gp-otel.toml: `adit` is no key: did you mean audit?"
    assert f"{problem} (the defaults are in force)" == line
    assert Settings(source=f"defaults, because: {problem}") == settings.current()


def test_a_folder_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nothing_in_force: None
) -> None:
    """A process whose folder was removed has the defaults."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    settings.begin()

    assert Settings() == settings.current()


# -- what they say -------------------------------------------------------------------


def test_everything_at_once() -> None:
    """Each key ends up where it is looked for."""
    found = parsed(
        """
        audit = ["agent", "database"]
        user_hash_key_env = "HASH_KEY"
        user_claims = ["uid", "sub"]
        baggage_hosts = ["internal"]
        health_paths = ["/up"]

        [ids]
        run_id = ["run"]

        [dependencies]
        get_supervisor = "service.supervisor.unavailable"

        [[services]]
        name = "search"
        hosts = ["search:8100", "search.internal"]

        [[services]]
        name = "auth"
        hosts = ["search:8200"]
        failure = "auth.service.unavailable"

        [websocket]
        reply_deadline = 3
        answers = ["agent_completed", "error"]
        """,
        HASH_KEY="k",
    )

    assert {"agent", "database"} == found.audit
    assert "k" == found.user_hash_key
    assert ("uid", "sub") == found.user_claims
    assert ("internal",) == found.baggage_hosts
    assert ("/up",) == found.health_paths
    assert (("run",), Settings().ids["thread_id"]) == (
        found.ids["run_id"],
        found.ids["thread_id"],
    )
    assert {"get_supervisor": "service.supervisor.unavailable"} == found.dependencies
    assert (3.0, ("agent_completed", "error")) == (
        found.websocket.reply_deadline,
        found.websocket.answers,
    )
    assert ["search", "search", "auth", None] == [
        service.name if (service := found.service_at(host, port)) else None
        for host, port in (
            ("search", 8100),
            ("search.internal", 443),
            ("search", 8200),
            ("search", 1),
        )
    ]


def test_changes_to_failure_points() -> None:
    """Level, alert and what judges can be changed; an alias stands for its id."""
    found = parsed(
        """
        [points."agent.timeout"]
        level = "CRITICAL"
        alert = "at_once"

        [points."agent.factory.init_failed"]
        fallback_available = true
        says = { SSOT_validation = "not used here" }
        """
    )
    timeout = found.find("agent.timeout")
    factory = CATALOGUE["agent.factory.init_failed"]

    assert (Level.CRITICAL, AT_ONCE) == (timeout.level, timeout.alert)
    assert found.has_fallback(factory)
    assert "not used here" == found.says(factory, "SSOT_validation")
    assert Settings().says(factory, "SSOT_validation") != "not used here"


def test_failure_points_of_ones_own() -> None:
    """They can be named everywhere else in the file."""
    found = parsed(
        """
        [[failure_points]]
        id = "agent.kitchen.burnt"
        title = "The toast is burnt"
        level = "ERROR"
        impact = "LOW - breakfast is late"
        resolution_steps = ["Turn <toaster> down."]
        required = [{ name = "toaster", text = "Which one." }]

        [[watch]]
        target = "kitchen:toast"
        failure = "agent.kitchen.burnt"
        fields = { toaster = "self.name" }
        """
    )

    assert "The toast is burnt" == found.find("agent.kitchen.burnt").title
    assert "agent.kitchen.burnt" == found.watches[0].failure


def test_a_watch() -> None:
    """Everything that can be said of a callable."""
    found = parsed(
        """
        [[watch]]
        target = "chat.agents.factory:AgentFactory.create"
        failure = "agent.factory.init_failed"
        outcomes = [
            "raises",
            "is False",
            { raises = ["ValueError"], failure = "agent.state.failed" },
        ]
        passes = ["fastapi.HTTPException"]
        fields = { user_context = "args.user_id" }
        says = { SSOT_validation = "none" }
        ids = { run_id = "context.run_id", thread_id = "args[0]" }
        kind = "run"
        stage = "agent"
        dependency = "profiles"
        deadline = 30
        times_out = "agent.timeout"
        fallback_available = true
        """
    )

    assert (
        Named(
            target="chat.agents.factory:AgentFactory.create",
            failure="agent.factory.init_failed",
            outcomes=(
                Rule(Raises()),
                Rule(Holds(ValuePath("result"), "is False")),
                Rule(Raises(("ValueError",)), "agent.state.failed"),
            ),
            passes=("fastapi.HTTPException",),
            fields={"user_context": ValuePath("args", ("user_id",))},
            says={"SSOT_validation": "none", "fallback_available": True},
            ids={
                "run_id": ValuePath("args", ("context", "run_id")),
                "thread_id": ValuePath("args", (0,)),
            },
            kind="run",
            stage=found.watches[0].stage,
            dependency="profiles",
            deadline=30.0,
            times_out="agent.timeout",
        ),
    ) == found.watches


def test_an_alias_is_its_failure_point() -> None:
    """What two rows of the report list is one failure."""
    alias, point = next(
        (alias.id, point) for point in CATALOGUE.values() for alias in point.aliases
    )
    found = parsed(f'[dependencies]\nget_it = "{alias}"')

    assert {"get_it": point.id} == found.dependencies
    assert point == found.find(alias)


# -- what is refused -------------------------------------------------------------------

REFUSED: Mapping[str, str] = {
    "adit = []": "gp.toml: `adit` is no key: did you mean audit?",
    'audit = ["agents"]': "gp.toml: `audit` holds 'agents', no stage: write auth,",
    "audit = 3": "gp.toml: `audit` is 3: write a list of texts",
    'user_hash_key_env = "GONE"': (
        "gp.toml: `user_hash_key_env` names GONE, which is empty: set that variable"
    ),
    "user_claims = []": "gp.toml: `user_claims` is empty: write a name",
    'health_paths = ["up"]': "gp.toml: `health_paths` holds 'up': begin it with /",
    '[ids]\nuser_id = ["u"]': "gp.toml, ids: `user_id` is no key: did you mean",
    '[dependencies]\nx = "agent.timout"': (
        "gp.toml, dependencies: `x` is 'agent.timout', no failure point: "
        "did you mean agent.timeout"
    ),
    "services = 1": "gp.toml: `services` is 1: write `[[services]]`, then its keys",
    '[[services]]\nname = "a"': "gp.toml, services 'a': `hosts` is missing: add",
    '[[services]]\nname = "a"\nhosts = ["http://a"]': (
        "gp.toml, services 'a': `hosts` holds 'http://a': write `host` or"
    ),
    SERVICE + '[[services]]\nname = "b"\nhosts = ["h"]': (
        "gp.toml, services 'b': `hosts` holds 'a''s h: a host is one service's"
    ),
    SERVICE + SERVICE: (
        "gp.toml, services 'a': `name` stands there twice: make one entry of them"
    ),
    '[[services]]\nname = "a"\nhosts = ["h"]\nfailure = "x"': (
        "gp.toml, services 'a': `failure` is 'x', no failure point: did you mean"
    ),
    "[websocket]\nreply_dedline = 1": (
        "gp.toml, websocket: `reply_dedline` is no key: did you mean reply_deadline"
    ),
    "[websocket]\nreply_deadline = -1": (
        "gp.toml, websocket: `reply_deadline` is -1: write a number from 0"
    ),
    "[websocket]\nreply_deadline = true": (
        "gp.toml, websocket: `reply_deadline` is True: write a number"
    ),
    '[points."agent.timout"]\nlevel = "ERROR"': (
        "gp.toml, agent.timout: `id` is unknown: did you mean agent.timeout"
    ),
    '[points."agent.timeout"]\nlevel = "BAD"': (
        "gp.toml, agent.timeout: `level` is 'BAD': write CRITICAL, ERROR, WARNING"
    ),
    '[points]\n"agent.timeout" = 1': (
        "gp.toml, points: `agent.timeout` is 1: write a table"
    ),
    '[[failure_points]]\nid = "agent.timeout"\ntitle = "t"\nlevel = "ERROR"\n'
    'impact = "LOW - x"\nresolution_steps = ["s"]': (
        "gp.toml, agent.timeout: `id` is taken: choose another"
    ),
    WATCH + WATCH: (
        "gp.toml, watch 'shop:sell': `target` stands there twice: make one entry"
    ),
    WATCH + "outcome = []": (
        "gp.toml, watch 'shop:sell': `outcome` is no key: did you mean outcomes"
    ),
    WATCH + 'outcomes = ["is flase"]': (
        "gp.toml, watch 'shop:sell': `outcomes`: 'is flase' tells no outcome: write"
    ),
    WATCH + 'outcomes = [{ when = "raises", failure = "x" }]': (
        "gp.toml, watch 'shop:sell': `failure` is 'x', no failure point: did you"
    ),
    WATCH + 'passes = ["Timeout"]': (
        "gp.toml, watch 'shop:sell': `passes`: 'Timeout' is no built-in class: write"
    ),
    WATCH + 'fields = { timout_limit = "x" }': (
        "gp.toml, watch 'shop:sell': fields: `timout_limit` is no key: did you mean "
        "timeout_limit?"
    ),
    WATCH + 'fields = { timeout_limit = "x[" }': (
        "gp.toml, watch 'shop:sell': fields: `timeout_limit`: 'x[' is no path: write"
    ),
    WATCH + "fields = { timeout_limit = 3 }": (
        "gp.toml, watch 'shop:sell': fields: `timeout_limit` is 3: write a text"
    ),
    WATCH + 'says = { timeout_limit = "3" }': (
        "gp.toml, watch 'shop:sell': says: `timeout_limit` is '3': write a value"
    ),
    WATCH + 'ids = { session = "x" }': (
        "gp.toml, watch 'shop:sell': ids: `session` is no key: did you mean"
    ),
    WATCH + 'kind = "walk"': (
        "gp.toml, watch 'shop:sell': `kind` is 'walk': write call, llm, run,"
    ),
    WATCH + "deadline = 0": (
        "gp.toml, watch 'shop:sell': `deadline` is 0: write seconds, or leave it"
    ),
    '[[watch]]\ntarget = "shop.sell"\nfailure = "agent.timeout"': (
        "gp.toml, watch 'shop.sell': `target` is 'shop.sell': write "
        "`module:function` or `module:Class.method`"
    ),
    '[[watch]]\ntarget = "shop:sell"\noutcomes = ["raises"]': (
        "gp.toml, watch 'shop:sell': `failure` is missing: say which failure point"
    ),
    '[[watch]]\ntarget = "shop:sell"\ndeadline = 1': (
        "gp.toml, watch 'shop:sell': `times_out` is missing: say which failure"
    ),
    '[[watch]]\nfailure = "agent.timeout"': (
        "gp.toml, watch 1: `target` is missing: add `target = …`"
    ),
}


@pytest.mark.parametrize("toml", REFUSED)
def test_what_is_refused(toml: str) -> None:
    """One error names the file, the entry, the key and the remedy."""
    with pytest.raises(ConfigurationError) as refused:
        parsed(toml)

    assert str(refused.value).startswith(REFUSED[toml])


JSON = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["name", "hosts", "target", "failure", "outcomes", "when"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["audit", "watch", "services", "points", "ids", "websocket", "dependencies"]
        ),
        JSON,
        max_size=3,
    )
)
def test_no_table_breaks_the_reader(table: dict[str, Any]) -> None:
    """Whatever TOML can say, it is settings or one clear error."""
    refused: ConfigurationError | None = None
    try:
        settings.parse(table, "gp-otel.toml", {})
    except ConfigurationError as error:
        refused = error

    assert refused is None or str(refused).startswith("gp-otel.toml")
