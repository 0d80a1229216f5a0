"""A run on a terminal: a live line while it goes, a table at its end.

Where there is no terminal, one plain line a request. Never a question or an answer.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from traffic.attempt import Attempt
from traffic.plan import Plan, PlannedQuestion
from traffic.report import Spread, Summary, percentile

_NAME_WIDTH = 24


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
    """One attempt in one line."""
    head = f"{number:>{len(str(total))}}/{total} {attempt.category:<{_NAME_WIDTH}}  "
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


def duration(seconds: float) -> str:
    """Seconds for people.

    Example: 0.2134 gives `213 ms`, 2.708 gives `2.71 s`.
    """
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.2f} s"


def summary_table(plan: Plan, summary: Summary) -> Group:
    """The end of a run: counts first, then the distributions, each with its clock."""
    counts = Table.grid(padding=(0, 2))
    counts.add_row("Plan", f"{plan.preset}, seed {plan.seed}, sha256 {plan.sha256[:12]}")
    counts.add_row("Questions", f"{len(plan.questions)} in {summary.planned_requests} requests")
    counts.add_row("Requests", _outcomes(summary))
    for error in summary.errors:
        counts.add_row("", Text(f"{error.count} x {error.kind}: {error.detail}", "red"))
    counts.add_row(
        "Tokens", f"{summary.prompt_tokens} prompt, {summary.generated_tokens} generated"
    )
    counts.add_row("Duration", duration(summary.duration_seconds))
    return Group("", counts, "", _distributions(summary))


def _outcomes(summary: Summary) -> Text:
    text = Text(f"{summary.ok} ok, ")
    text.append(f"{summary.failed} failed", "bold red" if summary.failed else "")
    if summary.unasked:
        text.append(f", {summary.unasked} not finished or not sent", "yellow")
    return text


def _distributions(summary: Summary) -> Table:
    table = Table("Whole answers", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("n", "p50", "p95", "max"):
        table.add_column(name, justify="right", no_wrap=True)
    _add(table, "TTFT, from sent", summary.ttft_seconds, duration)
    _add(table, "End to end, from sent", summary.end_to_end_seconds, duration)
    _add(table, "Tokens/s, server's clock", summary.reported_tokens_per_second, _per_second)
    _add(table, "Tokens/s, seen here", summary.seen_tokens_per_second, _per_second)
    return table


def _per_second(value: float) -> str:
    return f"{value:.1f}"


def _add(table: Table, name: str, values: Spread | None, show: Callable[[float], str]) -> None:
    if values is None:
        table.add_row(name, "0", "-", "-", "-")
        return
    figures = (values.p50, values.p95, values.maximum)
    table.add_row(name, str(values.count), *(show(figure) for figure in figures))
