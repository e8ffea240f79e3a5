"""House settings of every suite."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest
import silence

import gp_otel

# Time limits of single examples say more about the machine than about the code.
hypothesis.settings.register_profile("house", deadline=None, print_blob=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to run the scenarios as if gp-otel did not exist."""
    parser.addoption(
        silence.OPTION,
        action="store_true",
        help="list which failures would be silent, computed in this run",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start from one environment, whatever the developer's own shell exports."""
    hypothesis.settings.load_profile("house")
    for name in list(os.environ):
        if name.startswith(("OTEL_", "GP_OTEL_")):
            del os.environ[name]
    if config.getoption(silence.OPTION):
        config.pluginmanager.register(silence.Silence(), "silence")


def pytest_report_header(config: pytest.Config) -> str:
    """Say what is tested: the installed wheel, or the checkout."""
    home = Path(gp_otel.__file__).parent
    kind = "checkout" if home.is_relative_to(config.rootpath / "gp_otel") else "wheel"
    return f"gp-otel: the {kind}, in {home}"
