"""Required fields that nobody can know where the demo breaks things, and why.

A required field that is unknown makes a record incomplete, unless it stands here.
"""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[tuple[str, str], str] = {}
"""The reason, by the failure point's id and the field's name."""
