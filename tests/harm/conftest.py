"""What the tests of doing no harm share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gp_otel.demo.parts.otlp import OtlpReceiver


@pytest.fixture(scope="module")
def receiver() -> Iterator[OtlpReceiver]:
    """Where telemetry goes."""
    with OtlpReceiver() as receiver:
        yield receiver
