"""`python -m gp_otel.cli` is `gp-otel`."""

from __future__ import annotations

import sys

from gp_otel.cli import main

if __name__ == "__main__":
    sys.exit(main())
