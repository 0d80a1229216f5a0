"""Two runs against each other as a table, with what is to be said beside it."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from traffic.compare.bootstrap import Interval
from traffic.compare.runs import Change, Row, RunComparison
from traffic.results.measures import Unit
from traffic.results.tables import duration

_STYLES = {Change.BETTER: "green", Change.WORSE: "bold red", Change.NO_DIFFERENCE: ""}


def comparison_table(found: RunComparison) -> Group:
    """Every figure of both runs, the difference with its interval of 95 %, and the verdict."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    for name in ("", "first", "second", "change (95 %)", ""):
        table.add_column(name, justify="right", no_wrap=True)
    before = ""
    for row in found.rows:
        table.add_row(
            "" if row.label == before else row.label,
            row.statistic,
            _value(row.unit, row.base),
            _value(row.unit, row.new),
            _change(row),
            Text(row.change, _STYLES[row.change]),
        )
        before = row.label
    warnings = (Text(f"Mind: {warning}", "yellow") for warning in found.warnings)
    parts: list[RenderableType] = ["", table, "", _how(found), *warnings]
    return Group(*parts)


def _how(found: RunComparison) -> str:
    taken = "each run on its own" if found.pairs is None else f"{found.pairs} questions in pairs"
    return (
        f"Resampled: {taken}. Better or worse: the whole interval is more than"
        f" {100 * found.tolerance:g} % away, of ratios more than 0."
    )


def _value(unit: Unit | None, value: float) -> str:
    if unit is None:
        return f"{100 * value:.1f} %"
    return duration(value) if unit == "seconds" else f"{value:.1f}"


def _change(row: Row) -> str:
    """The change and its interval: percent of the base, or points of a ratio.

    Where the base is 0, the plain difference.
    """
    if row.relative is not None and row.relative_interval is not None:
        return _with_interval(row.relative, row.relative_interval, 100, "%")
    if row.unit is None:
        return _with_interval(row.difference, row.interval, 100, "%")
    scale, unit = (1000, "ms") if row.unit == "seconds" else (1, "")
    return _with_interval(row.difference, row.interval, scale, unit)


def _with_interval(value: float, around: Interval, scale: int, unit: str) -> str:
    middle, low, high = (f"{one * scale:+.1f}" for one in (value, around.low, around.high))
    return f"{middle} {unit} ({low} to {high})"
