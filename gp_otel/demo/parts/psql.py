"""A session on PostgreSQL through its own client program.

A program of its own, so that a look at the database from a test or from the
demo passes through no library that the process watches or has instrumented.
"""

from __future__ import annotations

import csv
import os
import subprocess
from types import TracebackType
from typing import IO, Self, cast

Rows = list[dict[str, str]]
"""Each row by column name; everything is text, NULL is an empty one."""

_END = "---- end of answer ----"


class SqlError(Exception):
    """PostgreSQL refused a statement of ours, or the connection."""


class Psql:
    """One open session; leaving it ends its transaction."""

    def __init__(self, program: str, url: str) -> None:
        options = ["-X", "-q", "-w", "--csv", "-v", "ON_ERROR_STOP=1"]
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        self._process = subprocess.Popen(
            [program, *options, "-v", "VERBOSITY=verbose", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**kept, "PGCONNECT_TIMEOUT": "5", "PGAPPNAME": "demo"},
            start_new_session=True,
        )
        self._input = cast("IO[str]", self._process.stdin)
        self._output = cast("IO[str]", self._process.stdout)
        self._errors = cast("IO[str]", self._process.stderr)

    def sql(self, statements: str) -> Rows:
        """Run statements, separated by `;`: the rows of the one that has some."""
        self._write(f"{statements.rstrip().removesuffix(';')};\n\\echo '{_END}'\n")
        return list(csv.DictReader(self._answer()))

    def close(self) -> None:
        """End the session."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.communicate()

    def __enter__(self) -> Self:
        """Wait until the session is there."""
        try:
            self.sql("SELECT 1")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the session."""
        self.close()

    def _write(self, text: str) -> None:
        try:
            self._input.write(text)
            self._input.flush()
        except BrokenPipeError:
            self._fail()

    def _answer(self) -> list[str]:
        lines: list[str] = []
        for line in self._output:
            if line.rstrip("\n") == _END:
                return lines
            lines.append(line)
        self._fail()
        return lines

    def _fail(self) -> None:
        raise SqlError(self._errors.read().strip())
