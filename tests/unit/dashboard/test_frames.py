"""What Prometheus answers becomes columns: gaps are gaps, and a buffer moves on."""

import pytest

from dashboard.frames import MOST_SERIES, Buffer, column, columns, instants, missing
from dashboard.messages import Series
from dashboard.promql import Found
from dashboard.views import Grid

GRID = Grid(100, 10, 4)


def series(label: str, *values: float | None, query: int = 0) -> Series:
    return Series(query, {"model": label}, list(values))


def test_a_value_stands_at_its_instant_and_what_is_not_there_is_a_gap() -> None:
    assert column([(110, "2.5"), (130, "0")], GRID) == [None, 2.5, None, 0.0]


@pytest.mark.parametrize("text", ["NaN", "+Inf", "-Inf"])
def test_what_is_no_number_is_a_gap(text: str) -> None:
    assert column([(100, text), (110, "1")], GRID) == [None, 1.0, None, None]


def test_a_sample_beside_the_grid_is_in_no_column() -> None:
    assert column([(90, "1"), (105, "1"), (140, "1")], GRID) == [None] * 4


def test_a_series_without_values_is_none_and_its_name_is_no_label() -> None:
    found = [
        Found({"__name__": "a", "model": "m"}, [(100, "1")]),
        Found({"model": "n"}, [(100, "NaN")]),
    ]
    assert columns(2, found, GRID) == [series("m", 1.0, None, None, None, query=2)]


def test_at_instants_without_samples_nothing_is_repeated() -> None:
    found = [Found({"model": "m"}, [(100, "1"), (110, "1"), (120, "2")])]
    scraped = instants([Found({}, [(100, "3")]), Found({}, [(120, "3")])])
    assert columns(0, found, GRID, scraped) == [series("m", 1.0, None, 2.0, None)]


def test_added_points_push_the_oldest_out() -> None:
    buffer = Buffer(GRID, [series("a", 1, 2, 3, 4)])
    kept = buffer.append(Grid(140, 10, 2), [series("a", 5, None)])
    assert buffer.grid == Grid(120, 10, 4)
    assert buffer.series == [series("a", 3, 4, 5, None)]
    assert kept == [series("a", 5, None)]


def test_a_series_that_comes_later_had_gaps_and_one_that_stays_away_goes() -> None:
    buffer = Buffer(Grid(100, 10, 2), [series("a", 1, 2)])
    buffer.append(Grid(120, 10, 1), [series("b", 3)])
    assert buffer.series == [series("a", 2, None), series("b", None, 3)]
    buffer.append(Grid(130, 10, 1), [series("b", 4)])
    assert buffer.series == [series("b", 3, 4)]


def test_of_too_many_series_the_largest_are_kept_and_the_others_counted() -> None:
    grid = Grid(100, 10, 1)
    many = [series(f"m{n}", float(n)) for n in range(MOST_SERIES + 5)]
    buffer = Buffer(grid, many)
    assert buffer.left_out == 5
    assert [one.labels["model"] for one in buffer.series] == [
        f"m{n}" for n in range(5, MOST_SERIES + 5)
    ]
    assert buffer.append(Grid(110, 10, 1), many) == many[5:]
    assert buffer.left_out == 5


def test_of_too_many_series_the_quantiles_of_one_model_stay_together() -> None:
    grid = Grid(100, 10, 1)
    many = [series(f"m{n}", float(n + 100 * q), query=q) for n in range(30) for q in range(2)]
    kept = Buffer(grid, many).series
    assert {(one.query, one.labels["model"]) for one in kept} == {
        (q, f"m{n}") for q in range(2) for n in range(10, 30)
    }


def test_what_is_missing_is_the_end_or_all() -> None:
    buffer = Buffer(GRID, [series("a", 1, 2, 3, 4)])
    assert missing(None, GRID) == GRID
    assert missing(buffer, GRID).count == 0
    assert missing(buffer, Grid(120, 10, 4)) == Grid(140, 10, 2)
    assert missing(buffer, Grid(140, 10, 4)) == Grid(140, 10, 4)
    assert missing(buffer, Grid(120, 20, 4)) == Grid(120, 20, 4)
