"""Version: the package's own, in one place."""

VERSION = "0.1.0"
