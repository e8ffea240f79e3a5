"""Sql: what a statement does to which table, and nothing of its values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_LOOKED_AT: Final = 2048
_KEPT: Final = 64
_COMMENT: Final = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_VALUE: Final = re.compile(r"'|\$\w*\$")
_VERB: Final = re.compile(r"[\s(;]*([A-Za-z]+)")
_NAME: Final = r'((?:"[^"]+"|[A-Za-z_][\w$]*)(?:\.(?:"[^"]+"|[A-Za-z_][\w$]*))*)'
_TABLE: Final = re.compile(
    rf"\b(?:FROM|INTO|UPDATE|TABLE|COPY|TRUNCATE)\s+"
    rf"(?:ONLY\s+|TABLE\s+|IF\s+(?:NOT\s+)?EXISTS\s+)*{_NAME}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """The verb, and the first table that is named."""

    verb: str
    table: str | None

    def __str__(self) -> str:
        """Write it as `db.query.summary` does: `INSERT messages`."""
        return f"{self.verb} {self.table}" if self.table else self.verb


def statement(text: str) -> Statement:
    """Read the verb and the table off a statement's text, up to its first value."""
    text = _VALUE.split(_COMMENT.sub(" ", text[:_LOOKED_AT]), maxsplit=1)[0]
    verb = _VERB.match(text)
    table = _TABLE.search(text)
    return Statement(
        verb[1].upper()[:_KEPT] if verb else "statement",
        table[1].replace('"', "")[:_KEPT] if table else None,
    )
