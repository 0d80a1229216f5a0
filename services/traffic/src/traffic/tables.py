"""The end of a run as tables: counts first, then the distributions, each with its clock.

A run that went one way is one table. Of a run that went several, each way is a column: figures
over all of them would describe none.
"""

from collections.abc import Callable, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from traffic.comparison import Comparison, Differences
from traffic.plan import Plan
from traffic.report import Figures, Spread, Summary
from traffic.routes import Way

REMARKS = {
    Way.WENT_DIRECT: "asked for Portkey and went direct: it is not enabled, is down,"
    " or could not carry the request",
    Way.UNKNOWN: "failed without a sign of the way taken",
}
"""What is to be said about requests that went otherwise than they asked."""


def summary_table(plan: Plan, summary: Summary, comparison: Comparison | None = None) -> Group:
    """Everything about a run that has ended; `comparison` where questions went two ways."""
    parts: list[RenderableType] = ["", _counts(plan, summary), ""]
    if len(_shown_ways(plan, summary)) > 1:
        parts.append(_side_by_side(summary.ways))
    else:
        parts.append(_distributions(summary))
    if comparison is not None:
        parts += ["", _differences(comparison)]
    return Group(*parts)


def _shown_ways(plan: Plan, summary: Summary) -> Mapping[Way, Figures]:
    """The ways that are worth a word: all, where a way was asked for or Portkey was met."""
    if plan.route == "default" and Way.PORTKEY not in summary.ways:
        return {}
    return summary.ways


def _counts(plan: Plan, summary: Summary) -> Table:
    counts = Table.grid(padding=(0, 2))
    counts.add_row("Plan", f"{plan.preset}, seed {plan.seed}, sha256 {plan.sha256[:12]}")
    counts.add_row("Questions", _questions(plan))
    counts.add_row("Requests", _outcomes(summary))
    for error in summary.errors:
        counts.add_row("", Text(f"{error.count} x {error.kind}: {error.detail}", "red"))
    if ways := _shown_ways(plan, summary):
        sizes = {way: taken.ok + taken.failed for way, taken in ways.items()}
        counts.add_row("Way", ", ".join(f"{size} {way}" for way, size in sizes.items()))
        for way, remark in REMARKS.items():
            if way in sizes:
                counts.add_row("", Text(f"{sizes[way]} {remark}", "yellow"))
    counts.add_row(
        "Tokens", f"{summary.prompt_tokens} prompt, {summary.generated_tokens} generated"
    )
    counts.add_row("Duration", duration(summary.duration_seconds))
    return counts


def _questions(plan: Plan) -> str:
    number = len({question.question_id for question in plan.questions})
    twice = ", each direct and through Portkey," if plan.route == "mixed" else ""
    return f"{number}{twice} in {plan.requests} requests"


def _outcomes(summary: Summary) -> Text:
    text = Text(f"{summary.ok} ok, ")
    text.append(f"{summary.failed} failed", "bold red" if summary.failed else "")
    if summary.unasked:
        text.append(f", {summary.unasked} not finished or not sent", "yellow")
    return text


def _distributions(figures: Figures) -> Table:
    table = _table("Whole answers", "n", "p50", "p95", "max")
    for name, values, show in _measures(figures):
        count = str(values.count) if values else "0"
        table.add_row(name, count, *(cell for _, cell in _cells(values, show)))
    return table


def _side_by_side(ways: Mapping[Way, Figures]) -> Table:
    table = _table("Whole answers, by way", "", *ways)
    taken = ways.values()
    table.add_row("Requests", "n", *(str(figures.ok + figures.failed) for figures in taken))
    table.add_row("", "ok", *(str(figures.ok) for figures in taken))
    table.add_row("", "failed", *(str(figures.failed) for figures in taken))
    # one measure of every way at a time, then one figure of it at a time
    for measure in zip(*(_measures(figures) for figures in taken), strict=True):
        columns = [_cells(values, show) for _, values, show in measure]
        for row, cells in enumerate(zip(*columns, strict=True)):
            name = measure[0][0] if row == 0 else ""
            table.add_row(name, cells[0][0], *(cell for _, cell in cells))
    return table


def _differences(comparison: Comparison) -> Table:
    table = _table("Portkey minus direct, same request", "n", "p25", "median", "p75")
    for name, values in (
        ("TTFT, from sent", comparison.ttft_seconds),
        ("End to end, from sent", comparison.end_to_end_seconds),
    ):
        table.add_row(name, *_difference_cells(values))
    return table


def _difference_cells(values: Differences | None) -> tuple[str, ...]:
    if values is None:
        return ("0", "-", "-", "-")
    figures = (values.p25, values.p50, values.p75)
    return (str(values.count), *(_signed(figure) for figure in figures))


def _signed(seconds: float) -> str:
    milliseconds = round(seconds * 1000, 1) + 0.0  # which makes of -0.0 a 0.0
    return f"{milliseconds:+.1f} ms"


def _table(title: str, *columns: str) -> Table:
    table = Table(title, box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


Show = Callable[[float], str]


def _measures(figures: Figures) -> tuple[tuple[str, Spread | None, Show], ...]:
    return (
        ("TTFT, from sent", figures.ttft_seconds, duration),
        ("End to end, from sent", figures.end_to_end_seconds, duration),
        ("Tokens/s, server's clock", figures.reported_tokens_per_second, _per_second),
        ("Tokens/s, seen here", figures.seen_tokens_per_second, _per_second),
    )


def _cells(values: Spread | None, show: Show) -> tuple[tuple[str, str], ...]:
    if values is None:
        return (("p50", "-"), ("p95", "-"), ("max", "-"))
    return (
        ("p50", show(values.p50)),
        ("p95", show(values.p95)),
        ("max", show(values.maximum)),
    )


def duration(seconds: float) -> str:
    """Seconds for people.

    Example: 0.2134 gives `213 ms`, 2.708 gives `2.71 s`.
    """
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.2f} s"


def _per_second(value: float) -> str:
    return f"{value:.1f}"
