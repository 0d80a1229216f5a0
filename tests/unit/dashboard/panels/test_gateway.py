"""Both ways side by side."""

from dashboard.panels.gateway import PANELS

BY_ID = {panel.id: panel for panel in PANELS}


def test_the_four_that_are_compared_come_first() -> None:
    assert [panel.title for panel in PANELS[:4]] == [
        "Portkey Requests",
        "Direct Requests",
        "Routing Ratio",
        "Routing Latency",
    ]
    assert "gateway-overhead" in BY_ID


def test_latencies_are_told_by_way() -> None:
    for name in ("routing-latency", "routing-ttft"):
        assert all("{routing}" in query.name for query in BY_ID[name].queries)


def test_the_filter_of_routing_hides_neither_way() -> None:
    for panel in PANELS:
        for query in panel.queries:
            assert "${requests}" not in query.expr and "${routings}" not in query.expr


def test_what_took_no_way_is_in_no_share_of_the_ways() -> None:
    (total, _) = BY_ID["routing-ratio"].queries
    assert total.expr.count('routing!="cache"') == total.expr.count("requests_total") - 1
    for query in BY_ID["routing-errors"].queries:
        assert query.expr.count('routing!="cache"') == query.expr.count("_total{")
