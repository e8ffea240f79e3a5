"""Laws of redaction: no secret leaves, whatever it stands in, and nothing raises."""

from __future__ import annotations

import json
import math
import re
from collections import OrderedDict, deque
from decimal import Decimal
from enum import IntEnum
from functools import partial
from typing import Any, cast

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gp_otel.failure import Kind, Secrecy
from gp_otel.redact import ITEMS, clean, redact, safe_text, safe_url, text_of, user_of
from gp_otel.secret import MASK

# -- secrets -----------------------------------------------------------------


def like(pattern: str) -> st.SearchStrategy[str]:
    """Draw texts that are wholly of this form."""
    return st.from_regex(rf"\A(?:{pattern})\Z")


WORD = like(r"[A-Za-z!%*+~^|._-][A-Za-z0-9!%*+~^|/._-]{4,20}[A-Za-z0-9]Q7")
"""A password as people have them: no space, no quote, no separator.

In a URL the first part of `1234/…` is taken for a port.
"""

PHRASE = (
    st.text(min_size=6, max_size=30)
    .filter(lambda text: MASK[:4] not in text.lower())
    .map(lambda text: f"{text}Q7")
)
"""Anything at all, for where it stands in quotes."""

NAMES = st.sampled_from(
    [
        "password",
        "PASSWORD",
        "db_password",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "client_secret",
        "aws_secret_access_key",
        "token",
        "access_token",
        "refreshToken",
        "api_key",
        "apikey",
        "X-Api-Key",
        "private_key",
        "AccountKey",
        "Authorization",
    ]
)

NAMED = (
    "{name}={secret}",
    "{name} = {secret}",
    "{name}: {secret}",
    "{name}:{secret}",
    "'{name}': {secret}",
    "https://api.example.com/v1?{name}={secret}&page=2",
    "Settings(host='db', {name}={secret}, port=5432)",
    "Server=db;{name}={secret};Database=chat",
    '"{name}" => {secret}',
)
ALONE = (
    ("postgresql://chat:{secret}@db:5432/chat", WORD),
    ("postgresql+asyncpg://chat:{secret}@db/chat?ssl=require", WORD),
    ("redis://:{secret}@cache:6379/0", WORD),
    ("amqp://a:{secret}@one:5672,b:x@two:5672/", WORD),
    ("https://{secret}@git.example.com/chat.git", like("[A-Za-z0-9]{20,40}")),
    ("Authorization: Bearer {secret}", WORD),
    ("authorization: basic {secret}", like("[A-Za-z0-9+/]{12,40}={0,2}")),
    ("[(b'authorization', b'Bearer {secret}')]", WORD),
    ("sent Bearer {secret}", like(r"[A-Za-z0-9._~+/-]{12,40}9")),
    ("Cookie: theme=dark; session={secret}", WORD),
    ("ALTER USER chat PASSWORD '{secret}'", WORD),
    ("jwt {secret}", like(r"eyJ[\w-]{12,40}\.eyJ[\w-]{12,40}\.[\w-]{20,43}")),
    ("key {secret}", like("sk-[A-Za-z0-9]{48}")),
    ("key {secret}", like("sk-proj-[A-Za-z0-9_-]{40,80}7")),
    ("key {secret}", like("sk-ant-api03-[A-Za-z0-9_-]{80,93}AA")),
    ("key {secret}", like("AIza[A-Za-z0-9_-]{35}")),
    ("key {secret}", like("A[KS]IA[A-Z0-9]{16}")),
    ("key {secret}", like("gh[opsur]_[A-Za-z0-9]{36}")),
    ("key {secret}", like("github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}")),
    ("key {secret}", like("xox[abprs]-[0-9]{10,12}-[A-Za-z0-9]{24}")),
    ("key {secret}", like("[sr]k_(live|test)_[A-Za-z0-9]{24}")),
    ("key {secret}", like("hf_[A-Za-z]{34}")),
    ("key {secret}", like("glpat-[A-Za-z0-9_-]{20}")),
    ("key {secret}", like("gsk_[A-Za-z0-9]{52}")),
    ("mail {secret}@example.com", like(r"[a-zA-Z0-9][a-zA-Z0-9._%+-]{5,20}[a-z0-9]")),
    ("DETAIL:  Key (email)=({secret}) already exists.", PHRASE),
    ("DETAIL:  Key (a, b)=(1, {secret}) is not present in table", PHRASE),
    ("DETAIL:  Failing row contains (1, {secret}).", PHRASE),
    ("Duplicate entry '{secret}' for key 'users.email'", PHRASE),
    ("[SQL: SELECT 1]\n[parameters: ('{secret}', 1)]\n(Background on this", WORD),
    ("[type=string_type, input_value='{secret}', input_type=str]", WORD),
)
PEM = like("[A-Za-z0-9+/\n]{64,200}").map(
    lambda body: f"-----BEGIN RSA PRIVATE KEY-----{body}-----END RSA PRIVATE KEY-----"
)


def name_and_secret(form: str, drawn: tuple[str, str]) -> tuple[str, str]:
    """Write a value behind its name."""
    return form.format(name=drawn[0], secret=drawn[1]), drawn[1]


def alone(form: str, secret: str) -> tuple[str, str]:
    """Write what gives itself away."""
    return form.format(secret=secret), secret


def in_repr(drawn: tuple[str, str]) -> tuple[str, str]:
    """Write it as Python does."""
    name, secret = drawn
    return repr({name: secret, "n": 1}), repr(secret)[1:-1]


def in_json(drawn: tuple[str, str, int]) -> tuple[str, str]:
    """Write it as JSON does, and that as a string of JSON."""
    name, secret, levels = drawn
    text, hidden = json.dumps({"user": "ada", name: secret}), json.dumps(secret)[1:-1]
    for _ in range(levels):
        text, hidden = json.dumps({"body": text}), json.dumps(hidden)[1:-1]
    return text, hidden


KINDS: dict[str, st.SearchStrategy[tuple[str, str]]] = {
    **{
        form: st.tuples(NAMES, WORD).map(partial(name_and_secret, form))
        for form in NAMED
    },
    **{form: secrets.map(partial(alone, form)) for form, secrets in ALONE},
    "repr": st.tuples(NAMES, PHRASE).map(in_repr),
    "json": st.tuples(NAMES, PHRASE, st.just(0)).map(in_json),
    "json in json": st.tuples(NAMES, PHRASE, st.just(1)).map(in_json),
    "pem": PEM.map(lambda text: (text, text[35:60])),
}
"""A text with a secret in it, and what must not be left of it."""

planted = st.one_of(*KINDS.values())
SOME = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "password authentication failed for user chat",
            "invalid token",
            "File redis/client.py:12:get_token",
            '{"error": {"code": 429}}',
            "http://localhost:8080/users/@me",
            "(tokens: 512)",
            "\\",
            "k=v",
            "\u017fecret \u0130stanbul \u0391\u03a3",
        ]
    ),
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30)
@given(data=st.data())
def test_a_planted_secret_never_survives(kind: str, data: st.DataObject) -> None:
    """Whatever kind it is, whatever stands around it."""
    before, after = data.draw(SOME), data.draw(SOME)
    text, hidden = data.draw(KINDS[kind])
    assume(hidden not in before + after)

    redacted = redact(f"{before} {text} {after}")

    assert hidden not in redacted
    assert MASK in redacted


PUBLIC = re.compile(
    r"sk-(?:proj-|ant-api03-)?|AIza|A[KS]IA|gh._|github_pat_|xox.-|[sr]k_\w{4}_|hf_"
    r"|glpat-|gsk_|eyJ"
)
"""What a key begins with, and what says which kind it is."""


@given(st.text(max_size=60), planted, st.text(max_size=60), st.integers(0, 200))
def test_a_secret_across_the_cut(
    before: str, secret: tuple[str, str], after: str, limit: int
) -> None:
    """Not the first part of it is left either, and no mask is cut open."""
    text, hidden = secret
    found = PUBLIC.match(hidden)
    first = hidden[found.end() if found else 0 :][:6]
    assume(first not in f"{before} {after} {text.replace(hidden, '')}")

    cut = safe_text(f"{before} {text} {after}", limit)

    assert len(cut) <= limit
    assert first not in cut


@given(st.text(max_size=20), st.integers(0, 60))
def test_a_mask_is_not_cut_open(before: str, limit: int) -> None:
    """It stands there whole or not at all."""
    text = f"{before} password=hunter2 token=abc123"

    cut = redact(text, limit).removesuffix("…")

    assert len(cut) <= limit
    assert not [n for n in range(1, len(MASK)) if cut.endswith(MASK[:n])]


def test_what_lies_beyond_the_cut_does_not_slide_in() -> None:
    """A mask is shorter than its secret; nothing half seen takes the room."""
    text = f"password={'x' * 590} ghp_{'y' * 36}"

    assert f"password={MASK}" == redact(text, 100)


@given(st.lists(st.one_of(SOME, planted.map(lambda one: one[0]), st.just(MASK))))
def test_redacting_again_changes_nothing(parts: list[str]) -> None:
    """What has been redacted may pass the funnel again."""
    once = redact(" ".join(parts))

    assert once == redact(once)


@given(st.text(max_size=300), st.integers(0, 100))
def test_without_a_secret_it_is_the_same(text: str, limit: int) -> None:
    """Where nothing is masked, nothing changes but the length."""
    redacted = redact(text)
    assume(MASK not in redacted)

    assert text == redacted
    assert text[: max(limit - 1, 0)] == redact(text, limit)[: max(limit - 1, 0)]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT token FROM sessions",
        "SELECT secret FROM t WHERE token = $1 AND password = %(password)s",
        "token expired",
        "Invalid token: Signature has expired",
        "Invalid token: ExpiredSignatureError",
        "Invalid authorization: missing bearer token",
        'password authentication failed for user "chat"',
        "password: String should have at least 8 characters",
        "secret not found: kv/prod",
        "KeyError: 'token'",
        "max_tokens=512, total_tokens: 512, token_type: bearer",
        "This model's maximum context length is 8192 tokens: you sent 9000",
        "api_key=None, password='', token=null",
        "Not authenticated: bearer authentication required",
        "HTTP Basic authentication is off",
        "redis.exceptions.ConnectionError: Error 111 connecting to cache:6379.",
        "auth/token.py:12:get_token",
        "jsonwebtoken::errors::ErrorKind",
        "http://localhost:8080/users/@me",
        "task-1234567890abcdef of sk-learn-contrib on disk-usage-monitor1",
        'duplicate key value violates unique constraint "users_email_key"',
        "@app.websocket was called, see pkg@1.2.3",
        "cookie: none was sent",
        "Config(design=a1, foreign key=users.id)",
    ],
)
def test_prose_stays_readable(text: str) -> None:
    """It speaks of secrets and holds none."""
    assert text == redact(text)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (
            "postgresql://chat:p@ss/w0rd:x@db:5432/chat",
            "postgresql://[redacted]@db:5432/chat",
        ),
        ("PWD=hunter2;Server=db", "PWD=[redacted];Server=db"),
        ("Config(password=hunter2, a=1)", "Config(password=[redacted], a=1)"),
        ("?access_token=abc&user=ada", "?access_token=[redacted]&user=ada"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("Bearer abcdef123456", "Bearer [redacted]"),
        ("provided: sk-proj-abc123def456. You", "provided: sk-[redacted]. You"),
        ("<ada.lovelace+x@example.com>", "<[redacted]@example.com>"),
        ("Key (email)=(a@x.org) already", "Key (email)=([redacted]) already"),
        ('{"secret": ["hunter2"], "n": 1}', '{"secret": [redacted]], "n": 1}'),
        ("password: hunter", "password: [redacted]"),
        ("PASSWORD 'password': hunter2", "PASSWORD '[redacted]': [redacted]"),
    ],
)
def test_what_is_left_tells_what_it_was(text: str, redacted: str) -> None:
    """Only the secret goes: names, hosts and the kind of a key stay."""
    assert redacted == redact(text)


# -- any object ----------------------------------------------------------------


class Raising:
    """An object that does not let itself be shown."""

    def __str__(self) -> str:
        """Refuse."""
        raise ValueError("hunter2")

    __repr__ = __str__


class Lying:
    """An object that says it is a text."""

    __class__: Any = property(lambda _: str)

    def __str__(self) -> str:
        """Lie again."""
        return cast("str", 7)


class Slippery(str):
    """A text with its own opinion of slices."""

    __slots__ = ()

    def __getitem__(self, _key: object) -> str:
        """Give more than was asked for."""
        return "x" * 10**6

    def __len__(self) -> int:
        """Say that there is nothing."""
        return 0

    def lower(self) -> str:
        """Refuse."""
        raise ValueError


class Deep(BaseException):
    """An exception of many parts."""


def cyclic() -> list[object]:
    """Hold itself."""
    one: list[object] = []
    one += [one, {"self": one}]
    return one


def nested() -> object:
    """Hold itself a thousand levels deep."""
    one: object = "end"
    for _ in range(100_000):
        one = [one]
    return one


def holding_itself() -> Exception:
    """Be one's own argument."""
    error = ValueError()
    error.args = (error,)
    return error


HOSTILE: list[object] = [
    Raising(),
    [Raising(), 1],
    ValueError(Raising()),
    Lying(),
    Slippery("text"),
    [Slippery("text")],
    cyclic(),
    nested(),
    holding_itself(),
    Deep("a", ["b"] * 10**6),
    ExceptionGroup("group", [ValueError("a")]),
    "x" * 10**7,
    b"\xff" * 10**7,
    bytearray(b"x" * 10**7),
    memoryview(b"x"),
    10**10_000,
    "\ud800 half",
    ["\udfff"],
    {"k": "v" * 10**7},
    OrderedDict(a=1),
    deque(range(10**6)),
    range(10**9),
    type("Odd", (), {"__qualname__": "x" * 5000})(),
    None,
    math.nan,
    object,
]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("limit", [0, 1, 5, 80, 2048])
def test_any_object_can_be_shown(value: object, limit: int) -> None:
    """As a text of its size that can be encoded, in no time."""
    for text in (text_of(value, limit), safe_text(value, limit)):
        assert str is type(text)
        assert len(text) <= limit
        assert text == text.encode().decode()


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("kind", ["string", "int", "double", "boolean", "string[]"])
@pytest.mark.parametrize("secrecy", Secrecy)
def test_any_object_can_be_cleaned(value: object, kind: Kind, secrecy: Secrecy) -> None:
    """Into the type of its field, or into nothing."""
    assert is_of(kind, clean(value, kind, secrecy))


@pytest.mark.parametrize(("size", "most"), [(1, 100), (1000, 1)])
def test_no_more_is_built_than_is_shown(size: int, most: int) -> None:
    """Of a million members, few are asked for their text; of long ones fewer."""
    asked = 0

    class Member:
        def __repr__(self) -> str:
            nonlocal asked
            asked += 1
            return "member" * size

    members = [Member()] * 10**6

    text = text_of({"all": members, "more": tuple(members), "deep": [[[members]]]})

    assert text.startswith("{'all': [member")
    assert 1 <= asked <= most


def test_what_is_deep_is_left_out() -> None:
    """Four levels say what it is."""
    assert "[[[[...]]]]" == text_of([[[[["five"]]]]])


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
        lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    )
)
def test_small_things_are_shown_as_str_does(value: object) -> None:
    """There is no other notation to learn."""
    shown = str(value)
    assume("..." not in text_of(value, 10**6))

    assert shown.encode(errors="replace").decode() == text_of(value, 10**6)


def test_an_exception_is_shown_by_its_message() -> None:
    """Also where it has none, or several."""
    errors = (
        ValueError("a"),
        TimeoutError(),
        Deep("a", 1),
        KeyError("k"),
        OSError(2, "no"),
    )

    assert [str(one) for one in errors] == [text_of(one) for one in errors]


# -- fields ------------------------------------------------------------------


def is_of(kind: Kind, value: object) -> bool:
    """Tell whether a value is exactly of a kind, or nothing."""
    match kind:
        case "string":
            return value is None or type(value) is str
        case "int":
            return value is None or (type(value) is int and -(2**63) <= value < 2**63)
        case "double":
            return value is None or (type(value) is float and math.isfinite(value))
        case "boolean":
            return value is None or type(value) is bool
        case "string[]":
            return value is None or (
                type(value) is tuple
                and len(value) <= ITEMS
                and all(type(one) is str for one in value)
            )


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers().map(lambda one: one * 10**30),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(),
    st.lists(st.text()),
    st.frozensets(st.integers()),
    st.dictionaries(st.text(), st.integers()),
    st.integers().map(str),
    st.floats().map(str),
)


@given(ANYTHING, st.sampled_from(["string", "int", "double", "boolean", "string[]"]))
def test_a_field_has_one_type(value: object, kind: Kind) -> None:
    """Always, whatever was found."""
    assert is_of(kind, clean(value, kind))


class Status(IntEnum):
    """A number with a name."""

    GONE = 410


@pytest.mark.parametrize(
    ("value", "kind", "cleaned"),
    [
        (True, "int", None),
        (1, "boolean", None),
        (True, "double", None),
        (5.0, "int", 5),
        (5.5, "int", None),
        ("5432", "int", 5432),
        ("many", "int", None),
        (2**63, "int", None),
        (-(2**63), "int", -(2**63)),
        (Status.GONE, "int", 410),
        (math.nan, "double", None),
        (math.inf, "double", None),
        ("inf", "double", None),
        (10**400, "double", None),
        (Decimal("0.5"), "double", 0.5),
        (3, "double", 3.0),
        (None, "string", None),
        ("", "string", ""),
        (404, "string", "404"),
        (b"bytes", "string", "bytes"),
        ("one", "string[]", ("one",)),
        (["a", 2], "string[]", ("a", "2")),
        ({"b", "a"}, "string[]", ("a", "b")),
        ({"a": 1}, "string[]", None),
        (["password=x1", "ok"], "string[]", (f"password={MASK}", "ok")),
    ],
)
def test_what_becomes_of_it(value: object, kind: Kind, cleaned: object) -> None:
    """What is meant is kept, what would be invented is not known."""
    assert (cleaned, type(cleaned)) == (clean(value, kind), type(clean(value, kind)))


@pytest.mark.parametrize(
    ("secrecy", "cleaned"),
    [
        (Secrecy.OPEN, "ada@example.com sent token=a1"),
        (Secrecy.TEXT, f"{MASK}@example.com sent token={MASK}"),
        (Secrecy.USER, "ada..."),
    ],
)
def test_secrecy_decides(secrecy: Secrecy, cleaned: str) -> None:
    """How much of a text is shown is the field's to say."""
    text = "ada@example.com sent token=a1"

    assert cleaned == clean(text, "string", secrecy)
    assert (cleaned,) == clean([text], "string[]", secrecy)


def test_a_list_is_bounded() -> None:
    """In its count and in each of its members."""
    cleaned = clean(["x" * 100] * 1000, "string[]", limit=10)

    assert ("x" * 9 + "…",) * ITEMS == cleaned


# -- users and addresses ---------------------------------------------------------


@given(ANYTHING | st.emails() | st.uuids())
def test_a_user_is_shortened(user: object) -> None:
    """Eight characters at most, nothing from an `@` on, the same when done again."""
    shown = user_of(user)

    assert shown == "unknown" or (shown.endswith("...") and len(shown) <= 11)
    assert "@" not in shown
    assert shown == user_of(shown)


@pytest.mark.parametrize(
    ("user", "shown"),
    [
        ("google-oauth2|1234567890", "google-o..."),
        ("ada@example.com", "ada..."),
        ("ada.lovelace@example.com", "ada.love..."),
        ("u1", "u1..."),
        (42, "42..."),
        ("", "unknown"),
        (None, "unknown"),
        ("@nobody", "unknown"),
        ("unknown", "unknown"),
        (Raising(), "unknown"),
    ],
)
def test_users(user: object, shown: str) -> None:
    """What people look for first, and what is never shown."""
    assert shown == user_of(user)


@given(WORD, st.sampled_from(["chat", ""]), st.sampled_from(["", "?a=b@c", "#x@y"]))
def test_an_address_names_nobody(password: str, user: str, more: str) -> None:
    """The server stays, and neither user, password nor query."""
    url = f"postgresql://{user}:{password}@db.internal:5432/chat"

    assert "postgresql://db.internal:5432/chat" == safe_url(url + ("" if more else "/"))
    assert password not in safe_url(url + more)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:hunter2@cache:6379/0", "redis://cache:6379/0"),
        ("https://api.openai.com/v1/chat?key=1#x", "https://api.openai.com/v1/chat"),
        ("http://localhost:8080/users/@me", "http://localhost:8080/users/@me"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("mongodb://a:b@one:1,two:2/chat", "mongodb://one:1,two:2/chat"),
        ("postgresql://u:p@ss/w:x@db/chat", "postgresql://db/chat"),
        ("postgresql://u:p w?d@db/chat", "postgresql://db/chat"),
        ("postgresql://u:secret", "postgresql://u"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
        ("host=db password=hunter2", f"host=db password={MASK}"),
        ("cache:6379", "cache:6379"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_addresses(url: object, shown: str) -> None:
    """What outside is called, as the record names it."""
    assert shown == safe_url(url)
