"""A panel's PromQL is filled with what a view asks for."""

import re

import pytest

from dashboard.expressions import duration, filled
from dashboard.views import Routing, View
from stack.prometheus.rules import render
from stack.settings import StackSettings

EXPR = 'sum(rate(a{${requests}}[${window}])) + b{x="1",${models}} + c{${routings},y="2"}'


def test_without_a_filter_nothing_is_left_of_its_place() -> None:
    found = filled(EXPR, View(), 10, 5, {})
    assert found == 'sum(rate(a[20s])) + b{x="1"} + c{y="2"}'


def test_a_filter_is_a_matcher_in_each_place() -> None:
    found = filled(EXPR, View(models=("m:1", "n"), routing=Routing.DIRECT), 60, 5, {})
    models = 'model=~"m:1|n"'
    assert found == (
        f'sum(rate(a{{{models},routing="direct"}}[1m])) + b{{x="1",{models}}}'
        ' + c{routing="direct",y="2"}'
    )


def test_a_name_matches_itself_alone() -> None:
    found = filled("a{${models}}", View(models=('we.ird"[x]\\n',)), 5, 5, {})
    assert found == r"""a{model=~"we\\.ird\"\\[x\\]\\\\n"}"""


def test_a_name_may_look_like_what_is_left_of_an_empty_place() -> None:
    for name in ("a{,b,}", "${models}", "{}"):
        found = filled('a{x="1",${requests}} + b{${routings},}', View(models=(name,)), 5, 5, {})
        literal = re.sub(r"([{}$])", r"\\\\\1", name)
        assert found == f'a{{x="1",model=~"{literal}"}} + b'


def test_an_objective_is_a_number() -> None:
    assert filled("vector(${slo_ttft})", View(), 5, 5, {"slo_ttft": "2.5"}) == "vector(2.5)"


def test_a_place_that_nobody_fills_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="nothing"):
        filled("a{${nothing}}", View(), 5, 5, {})


@pytest.mark.parametrize(
    ("seconds", "text"), [(1, "1s"), (90, "90s"), (120, "2m"), (7200, "2h"), (172_800, "2d")]
)
def test_durations_are_as_promql_writes_them(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_a_window_is_four_scrapes_and_a_wide_one_twenty_steps_up_to_five_minutes() -> None:
    def windows(step: int, scrape_seconds: float) -> str:
        return filled("${window} ${wide}", View(), step, scrape_seconds, {})

    assert windows(5, 5) == "20s 100s"
    assert windows(1, 1) == "4s 20s"
    assert windows(15, 5) == "20s 5m"
    assert windows(300, 5) == "5m 5m"
    assert windows(3600, 5) == "1h 1h"
    assert windows(60, 100) == "400s 400s"


def test_a_counters_growth_has_its_beginning_in_it_as_the_rules_have_it() -> None:
    template = '@{grown(a_total{b="c"}, 5m)}'
    expected = render(template, StackSettings())
    assert filled(template, View(), 5, 5, {}) == expected
    assert filled('@{grown(a_total{b="c",${models}}, wide)}', View(), 15, 5, {}) == expected


def test_a_counters_rate_is_its_growth_per_second() -> None:
    grown = filled("@{grown(a, window)}", View(), 5, 5, {})
    assert filled("@{rate(a, window)}", View(), 5, 5, {}) == f"{grown} / 20"


def test_over_long_windows_a_beginning_is_seen_as_well() -> None:
    found = filled("@{grown(a, wide)}", View(), 10_800, 5, {})
    assert found.startswith("(a unless a offset 3h and ")
    assert found.endswith(" or increase(a[3h]))")


def test_a_filter_of_models_reaches_a_counter_that_grows() -> None:
    found = filled("@{rate(a{${requests}}, window)}", View(models=("m",)), 600, 5, {})
    assert found.startswith('(a{model=~"m"} unless a{model=~"m"} offset 10m ')
