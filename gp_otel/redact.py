"""What may leave the process: secrets are masked, sizes bounded, types kept.

Everything here is total: whatever it is handed, it answers and does not raise.
"""

from __future__ import annotations

import math
import operator
import re
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from gp_otel.failure import Kind, Secrecy, Value
from gp_otel.secret import MASK, masked
from gp_otel.text import text_of, text_or_none

__all__ = ["clean", "redact", "safe_text", "safe_url", "text_of", "user_of"]

UNKNOWN = "unknown"
ITEMS = 256
"""Members of one list."""
LIMIT = 2048
"""Characters of one text."""

URL_LIMIT = 256
USER_LIMIT = 8
WINDOW = 512
"""Characters looked at beyond a cut, for a secret that lies across it."""


def redact(text: str, limit: int | None = None) -> str:
    """Mask the secrets in `text`, then cut it to `limit` characters."""
    if limit is None:
        return masked(text)
    return _cut(masked(text[: limit + WINDOW], limit + 1), limit)


def safe_text(value: object, limit: int = LIMIT) -> str:
    """Show any object, its secrets masked, in at most `limit` characters."""
    return redact(text_of(value, limit + WINDOW), limit)


def clean(
    value: object, kind: Kind, secrecy: Secrecy = Secrecy.TEXT, limit: int = LIMIT
) -> Value | None:
    """Give `value` the type of its field; None where that would be invention."""
    if value is None:
        return None
    try:
        return _CLEANERS[kind](value, secrecy, limit)
    except Exception:  # noqa: BLE001 - the value's own code may raise anything
        return None


def user_of(user: object) -> str:
    """Shorten a user's id to eight characters and `...`, an e-mail's to its name."""
    text = "" if user is None else (text_or_none(user, URL_LIMIT) or "").strip()
    name = text.partition("@")[0].removesuffix("...")[:USER_LIMIT]
    return f"{name}..." if name and text != UNKNOWN else UNKNOWN


def safe_url(url: object, limit: int = URL_LIMIT) -> str:
    """Name what was called: ``scheme://host:port/path`` and nothing else."""
    text = text_of(url, limit + WINDOW).strip() if url is not None else ""
    scheme, separator, rest = text.partition("://")
    if separator:
        place = _BEHIND_PATH.split(_host_and_more(rest), maxsplit=1)[0]
        text = f"{scheme}://{place.rstrip('/')}"
    return redact(text, limit) or UNKNOWN


_BEHIND_PATH = re.compile(r"[?#\s]")
_BEHIND_HOST = re.compile(r"[/?#]")
_HOST = r"(?:\[[^\]]*\]|[^:@\s,]*)(?::\d*)?"
_HOSTS = re.compile(rf"{_HOST}(?:,{_HOST})*")


def _host_and_more(rest: str) -> str:
    """Leave user and password out, also where these hold a slash or an @."""
    hosts = _BEHIND_HOST.split(rest, maxsplit=1)[0]
    if _HOSTS.fullmatch(hosts):
        return rest
    path = rest.partition("?")[0]
    if "@" not in rest:
        return hosts.partition(":")[0]
    return (path if "@" in path else rest).rpartition("@")[2]


def _is_ordered(value: object) -> bool:
    return isinstance(value, list | tuple | deque)


def _is_set(value: object) -> bool:
    return isinstance(value, set | frozenset)


def _string(value: object, secrecy: Secrecy, limit: int) -> str:
    if secrecy is Secrecy.USER:
        return user_of(value)
    if type(value) is str and value.isascii():
        text = value  # as nearly all of them are
    else:
        text = text_of(value, limit + WINDOW)
    return _cut(text, limit) if secrecy is Secrecy.OPEN else redact(text, limit)


def _strings(value: Any, secrecy: Secrecy, limit: int) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (_string(value, secrecy, limit),)
    if not (_is_ordered(value) or _is_set(value)):
        return None
    texts = [_string(one, secrecy, limit) for one in islice(value, ITEMS)]
    return tuple(texts if _is_ordered(value) else sorted(texts))


def _integer(value: Any, *_: object) -> int | None:
    if isinstance(value, bool) or (isinstance(value, float) and value % 1):
        return None
    number = int(value) if isinstance(value, str | float) else operator.index(value)
    return int(number) if -(2**63) <= number < 2**63 else None


def _double(value: Any, *_: object) -> float | None:
    number = float(value)
    return None if isinstance(value, bool) or not math.isfinite(number) else number


def _boolean(value: object, *_: object) -> bool | None:
    return value if isinstance(value, bool) else None


_CLEANERS: dict[Kind, Callable[[Any, Secrecy, int], Value | None]] = {
    "string": _string,
    "int": _integer,
    "double": _double,
    "boolean": _boolean,
    "string[]": _strings,
}


def _cut(text: str, limit: int) -> str:
    """Cut to size, and rather leave a mask out than cut it open."""
    if len(text) <= limit:
        return text
    end = max(limit - 1, 0)
    mask = text.rfind(MASK, 0, end + len(MASK) - 1)
    return text[: mask if 0 <= mask < end < mask + len(MASK) else end] + "…"[:limit]
