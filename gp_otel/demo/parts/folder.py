"""A temporary folder that does not outlive who made it."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path


class Folder:
    """Removed when asked, at the latest when the process ends."""

    def __init__(self, prefix: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=prefix))
        self._removal = weakref.finalize(self, _remove, self.path, os.getpid())

    def remove(self) -> None:
        """Remove it with all that is in it."""
        self._removal()


def _remove(path: Path, maker: int) -> None:
    if os.getpid() == maker:  # a forked child ends too, and the folder is not its own
        shutil.rmtree(path, ignore_errors=True)
