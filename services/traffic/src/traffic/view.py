"""A run while it goes: a live line on a terminal, one plain line a request elsewhere.

Never a question or an answer.
"""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from traffic.attempt import Attempt
from traffic.plan import Plan, PlannedQuestion
from traffic.report import percentile
from traffic.routes import Way
from traffic.tables import duration

_NAME_WIDTH = 24
_WAY_WIDTH = max(len(way) for way in Way)


class View(AbstractContextManager["View"]):
    """Keeps the attempts of a run and shows how it goes."""

    def __init__(self, console: Console, plan: Plan) -> None:
        self.attempts: list[Attempt] = []
        self._console = console
        self._total = plan.requests
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            expand=True,
        )
        self._task: TaskID = self._progress.add_task("", total=self._total, figures="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def asked(self, question: PlannedQuestion) -> None:
        """Show which kind of question is being answered."""
        self._progress.update(self._task, description=f"{question.category:<{_NAME_WIDTH}}")

    def answered(self, attempt: Attempt) -> None:
        """Count the attempt and show the figures so far."""
        self.attempts.append(attempt)
        self._progress.update(self._task, advance=1, figures=running_figures(self.attempts))
        if not self._console.is_terminal:
            self._console.out(plain_line(len(self.attempts), self._total, attempt))


def running_figures(attempts: list[Attempt]) -> str:
    """The medians so far, in the width of a live line."""
    ttfts = [a.ttft_seconds for a in attempts if a.is_ok and a.ttft_seconds is not None]
    rates = [rate for a in attempts if a.is_ok and (rate := _rate(a)) is not None]
    failed = sum(not attempt.is_ok for attempt in attempts)
    parts = [f"TTFT {duration(percentile(ttfts, 0.5))}"] if ttfts else []
    parts += [f"{percentile(rates, 0.5):.1f} tok/s"] if rates else []
    parts += [f"[red]{failed} failed[/red]"] if failed else []
    return " ".join(parts)


def plain_line(number: int, total: int, attempt: Attempt) -> str:
    """One attempt in one line, with its way where one was asked for or Portkey was met."""
    head = f"{number:>{len(str(total))}}/{total} {attempt.category:<{_NAME_WIDTH}}  "
    if attempt.route != "default" or attempt.way is Way.PORTKEY:
        head += f"{attempt.way:<{_WAY_WIDTH}}  "
    if not attempt.is_ok:
        return f"{head}failed: {attempt.error}: {attempt.detail}"
    parts = ["ok"]
    if attempt.ttft_seconds is not None:
        parts.append(f"TTFT {duration(attempt.ttft_seconds)}")
    if (rate := _rate(attempt)) is not None:
        parts.append(f"{rate:.1f} tokens/s")
    return head + "  ".join(parts)


def _rate(attempt: Attempt) -> float | None:
    """By the server's clock where it reports one (native API), else by ours."""
    return attempt.reported_tokens_per_second or attempt.seen_tokens_per_second
