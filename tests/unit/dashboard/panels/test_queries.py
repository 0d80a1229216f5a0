"""PromQL that panels have in common."""

from dashboard.panels.model import Role, Split
from dashboard.panels.queries import (
    P50_P95,
    averaged,
    averaged_while_there,
    by_labels_or_model,
    grown,
    mean,
    objective,
    per_model,
    present,
    quantile,
    quantiles,
    quantiles_by,
    rate,
    ratio,
    summed,
)


def test_a_sum_is_by_labels_or_of_all() -> None:
    assert summed("a") == "sum(a)"
    assert summed("a", "le", "model") == "sum by (le, model) (a)"


def test_growth_is_left_to_the_view() -> None:
    assert grown("a_total{b}") == "@{grown(a_total{b}, wide)}"
    assert rate("a_total{b}") == "@{rate(a_total{b}, window)}"


def test_a_share_is_nothing_of_nothing_and_zero_without_a_part() -> None:
    assert ratio("a", "b") == "(sum(a) or 0 * sum(b)) / (sum(b) > 0)"


def test_a_mean_is_nothing_without_observations() -> None:
    assert mean("h", "x", "model") == (
        "sum by (model) (@{grown(h_sum{x}, wide)}) / "
        "(sum by (model) (@{grown(h_count{x}, wide)}) > 0)"
    )


def test_a_quantile_is_of_buckets_by_their_edge() -> None:
    expected = "histogram_quantile(0.95, sum by (le, model) (@{grown(h_bucket{x}, 5m)}))"
    assert quantile("0.95", "h", "x", "model", window="5m") == expected


def test_a_query_is_asked_in_total_and_by_model() -> None:
    total, by_model = per_model(lambda *by: summed("a", *by), "p95", Role.P95)
    assert (total.expr, total.name, total.split) == ("sum(a)", "p95", Split.TOTAL)
    assert (by_model.expr, by_model.name) == ("sum by (model) (a)", "{model} p95")
    assert by_model.split is Split.MODEL and by_model.role is Role.P95


def test_three_quantiles_are_six_queries_or_three_where_there_is_no_model() -> None:
    assert [query.name for query in quantiles("h")] == [
        *("p50", "{model} p50", "p95", "{model} p95", "p99", "{model} p99"),
    ]
    alone = quantiles_by("h", "x", "way", name="{way}")
    assert [(query.name, query.split) for query in alone] == [
        (f"{{way}} {rank}", Split.BOTH) for rank in ("p50", "p95", "p99")
    ]
    assert [query.role for query in quantiles_by("h", "", which=P50_P95)] == [Role.P50, Role.P95]


def test_what_has_further_labels_is_told_by_them_or_by_model() -> None:
    total, by_model = by_labels_or_model("a", "part", "state")
    assert (total.expr, total.name) == ("sum by (part, state) (a)", "{part} {state}")
    assert (by_model.expr, by_model.name) == ("sum by (model) (a)", "{model}")
    assert (total.split, by_model.split) == (Split.TOTAL, Split.MODEL)


def test_an_objective_is_a_dashed_line() -> None:
    line = objective("${slo_x}")
    assert (line.expr, line.role) == ("vector(${slo_x})", Role.THRESHOLD)


def test_what_comes_and_goes_is_smoothed_over_the_time_in_which_it_could_be_there() -> None:
    assert averaged_while_there("g{x}", "up") == (
        "sum_over_time(g{x}[${window}]) / on (instance, job) group_left () "
        "max by (instance, job) (count_over_time(up[${window}]))"
    )


def test_a_gauge_is_smoothed_or_looked_for_in_the_whole_step() -> None:
    assert averaged("g") == "avg_over_time(g[${window}])"
    assert present("g", "model") == "max by (model) (g or max_over_time(g[${step}]))"
