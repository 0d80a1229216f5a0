"""The comparison fits 80 columns and names every figure, its interval and the verdict."""

import io
from dataclasses import replace

from rich.console import Console

from tests.runs import many, refused, result, whole
from traffic.compare.bootstrap import Interval
from traffic.compare.runs import Change, Row, RunComparison, compare_runs
from traffic.compare.table import comparison_table
from traffic.request.attempt import Attempt


def printed(found: RunComparison) -> str:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(comparison_table(found))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text
    return text


def line(text: str, *words: str) -> str:
    return next(line for line in text.splitlines() if all(word in line for word in words))


def slow(attempts: list[Attempt]) -> list[Attempt]:
    return [
        whole(one.index, one.index / 2, 2.5 * one.ttft_seconds) if one.ttft_seconds else one
        for one in attempts
    ]


def test_each_figure_is_a_line_with_both_values_the_change_and_the_verdict() -> None:
    base = [*many(30), refused(30)]
    text = printed(compare_runs(result(base), result(slow(base))))
    cells = line(text, "TTFT", "p50").split()
    assert cells[1:2] == ["p50"]
    assert cells[-1] == "worse"
    assert "+150.0 % (+150.0 to +150.0)" in line(text, "TTFT")
    assert "3.2 %" in line(text, "Errors")
    assert "31 questions in pairs" in " ".join(text.split())


def test_where_the_base_is_nothing_the_plain_difference_is_shown() -> None:
    row = Row(
        "Largest gap",
        "p50",
        "seconds",
        0.0,
        0.0123,
        0.0123,
        Interval(0.001, 0.02),
        None,
        None,
        Change.WORSE,
    )
    rows = (row, replace(row, label="Tokens/s, here", unit="per_second", statistic="p5"))
    text = printed(RunComparison(rows, (), 0.05, None))
    assert "+12.3 ms (+1.0 to +20.0)" in line(text, "Largest gap")
    assert "each run on its own" in text


def test_warnings_stand_below() -> None:
    text = printed(RunComparison((), ("other [models]: a; then b",), 0.05, 3))
    assert "Mind: other [models]: a; then b" in text
