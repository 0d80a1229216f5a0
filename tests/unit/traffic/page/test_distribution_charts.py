"""Shares and gaps: every answer and every gap is in them."""

import pytest

from tests.runs import many, refused, whole
from tests.unit.traffic.page.test_time_charts import present, run_of
from traffic.page.distribution_charts import curves, gaps


def test_the_curves_end_at_the_slowest_answer() -> None:
    chart = present(curves(run_of([whole(index, ttft=0.1 * (index + 1)) for index in range(10)])))
    assert chart.columns == ("answers", "TTFT within", "end to end within")
    assert ("50 %", "550 ms", "1.60 s") in chart.rows
    assert chart.rows[-1] == ("100 %", "1.00 s", "2.05 s")
    assert chart.plot.count("line a") == 2  # the curve, and its place in the legend


def test_many_answers_make_no_longer_a_curve() -> None:
    assert len(present(curves(run_of(many(3000)))).plot) < 15_000


def test_every_gap_is_in_a_column_those_of_nothing_in_the_first() -> None:
    chart = present(gaps(run_of([whole(gaps=(0.0, 0.0, 0.01, 0.01, 0.5, 1.0))])))
    assert sum(int(row[1]) for row in chart.rows) == 6
    assert chart.rows[0][1] == "4"
    assert "holds 2 that came at once" in chart.text


@pytest.mark.parametrize("same", [0.0, 1e-9, 0.1, 10.0])
def test_gaps_that_are_all_alike_are_one_column(same: float) -> None:
    chart = present(gaps(run_of([whole(gaps=(same,) * 5)])))
    assert [row[1] for row in chart.rows] == ["5"]


def test_without_answers_there_is_nothing_to_draw() -> None:
    assert curves(run_of([refused()])) is None
    assert gaps(run_of([refused()])) is None
    assert gaps(run_of([whole(gaps=())])) is None
