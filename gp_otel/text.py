"""Show any object as text, without building much more than is shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

LIST_LIMIT = 32
"""Members of a list that are shown."""

DEPTH_LIMIT = 4

_BRACKETS: dict[type, str] = {
    deque: "[]",
    dict: "{}",
    frozenset: "{}",
    list: "[]",
    set: "{}",
    tuple: "()",
}


def text_of(value: object, limit: int = 2048) -> str:
    """Show any object in at most `limit` characters, as `str` would."""
    text = text_or_none(value, limit)
    return _unshowable(value)[:limit] if text is None else text


def text_or_none(value: object, limit: int) -> str | None:
    """Show any object; None where its own code does not let us."""
    for show in (_shown, _represented):
        try:
            # whatever a subclass makes of slices, this is exactly a str
            text = str.__getitem__(show(value, limit), slice(limit))
            return text if text.isascii() else _encodable(text)
        except Exception:  # noqa: BLE001, S112 - it may raise anything
            continue
    return None


def _encodable(text: str) -> str:
    """Replace what no exporter could encode: halves of surrogate pairs."""
    return text.encode(errors="replace").decode()


def _of_database(error: Any) -> str | None:
    """What a database says of an error, without the statement and rows it quotes.

    SQLAlchemy adds the statement with its parameters, drivers the line or the row.
    """
    below = getattr(error, "orig", None)
    if isinstance(below, BaseException) and hasattr(error, "params"):
        return _of_database(below) or str(below)
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    if isinstance(primary, str):
        return primary
    if isinstance(getattr(error, "sqlstate", None), str) and error.args:
        return str(error.args[0])
    return None


def _shown(value: Any, limit: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray):
        return bytes(value[:limit]).decode(errors="backslashreplace")
    if isinstance(value, BaseException) and (said := _of_database(value)):
        return said
    if isinstance(value, BaseException) and type(value).__str__ is _EXCEPTION_TEXT:
        value = value.args[0] if len(value.args) == 1 else value.args or ""
        if isinstance(value, str):
            return value
    if type(value) in _BRACKETS:
        return _represented(value, limit)
    return str(value)


_EXCEPTION_TEXT = BaseException.__str__


def _represented(value: object, limit: int, depth: int = DEPTH_LIMIT) -> str:
    if isinstance(value, str | bytes | bytearray):
        return repr(value[:limit])
    brackets = _BRACKETS.get(type(value))
    if brackets is None:
        return repr(value)[:limit]
    if depth == 0:
        return "..."
    container: Any = value
    parts: list[str] = []
    for member in islice(_members(container), LIST_LIMIT):
        if limit <= 0:
            break
        part = ": ".join([_member(one, limit, depth) for one in member])
        parts.append(part)
        limit -= len(part)
    if len(parts) < len(container):
        parts.append("...")
    return f"{brackets[0]}{', '.join(parts)}{brackets[1]}"


def _members(value: Any) -> Iterator[tuple[object, ...]]:
    pairs: Any = getattr(value, "items", None)
    return iter(pairs()) if pairs else ((one,) for one in value)


def _member(value: object, limit: int, depth: int) -> str:
    """Keep the fault of one member to itself."""
    try:
        return _represented(value, limit, depth - 1)
    except Exception:  # noqa: BLE001 - it may raise anything
        return _unshowable(value)


def _unshowable(value: object) -> str:
    try:
        return f"<{type(value).__qualname__} that cannot be shown>"
    except Exception:  # noqa: BLE001 - so may its class
        return "<object that cannot be shown>"
