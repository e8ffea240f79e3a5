"""The pytest plugin: fixtures that cost nothing to who does not ask for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gp_otel.testing import Reports


@pytest.fixture
def reports() -> Iterator[Reports]:
    """Everything that the test provokes, as it is reported."""
    from gp_otel.testing import catching  # noqa: PLC0415 - imports the SDK

    with catching() as caught:
        yield caught


@pytest.fixture
def settings_of() -> Iterator[Callable[[str], None]]:
    """Put settings, written as TOML, in force for one test."""
    import tomllib  # noqa: PLC0415 - only for who asks

    from gp_otel import settings  # noqa: PLC0415 - imports the catalogue

    before = settings.current()
    yield lambda text: settings.use(settings.parse(tomllib.loads(text), "test"))
    settings.use(before)
