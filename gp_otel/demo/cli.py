"""`gp-otel demo`: break a real application, and see each failure arrive."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from types import FrameType

from gp_otel.demo import page
from gp_otel.demo.conduct import Conductor, Situation
from gp_otel.demo.fault import Fault
from gp_otel.demo.faults import FAULTS
from gp_otel.demo.harmless import HARMLESS
from gp_otel.demo.parts.process import StartError
from gp_otel.demo.result import Result
from gp_otel.demo.terminal import Terminal
from gp_otel.demo.world import PASSWORD, USERS, USUAL, World

SITUATIONS: tuple[Situation, ...] = (*HARMLESS, *FAULTS)

NOT_OK = 1
WRONGLY_CALLED = 2
INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be asked of the demo."""
    parser.add_argument(
        "--list", action="store_true", help="name the faults and what each breaks"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="FAULT",
        help="play this fault only; can be repeated",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all as JSON")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write all as one page"
    )
    parser.add_argument(
        "--otlp-endpoint", metavar="URL", help="send to this collector (HTTP) as well"
    )
    parser.add_argument(
        "--clickhouse",
        action="store_true",
        help="keep conversations in ClickHouse too (needs chdb)",
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave all running until Ctrl-C"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; 0 where every expected record came, and nothing else."""
    if arguments.list:
        print("\n".join(_listed()))
        return 0
    wrong = "; ".join(_wrong(arguments))
    if wrong:
        sys.stderr.write(f"gp-otel demo: {wrong}\n")
        return WRONGLY_CALLED
    only = set(arguments.only)
    situations = [one for one in SITUATIONS if not only or one.name in only]
    try:
        with _interruptible():
            return _play(arguments, situations)
    except KeyboardInterrupt:
        sys.stderr.write("\ngp-otel demo: interrupted, everything is ended\n")
        return INTERRUPTED
    except StartError as error:
        sys.stderr.write(f"gp-otel demo: {error}\n")
        return NOT_OK


def _play(arguments: argparse.Namespace, situations: Sequence[Situation]) -> int:
    terminal = Terminal(len(situations))
    world = World(clickhouse=arguments.clickhouse, forward_to=arguments.otlp_endpoint)
    try:
        terminal.begins("PostgreSQL, Valkey, the model and the receiver start")
        with world:
            conductor = Conductor(world, terminal)
            result = conductor.conduct(situations, keep=arguments.keep)
            terminal.result(result)
            _write(arguments, result)
            if arguments.keep:
                world.run(USUAL)
                print("\n".join(_endpoints(world)), flush=True)
                with suppress(KeyboardInterrupt):
                    threading.Event().wait()
    finally:
        terminal.quiet()
    return 0 if result.ok else NOT_OK


def _write(arguments: argparse.Namespace, result: Result) -> None:
    if arguments.json is not None:
        text = json.dumps(result.as_json(), indent=2, ensure_ascii=False)
        arguments.json.write_text(f"{text}\n", "utf-8")
    if arguments.html is not None:
        arguments.html.write_text(page.write(result), "utf-8")


def _wrong(arguments: argparse.Namespace) -> Iterator[str]:
    """Say what is wrong before anything is started."""
    names = [one.name for one in SITUATIONS]
    for name in arguments.only:
        if name not in names:
            near = get_close_matches(str(name), names, n=3, cutoff=0.4)
            meant = f"did you mean {' or '.join(near)}?" if near else "see --list"
            yield f"there is no fault {name!r}; {meant}"
    for file in (arguments.json, arguments.html):
        if file is not None and not file.parent.is_dir():
            yield f"{file.parent} is no folder: {file.name} could not be written there"
    if arguments.clickhouse and importlib.util.find_spec("chdb") is None:
        yield "chdb is not installed: pip install 'gp-otel[clickhouse]'"
    group = "opentelemetry_pre_instrument"
    if not importlib.metadata.entry_points(group=group, name="golden_path"):
        yield "gp-otel is imported but not installed, so the launcher cannot find it"


def _listed() -> Iterator[str]:
    widest = max(len(one.name) for one in SITUATIONS) + 2
    stage = ""
    for one in SITUATIONS:
        heading = one.stage.value if isinstance(one, Fault) else "harmless"
        if heading != stage:
            yield f"{'' if not stage else chr(10)}{heading}"
            stage = heading
        yield f"  {one.name:<{widest}}{one.situation}"


def _endpoints(world: World) -> Iterator[str]:
    """Say where everything is, as long as it is there."""
    application = world.application
    yield ""
    yield "Everything goes on until Ctrl-C:"
    yield f"  application  {application.url}  (WebSocket {application.ws_url}/ws)"
    yield f"  sign in      POST {application.url}/login  user {USERS[0]}, {PASSWORD}"
    yield f"  process      {application.pid}"
    yield f"  PostgreSQL   {world.postgres.url}"
    yield f"  Valkey       {world.redis.url}"
    yield f"  model        {world.llm.url}"
    yield f"  tools        {world.tools.url}"
    yield f"  OTLP         {world.receiver.url}"


@contextmanager
def _interruptible() -> Generator[None]:
    """Let SIGTERM end it as Ctrl-C does, also where a shell has switched that off."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ends = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, interrupt) for number in ends]
    try:
        yield
    finally:
        for number, handler in zip(ends, before, strict=True):
            signal.signal(number, handler)
