from stack.stop import stop_order


def test_the_proxy_drains_while_gateway_and_engine_still_answer() -> None:
    names = ["engine", "portkey", "prometheus", "proxy"]
    assert stop_order(names) == ["proxy", "portkey", "engine", "prometheus"]


def test_the_traffic_worker_asks_nothing_more_before_the_proxy_drains() -> None:
    assert stop_order(["proxy", "prometheus", "traffic"]) == ["traffic", "proxy", "prometheus"]


def test_the_dashboard_shows_a_drain_and_prometheus_sees_it_go() -> None:
    names = ["prometheus", "dashboard", "proxy"]
    assert stop_order(names) == ["proxy", "dashboard", "prometheus"]


def test_a_part_of_another_version_is_stopped_too() -> None:
    assert stop_order(["proxy", "another"]) == ["another", "proxy"]
