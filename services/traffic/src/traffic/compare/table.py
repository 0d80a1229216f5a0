"""Two runs against each other as a table, with what is to be said beside it."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from traffic.compare.runs import Change, Row, RunComparison
from traffic.results.units import Unit, difference, shown

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
            shown(row.unit, row.base),
            shown(row.unit, row.new),
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


def _change(row: Row) -> str:
    """The change and its interval: percent of the base, or points of a ratio.

    Where the base is 0, the plain difference.
    """
    unit: Unit = row.unit
    value, around = row.difference, row.interval
    if row.relative is not None and row.relative_interval is not None:
        unit, value, around = "ratio", row.relative, row.relative_interval
    return difference(unit, value, (around.low, around.high))
