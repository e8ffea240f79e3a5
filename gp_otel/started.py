"""Started: what a process does with the first call that is watched in it.

Not before: a process that watches nothing, a command or a supervisor of workers, has
nothing to say, so its end does not wait for whoever would take it.
"""

from __future__ import annotations

from gp_otel.guard import guard

told = False
_counting = False


def once() -> None:
    """Emit the start-up record with the first watched call of this process."""
    global told  # noqa: PLW0603 - once a process
    if not told:
        told = True
        counting()
        guard("started", _emit)


def counting() -> None:
    """Have the counters read, from the first of them that counts."""
    global _counting  # noqa: PLW0603 - once a process
    if not _counting:
        _counting = True
        guard("counting", _register)


def reset() -> None:
    """A fork's child says it again; its instruments are those of its parent."""
    global told  # noqa: PLW0603 - once a process
    told = False


def _register() -> None:
    from opentelemetry.metrics import get_meter  # noqa: PLC0415 - the first call only

    from gp_otel import emission, flush, health, metrics, settings, spans  # noqa: PLC0415 - as above  # noqa: PLC0415 - as above

    meter = get_meter(spans.SCOPE_NAME)
    metrics.register(meter)
    health.register(meter)
    metrics.zero(settings.current().points.values())
    flush.at_exit(emission.release)


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
            "version": version.VERSION,
            "settings_file": settings.current().source,
        },
        None,
        always=True,
    )
