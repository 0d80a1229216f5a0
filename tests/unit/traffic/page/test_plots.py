"""A plot is well-formed, keeps its values inside, and says what it shows in words."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic.page.plots import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Axis,
    Bars,
    Dots,
    Line,
    exact,
    linear,
    logarithmic,
    svg,
)

WIDE = st.floats(1e-5, 1e6)


def show(value: float) -> str:
    return f"{value:g}"


def drawn(*marks: Line | Dots | Bars, x: Axis | None = None, y: Axis | None = None) -> str:
    axis = linear(0.0, 10.0, show, "n")
    return str(svg("name", "A <title>", 'Says "so" & so', x or axis, y or axis, marks))


@given(WIDE)
def test_a_linear_axis_holds_both_ends_with_round_ticks(high: float) -> None:
    axis = linear(0.0, high, show, "")
    assert axis.low == 0.0
    assert high <= axis.high <= 3 * high
    assert 3 <= len(axis.ticks) <= 7
    step = f"{axis.ticks[1]:e}"
    assert re.match(r"(1|2|2\.5|5)\.?0*e", step)


@given(WIDE, WIDE)
def test_a_logarithmic_axis_holds_both_ends_between_powers_of_ten(one: float, other: float) -> None:
    low, high = sorted((one, other))
    axis = logarithmic(low, high, show, "")
    assert axis.low <= low * 1.000001
    assert high <= axis.high * 1.000001
    assert axis.share(axis.low) == 0.0
    assert axis.share(axis.high) == 1.0
    assert list(axis.ticks) == sorted(axis.ticks)


@given(WIDE)
def test_an_exact_axis_ends_where_it_is_told(high: float) -> None:
    axis = exact(high, show, "")
    assert axis.high == high
    assert axis.ticks[-1] <= high
    assert len(axis.ticks) >= 3


def test_counts_have_no_ticks_between_numbers() -> None:
    assert linear(0.0, 1, show, "", is_whole=True).ticks == (0.0, 1.0)
    assert linear(0.0, 0, show, "", is_whole=True).ticks == (0.0, 1.0)


def test_decades_are_as_far_apart_as_each_other() -> None:
    axis = logarithmic(0.01, 10.0, show, "")
    assert [axis.share(10.0**power) for power in (-2, -1, 0, 1)] == pytest.approx(
        [0.0, 1 / 3, 2 / 3, 1.0]
    )


@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), max_size=5))
def test_whatever_the_values_are_they_are_drawn_inside(points: list[tuple[float, float]]) -> None:
    tree = ElementTree.fromstring(drawn(Line("a", points)))
    path = next(part for part in tree.iter() if part.get("class") == "line a").get("d", "")
    for at, up in re.findall(r"[ML](\S+) ([^ML\s]+)", path):
        assert LEFT <= float(at) <= WIDTH - RIGHT
        assert TOP <= float(up) <= HEIGHT - BOTTOM


def test_every_mark_is_drawn_and_named() -> None:
    marks = (
        Line("rising", [(0, 0), (10, 10)], is_step=True),
        Dots("some", [(1, 1), (2, 2)], "b"),
        Bars("columns", [(0, 1, 0, 5)], "bad"),
    )
    tree = ElementTree.fromstring(drawn(*marks))
    classes = [part.get("class") for part in tree.iter() if part.get("class") != "grid"]
    assert {"line a", "dots b", "bars bad"} <= set(classes)
    words = ["".join(part.itertext()) for part in tree.iter("text")]
    assert {"rising", "some", "columns"} <= set(words)
    assert {"0", "10"} <= set(words)


def test_one_mark_needs_no_legend() -> None:
    assert "alone" not in drawn(Line("alone", [(0, 0)]))


def test_a_plot_has_a_title_and_a_description_and_both_are_escaped() -> None:
    text = drawn()
    tree = ElementTree.fromstring(text)
    assert tree.get("role") == "img"
    assert tree.get("aria-labelledby") == "name-title name-text"
    assert tree.findtext("title") == "A <title>"
    assert tree.findtext("desc") == 'Says "so" & so'
    assert "<title>" not in text


def test_steps_go_level_before_they_go_up() -> None:
    text = drawn(Line("a", [(0, 0), (5, 10)], is_step=True))
    middle = (LEFT + WIDTH - RIGHT) / 2
    assert f"M{float(LEFT)} {float(HEIGHT - BOTTOM)}H{middle}V{float(TOP)}" in text
