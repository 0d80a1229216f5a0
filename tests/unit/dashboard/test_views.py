"""A view's instants lie on a grid, and what cannot be shown is refused in a sentence."""

from typing import Any

import pytest

from dashboard.views import RANGES, TILES_SECONDS, BadViewError, Routing, View, grid_of, step_of


@pytest.mark.parametrize("span", [one.seconds for one in RANGES])
@pytest.mark.parametrize("points", [150, 300, 600])
def test_a_range_has_no_more_points_than_were_asked_for(span: int, points: int) -> None:
    now = 1_700_000_123.4
    grid = grid_of(View(seconds=span, points=points), now, 5, now)
    assert grid.count <= points + 1
    assert grid.step >= 5
    assert now - 62 < grid.end < now
    assert span - grid.step < grid.end - grid.start <= span


def test_a_live_view_ends_at_the_last_instant_whose_samples_are_there() -> None:
    view = View(seconds=300)
    assert grid_of(view, 1_000_005.9, 5, 0).end == 1_000_000
    assert grid_of(view, 1_000_006.1, 5, 0).end == 1_000_005


@pytest.mark.parametrize("span", [one.seconds for one in RANGES])
def test_a_live_view_moves_on_by_whole_steps_from_where_it_begun(span: int) -> None:
    begun, view = 1_700_000_123.4, View(seconds=span)
    first = grid_of(view, begun, 5, begun)
    for later in (first.step - 63, first.step, 10 * first.step + 1):
        grid = grid_of(view, begun + later, 5, begun)
        assert (grid.step, grid.count) == (first.step, first.count)
        assert (grid.end - first.end) % first.step == 0
        assert begun + later - first.step - 62 < grid.end < begun + later


def test_a_zoom_that_is_not_over_grows() -> None:
    view = View(start=1_000_000, end=1_000_600)
    counts = [grid_of(view, now, 5, 1_000_000).count for now in (999_990, 1_000_001, 1_000_301)]
    assert counts == [1, 1, 61]
    ends = {grid_of(view, now, 5, 1_000_000).end for now in (1_000_601, 1_000_700, 9_000_000)}
    assert ends == {1_000_600}


def test_no_point_repeats_a_scrape() -> None:
    assert step_of(View(seconds=300), 5) == 5
    assert step_of(View(seconds=300), 0.5) == 1
    assert step_of(View(seconds=300), 45) == 60


def test_a_zoom_covers_what_was_dragged() -> None:
    grid = grid_of(View(start=1_000_003, end=1_000_607), 5_000_000, 1, 4_000_000)
    assert (grid.start, grid.end, grid.step) == (1_000_000, 1_000_610, 5)
    assert grid.start <= 1_000_003
    assert grid.end >= 1_000_607


def test_views_of_the_same_have_one_key_and_others_have_others() -> None:
    one, same = View(models=("a", "b")), View(models=("b", "a"))
    assert one.key == same.key
    keys = {
        View(**told).key
        for told in (
            *({}, {"seconds": 300}, {"models": ("a",)}, {"routing": Routing.DIRECT}),
            *({"by_model": True}, {"points": 600}, {"start": 1, "end": 9}),
        )
    }
    assert len(keys) == 7


def test_names_of_models_with_any_letters_in_them_do_not_make_one_key_of_two_views() -> None:
    names = (("a|b",), ("a", "b"), ("a%7Cb",), ("a%b",))
    assert len({View(models=one).key for one in names}) == len(names)


def test_the_tiles_show_the_last_quarter_of_an_hour_of_the_same_requests() -> None:
    tiles = View(start=1, end=9, models=("a",), routing=Routing.PORTKEY, by_model=True).tiles
    assert (tiles.seconds, tiles.is_live, tiles.models) == (TILES_SECONDS, True, ("a",))
    assert (tiles.routing, tiles.by_model) == (Routing.PORTKEY, False)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"points": 301}, "points: expected one of (150, 300, 600), found 301"),
        ({"seconds": 17}, "seconds: expected one of"),
        ({"start": 5}, "expected start and end, or neither"),
        ({"start": 9, "end": 5}, "found 9 to 5"),
        ({"start": 0, "end": 10**9}, "found 0 to 1000000000"),
        ({"start": 2_000_001, "end": 2_000_600}, "a time before 2000000, now, found 2000001"),
        ({"models": tuple("m" * n for n in range(1, 30))}, "expected at most 20, found 29"),
    ],
)
def test_what_cannot_be_shown_is_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(BadViewError) as refused:
        View(**told).checked(2_000_000.4)
    assert said in str(refused.value)
