"""Latency in quantiles, with objectives, in total and by model."""

from dashboard.panels.model import Kind, Role
from dashboard.panels.speed import PANELS

BY_ID = {panel.id: panel for panel in PANELS}


def test_latencies_have_three_quantiles_in_total_and_by_model() -> None:
    for name in ("ttft", "ttfat", "duration", "tpot", "prefill"):
        panel = BY_ID[name]
        for by_model in (False, True):
            roles = [panel.queries[place].role for place in panel.asked(by_model)]
            assert roles[:3] == [Role.P50, Role.P95, Role.P99], name


def test_what_is_promised_is_a_line() -> None:
    promised = {
        panel.id: query.expr
        for panel in PANELS
        for query in panel.queries
        if query.role is Role.THRESHOLD and query.expr.startswith("vector(")
    }
    assert promised == {
        "ttft": "vector(${slo_ttft_seconds})",
        "duration": "vector(${slo_duration_seconds})",
    }


def test_the_time_to_first_token_is_a_heat_map_too() -> None:
    assert [panel.id for panel in PANELS if panel.kind is Kind.HEAT] == ["ttft-heat"]
