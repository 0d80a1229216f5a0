"""The rows as a table, and what they come to as a sentence."""

from collections import Counter
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from drill.judge import GOOD, Row, Verdict

_STYLES = {Verdict.OK: "green", Verdict.NOT_DRILLED: "yellow"}


def table_of(rows: Sequence[Row]) -> Table:
    """One line for each row, by alert."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Alert", "Made to happen by", "Fired after", "Resolved after", "Verdict"):
        is_number = title.endswith("after")
        table.add_column(title, justify="right" if is_number else "left", no_wrap=is_number)
    for row in sorted(rows, key=lambda row: row.alert):
        table.add_row(
            row.alert,
            Text(row.how),
            _seconds(row.fired_seconds),
            _seconds(row.resolved_seconds),
            Text(row.verdict, _STYLES.get(row.verdict, "red")),
        )
    return table


def sentence_of(rows: Sequence[Row], quiet_seconds: float, took_seconds: float) -> str:
    """What the drill found."""
    counts = Counter(row.verdict for row in rows)
    fired = len({row.alert for row in rows if row.verdict is Verdict.OK})
    if {row.verdict for row in rows} <= {Verdict.NOT_DRILLED, Verdict.MISSED}:
        return "Nothing could be drilled here."
    others = [verdict for verdict in Verdict if verdict is not Verdict.OK and counts[verdict]]
    parts = [
        f"{fired} alert{'' if fired == 1 else 's'} fired and resolved",
        *(f"{counts[v]} {v}" for v in others),
    ]
    quiet = f"{quiet_seconds:g} s of healthy traffic came first"
    return f"{'; '.join(parts)}. It took {took_seconds:.0f} s; {quiet}."


def exit_code(rows: Sequence[Row]) -> int:
    """0 where every alert that could be drilled did as it should, and no other fired."""
    return 0 if all(row.verdict in GOOD for row in rows) else 1


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} s"
