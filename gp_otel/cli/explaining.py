"""`gp-otel explain`: its arguments, and the catalogue that it explains."""

from __future__ import annotations

import argparse
import sys

from gp_otel import settings
from gp_otel.cli import explain
from gp_otel.failure import ConfigurationError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be asked."""
    parser.add_argument(
        "ids",
        nargs="*",
        metavar="ID",
        help="failure points; without any, all are listed",
    )
    parser.add_argument(
        "--all", action="store_true", dest="everything", help="explain every one"
    )
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help="for programs"
    )


def run(arguments: argparse.Namespace) -> int:
    """Explain with the settings of this folder: levels, and points of one's own."""
    try:
        points = settings.load().points
    except ConfigurationError as error:
        sys.stderr.write(f"{error} (explained without these settings)\n")
        points = settings.Settings().points
    return explain.run(
        arguments.ids,
        everything=arguments.everything,
        as_json=arguments.as_json,
        catalogue=points,
        out=sys.stdout,
    )
