"""Required fields that nobody can know where the demo breaks things, and why.

A required field that is unknown makes a record incomplete, unless it stands here.
"""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[tuple[str, str], str] = {
    ("service.llm.truncated", "output_tokens"): (
        "a stream tells its usage only to who asks with stream_options.include_usage,"
        " and the application does not"
    ),
}
"""The reason, by the failure point's id and the field's name."""
