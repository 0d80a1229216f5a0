"""The clients' view beside the proxy's."""

from dashboard.panels.model import Role
from dashboard.panels.traffic import LATE_SECONDS, PANELS
from ollama_observe.metrics.catalogue import traffic as m

BY_ID = {panel.id: panel for panel in PANELS}


def test_clients_and_proxy_have_the_same_quantiles() -> None:
    for name in ("client-ttft", "client-duration", "client-tpot"):
        panel = BY_ID[name]
        names = [panel.queries[place].name for place in panel.asked(by_model=False)]
        assert names == ["clients p50", "clients p95", "proxy p50", "proxy p95"]


def test_a_late_generator_is_seen() -> None:
    *_, line = BY_ID["client-delay"].queries
    assert (line.role, line.expr) == (Role.THRESHOLD, f"vector({LATE_SECONDS})")
    assert LATE_SECONDS in m.SEND_DELAY.buckets


def test_requests_to_no_model_are_not_compared_with_the_clients() -> None:
    exprs = [query.expr for query in BY_ID["client-duration"].queries]
    of_proxy = [expr for expr in exprs if "(ollama_proxy_" in expr]
    assert len(of_proxy) == 4
    assert all('{model!="none",${requests}}' in expr for expr in of_proxy)


def test_recorded_answers_are_compared_with_no_figure_of_the_models() -> None:
    for name in ("client-ttft", "client-duration", "client-tpot", "client-tokens"):
        exprs = [query.expr for query in BY_ID[name].queries]
        of_clients = [expr for expr in exprs if "traffic_" in expr]
        assert of_clients
        assert all('{routing!="cache",${requests}}' in expr for expr in of_clients)
