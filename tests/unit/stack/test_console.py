import pytest

from stack.console import columns, duration, megabytes


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m 0s"), (3600, "1h 0m"), (90061, "1d 1h")],
)
def test_a_duration_has_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_cells_line_up_and_nothing_is_cut() -> None:
    assert columns([("a", "bb"), ("ccc", "d")]) == ["  a    bb", "  ccc  d"]
    assert columns([]) == []


def test_sizes_are_in_decimal_megabytes() -> None:
    assert megabytes(98_362_432) == "98 MB"
