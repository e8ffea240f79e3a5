"""Started: one record a process says what gp-otel watches in it."""

from __future__ import annotations

from gp_otel.guard import guard

told = False


def once() -> None:
    """Emit the start-up record with the first watched call of this process."""
    global told  # noqa: PLW0603 - once a process
    if not told:
        told = True
        guard("started", _emit)


def reset() -> None:
    """A fork's child says it again."""
    global told  # noqa: PLW0603 - once a process
    told = False


def _emit() -> None:
    from gp_otel import catalogue as c  # noqa: PLC0415 - the first call only
    from gp_otel import install, outlet, settings, version  # noqa: PLC0415 - as above

    libraries = install.libraries()
    if not libraries:
        return
    states: dict[str, list[str]] = {}
    for library in libraries.values():
        for target, state in library.states.items():
            states.setdefault(state, []).append(target)
    patched = tuple(sorted(states.pop(install.PATCHED, [])))
    skipped = tuple(
        sorted(
            f"{target}: {state}" for state, all_ in states.items() for target in all_
        )
    )
    outlet.audit(
        c.TELEMETRY_STARTED,
        {
            "patched": patched,
            "skipped": skipped,
            "gp_otel_version": version.VERSION,
            "settings_file": settings.current().source,
        },
        None,
        always=True,
    )
