"""The command line of the drill: what is asked for, progress, signals, the table, the exit code."""

import argparse
import asyncio
import contextlib
import math
import signal
import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from drill.judge import Row
from drill.prometheus import PrometheusError
from drill.running import DrillError
from drill.scenario import Component
from drill.scenarios import chosen, names
from drill.session import HEALTHY_SECONDS, Options, drill
from drill.table import exit_code, sentence_of, table_of
from stack.errors import SettingsError
from tests.fakes.nvml import DriverError
from traffic.bank.loading import BankError

_WIDTH = 160

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(argv: list[str] | None = None) -> int:
    """Drill, and print the table; the result is the exit code."""
    arguments = _parser().parse_args(argv)
    if unknown := sorted(set(arguments.only) - set(names())):
        _say(f"--only: no such alert: {', '.join(unknown)}; --list names all")
        return 2
    only = frozenset(arguments.only)
    if arguments.list:
        _console().print(_listed(only))
        return 0
    options = Options(
        only,
        frozenset(Component(name) for name in _required(arguments.require)),
        arguments.within,
        arguments.keep,
    )
    try:
        return asyncio.run(_run(options))
    except* (DrillError, SettingsError, BankError, DriverError, PrometheusError) as errors:
        for error in _leaves(errors):
            _say(str(error))
    return 2


async def _run(options: Options) -> int:
    stopped_by = stop_on_signals()
    began = time.perf_counter()

    def say(text: str) -> None:
        _say(f"{time.perf_counter() - began:4.0f} s  {text}")

    try:
        rows = await drill(options, say)
    except asyncio.CancelledError:
        if not stopped_by:
            raise
        return 128 + stopped_by[0]
    _show(rows, time.perf_counter() - began)
    return exit_code(rows)


def _leaves(group: ExceptionGroup[Exception]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _show(rows: list[Row], took_seconds: float) -> None:
    console = _console()
    console.print(table_of(rows))
    console.print()
    console.print(sentence_of(rows, HEALTHY_SECONDS, took_seconds), highlight=False)


def _console() -> Console:
    # a file or a pipe has no width of its own
    return Console() if sys.stdout.isatty() else Console(width=_WIDTH)


def _listed(only: frozenset[str]) -> Table:
    table = Table("Round", "Alert", "Made to happen by", "Needs", box=None, pad_edge=False)
    for number, scenarios in enumerate(chosen(only), 1):
        for scenario in scenarios:
            for alert in scenario.fires:
                table.add_row(str(number), alert.name, scenario.how, scenario.needs or "")
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m drill",
        description="Make the condition of each alert happen in a stack of its own, with a real "
        "Prometheus and shortened times, and see it fire and resolve. Takes about three minutes.",
        epilog="Exit code 0: every alert that could be drilled here fired and resolved, and none "
        "fired that nothing had provoked. 1: not so. 2: there was no drill.",
        allow_abbrev=False,
    )
    known = [str(component) for component in Component]
    parser.add_argument("--list", action="store_true", help="say what would be done; do nothing")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="ALERT", help="only what makes these alerts fire"
    )
    parser.add_argument(
        "--require",
        nargs="*",
        choices=known,
        metavar="COMPONENT",
        help=f"fail where one of these is missing, of {', '.join(known)}; alone: all of them",
    )
    parser.add_argument(
        "--within",
        type=_seconds,
        default=Options().within_seconds,
        metavar="SECONDS",
        help="longest wait for an alert to fire, and to resolve (%(default)g)",
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave the logs and Prometheus's data, and say where"
    )
    return parser


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < (seconds := float(text)) < math.inf:
            return seconds
    raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, found {text!r}")


def _required(given: list[str] | None) -> list[str]:
    if given is None:
        return []
    return given or [str(component) for component in Component]


def _say(text: str) -> None:
    print(f"drill: {text}", file=sys.stderr, flush=True)  # noqa: T201


def stop_on_signals() -> list[signal.Signals]:
    """Cancel the current task on the first signal; the list then holds it."""
    task, stopped_by = asyncio.current_task(), list[signal.Signals]()

    def stop(number: signal.Signals) -> None:
        if task is not None and not stopped_by:
            _say(f"{number.name}: stopping all that was started")
            stopped_by.append(number)
            task.cancel()

    for number in _STOPS:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup's wish
            asyncio.get_running_loop().add_signal_handler(number, stop, number)
    return stopped_by
