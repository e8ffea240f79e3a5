"""Where the repository's folders lie that the wheel carries along."""

from __future__ import annotations

from pathlib import Path

import gp_otel

_PACKAGE = Path(gp_otel.__file__).parent
_PLACES = (_PACKAGE.parent, _PACKAGE / "_bundled")
"""The checkout, and what the wheel has of it."""


def folder(name: str) -> Path:
    """Find a folder such as `examples/chat`, in a checkout or in an installed wheel."""
    for place in _PLACES:
        if (found := place / name).is_dir():
            return found
    places = " or ".join(str(place) for place in _PLACES)
    raise FileNotFoundError(f"{name} is not in {places}: install gp-otel again")
