"""A panel's PromQL is filled with what a view asks for."""

import pytest

from dashboard.expressions import duration, filled
from dashboard.views import Routing, View

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
