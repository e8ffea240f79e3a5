"""What is broken of ours, or below it, stays ours: everybody else goes on."""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from shopping import Shop, failed, spans_of

from gp_otel.demo.parts.otlp import OtlpReceiver


@dataclass(frozen=True)
class Broken:
    """A module that raises while it is loaded, and what goes on all the same."""

    module: str
    error: str
    records: tuple[str, ...] = ()

    def install(self, folder: Path) -> None:
        """Put a copy of the module's package there, with the module broken."""
        package, _, rest = self.module.partition(".")
        found = importlib.util.find_spec(package)
        assert found is not None
        assert found.origin is not None
        ignored = shutil.ignore_patterns("__pycache__", "_bundled", "demo")
        home = folder / package
        shutil.copytree(Path(found.origin).parent, home, ignore=ignored)
        file = home / f"{rest or '__init__'}.py"
        assert file.is_file()
        file.write_text(f"raise {self.error}('broken')\n")


EVERYBODY = ("fastapi", "redis")
OURS_FAILED = ("telemetry.hook.failed", "auth.jwt.invalid")

BROKEN = [
    Broken("gp_otel.install", "RuntimeError"),
    # As where wrapt cannot be imported. The launcher needs it too, but earlier.
    Broken("gp_otel.wrapper", "ImportError"),
    Broken("gp_otel_instrumentors.redis", "SyntaxError", OURS_FAILED),
    Broken("gp_otel.commands", "RuntimeError", OURS_FAILED),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: str(one.module))
def test_module_that_raises_when_it_is_loaded(
    broken: Broken, tmp_path: Path, receiver: OtlpReceiver
) -> None:
    """The application answers, contrib's spans come, and our other tables work."""
    broken.install(tmp_path)
    before = receiver.mark()
    inherited = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join(filter(None, (str(tmp_path), inherited)))
    with Shop(
        folder=tmp_path, endpoint=receiver.url, environment={"PYTHONPATH": path}
    ) as shop:
        answers = [shop.get("/cached").text, shop.fail().status]
        shop.terminate()
    received = receiver.since(before)

    assert ['"not cached"', 401] == answers
    assert all(spans_of(received, name) for name in EVERYBODY)
    assert list(broken.records) == failed(received)
