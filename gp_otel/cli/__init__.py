"""Command line: `gp-otel`, one module a command.

A command's module has `add_arguments(parser)` and `run(arguments) -> int`, and is
imported when it is asked for: the demo's needs more than gp-otel itself does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Final

from gp_otel.version import VERSION

COMMANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "demo": ("gp_otel.demo.cli", "break a real application and see the records"),
        "explain": ("gp_otel.cli.explaining", "what a failure point means, what to do"),
        "doctor": ("gp_otel.cli.doctor", "say why nothing comes out"),
    }
)
"""Each command's module, and what it is for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="gp-otel", description="No failure on the golden path goes unseen."
    )
    parser.add_argument("--version", action="version", version=f"gp-otel {VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="", dest="command")
    asked = next((one for one in given if not one.startswith("-")), None)
    for name, (module, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{_sentence(text)}")
        if name == asked:
            try:
                chosen = import_module(module)
            except ModuleNotFoundError as error:
                return _missing(name, error)
            chosen.add_arguments(command)
            command.set_defaults(run=chosen.run)
    parsed = parser.parse_args(given)
    if parsed.command is None:
        parser.print_help()
        return 0
    status: int = parsed.run(parsed)
    return status


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _missing(command: str, error: ModuleNotFoundError) -> int:
    """Say what to install; a module of ours that is missing is our mistake."""
    missing = str(error.name)
    if missing.partition(".")[0] == "gp_otel":
        raise error
    sys.stderr.write(
        f"gp-otel {command}: {missing} is not installed: "
        f"pip install 'gp-otel[{command}]'\n"
    )
    return 2
