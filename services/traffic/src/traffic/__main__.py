"""`python -m traffic`: play a preset, show it, say what came of it.

Exit codes: 0 every request got its answer, 1 one did not, 2 nothing could be asked (wrong
settings, unusable bank, nobody there, no such model), 128 + signal when it was stopped.
"""

import asyncio
import signal
import sys
import time
from pathlib import Path

from rich.console import Console

from ollama_observe.service.logging import configure_logging
from ollama_observe.service.settings import load
from traffic.client import Client, open_http
from traffic.comparison import compare
from traffic.plan import Plan, make_plan
from traffic.questions import BankError, load_bank
from traffic.report import summarise
from traffic.runner import play
from traffic.settings import TrafficSettings
from traffic.tables import summary_table
from traffic.target import TargetError, check
from traffic.view import View

CHECKOUT_QUESTIONS = Path(__file__).resolve().parents[4] / "questions"


def main(argv: list[str] | None = None) -> int:
    """Run once; the result is the exit code."""
    settings = load(TrafficSettings, argv)
    configure_logging("traffic", settings.log_level, settings.log_format)
    status = Console(stderr=True)
    try:
        bank = load_bank(settings.questions_directory or CHECKOUT_QUESTIONS)
        plan = make_plan(bank, settings.preset, settings.seed, settings.max_tokens, settings.route)
        return asyncio.run(_run(settings, plan, status))
    except (BankError, TargetError) as error:
        _say(status, str(error))
        return 2


async def _run(settings: TrafficSettings, plan: Plan, status: Console) -> int:
    stopped_by = _stop_on_signals()
    started = time.perf_counter()
    view = View(status, plan)
    try:
        async with open_http(settings) as http:
            if warning := await check(http, settings):
                _say(status, warning)
            started = time.perf_counter()
            with view:
                await play(plan, Client(http, settings), settings.concurrency, view)
    except asyncio.CancelledError:
        if not stopped_by:
            raise
    summary = summarise(plan, view.attempts, time.perf_counter() - started)
    comparison = compare(view.attempts) if plan.route == "mixed" else None
    Console().print(summary_table(plan, summary, comparison))
    if stopped_by:
        return 128 + stopped_by[0]
    return 1 if summary.failed or summary.unasked else 0


def _say(status: Console, sentence: str) -> None:
    status.out(f"traffic: {sentence}", highlight=False)


def _stop_on_signals() -> list[signal.Signals]:
    """Cancel the current task on the first signal; the list then holds it."""
    task, stopped_by = asyncio.current_task(), list[signal.Signals]()

    def stop(number: signal.Signals) -> None:
        stopped_by.append(number)
        if task is not None:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    return stopped_by


if __name__ == "__main__":
    sys.exit(main())
