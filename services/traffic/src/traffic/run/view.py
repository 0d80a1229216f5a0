"""A run while it goes: a live display on a terminal, plain lines elsewhere.

Of a small plan every request is a line; of a large one, or one without an end, there is a line
every five seconds. Never a question or an answer.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from traffic.plan.plan import Plan, PlannedQuestion
from traffic.request.attempt import Attempt
from traffic.request.routes import Way
from traffic.results.drops import drop_of
from traffic.results.units import counted, duration, rate
from traffic.run.keeping import Keeper, keeper_of
from traffic.run.progress import Running, Tally, rate_of

REFRESHES_PER_SECOND = 4
"""Drawing takes time of the process that measures: most of a millisecond each."""

LINE_SECONDS = 5.0
LINE_A_REQUEST = 100
"""Up to so many requests each has a line of its own."""

_NAME_WIDTH = 24
_WAY_WIDTH = max(len(way) for way in Way)


class View(AbstractContextManager["View"]):
    """Hands on the attempts of a run and what was dropped, and shows how it goes."""

    def __init__(
        self,
        console: Console,
        plan: Plan,
        clock: Callable[[], float] = time.perf_counter,
        line_seconds: float = LINE_SECONDS,
        keeper: Keeper | None = None,
    ) -> None:
        self.keeper = keeper or keeper_of(plan)
        self._console = console
        self._total = plan.requests
        self._clock = clock
        self._began = clock()
        self._running = Running()
        self._is_line_a_request = (
            not console.is_terminal and self._total is not None and self._total <= LINE_A_REQUEST
        )
        self._display = _Display(console, self._running, self._total, self._seconds)
        self._lines = _Ticker(line_seconds, self._line)

    def __enter__(self) -> Self:
        self._began = self._clock()
        if self._console.is_terminal:
            self._display.live.start(refresh=True)
        elif not self._is_line_a_request:
            self._lines.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._display.live.stop()
        elif not self._is_line_a_request:
            self._lines.stop()
            self._line()

    def asked(self, question: PlannedQuestion) -> None:
        """Count what is in flight, and show which kind of question is being answered."""
        self._running.asked()
        self._display.doing = "warm-up" if question.is_warm_up else question.category

    def answered(self, attempt: Attempt) -> None:
        """Keep and count the attempt."""
        self.keeper.keep(attempt)
        self._running.answered(attempt)
        if self._is_line_a_request and self._total is not None:
            number = 0 if attempt.is_warm_up else self._running.done
            self._console.out(plain_line(number, self._total, attempt), highlight=False)

    def dropped(self, question: PlannedQuestion) -> None:
        """Keep and count what was not asked."""
        self.keeper.keep_drop(drop_of(question))
        self._running.dropped_some(len(question.turns))

    def _seconds(self) -> float:
        return self._clock() - self._began

    def _line(self) -> None:
        parts = (f"{self._seconds():.0f} s", counts(self._running), *percentiles(self._running))
        self._console.out("  ".join(parts), highlight=False)


class _Display:
    """The lines on a terminal. What they show is read when they are drawn, in another thread."""

    def __init__(
        self, console: Console, running: Running, total: int | None, seconds: Callable[[], float]
    ) -> None:
        self.doing = ""
        self._running = running
        self._seconds = seconds
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn(f"{{task.description:<{_NAME_WIDTH}}}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            auto_refresh=False,
            expand=True,
        )
        self._task = self._bar.add_task("", total=total)
        self.live = Live(
            console=console,
            refresh_per_second=REFRESHES_PER_SECOND,
            get_renderable=self._drawn,
        )

    def _drawn(self) -> RenderableType:
        running = self._running
        self._bar.update(self._task, completed=running.done, description=self.doing)
        in_all = rate(running.generated_tokens / max(self._seconds(), 1e-9))
        lines = [counts(running), *percentiles(running), f"tokens/s in all {in_all}"]
        return Group(
            self._bar,
            *(Text(f"  {line}", no_wrap=True, overflow="ellipsis") for line in lines),
            *(
                Text(f"  {line}", "red", no_wrap=True, overflow="ellipsis")
                for line in tuple(running.errors)
            ),
        )


class _Ticker:
    """Calls something again and again, in a thread of its own, until it is stopped."""

    def __init__(self, seconds: float, call: Callable[[], None]) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(seconds, call), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self, seconds: float, call: Callable[[], None]) -> None:
        while not self._stopped.wait(seconds):
            call()


def counts(running: Running) -> str:
    """How many are where: what is not there is not named."""
    named = (
        (running.in_flight, "in flight"),
        (running.hits, "from the cache"),
        (running.failed, "failed"),
        (running.cancelled, "cancelled"),
        (running.dropped, "dropped"),
    )
    return "  ".join([f"{running.ok} ok", *(f"{n} {name}" for n, name in named if n)])


def percentiles(running: Running) -> list[str]:
    """Of the time to first token, and of the tokens a second of each answer, to 1 %."""
    ttft = _three("TTFT", running.ttft_seconds, duration)
    rates = _three("tokens/s", running.tokens_per_second, rate)
    return [part for part in (ttft, rates) if part]


def _three(name: str, tally: Tally, show: Callable[[float], str]) -> str:
    found = tally.percentiles().items()
    cells = [f"{word} {show(value)}" for word, value in found if value is not None]
    return " ".join([name, *cells]) if cells else ""


def plain_line(number: int, total: int, attempt: Attempt) -> str:
    """One attempt in one line, with its way where one was asked for or Portkey was met."""
    width = len(str(total))
    place = "warm-up" if attempt.is_warm_up else f"{number:>{width}}/{total}"
    head = f"{place} {attempt.category:<{_NAME_WIDTH}}  "
    if attempt.route != "default" or attempt.way is Way.PORTKEY:
        head += f"{attempt.way:<{_WAY_WIDTH}}  "
    return head + _outcome(attempt)


def _outcome(attempt: Attempt) -> str:
    if attempt.is_cancelled:
        return f"cancelled after {counted(attempt.chunks, 'piece')}"
    if not attempt.is_ok:
        return f"failed: {attempt.error}: {attempt.detail}"
    parts = ["ok"]
    if attempt.ttft_seconds is not None:
        parts.append(f"TTFT {duration(attempt.ttft_seconds)}")
    elif attempt.end_to_end_seconds is not None:  # it came in one piece
        parts.append(f"after {duration(attempt.end_to_end_seconds)}")
    if attempt.is_hit:
        parts.append("from the cache")
    elif (tokens := rate_of(attempt)) is not None:
        parts.append(f"{rate(tokens)} tokens/s")
    if attempt.is_valid is False:
        parts.append("refused by its check")
    return "  ".join(parts)
