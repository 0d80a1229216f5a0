from stack.stop import stop_order


def test_the_proxy_drains_while_the_engine_still_answers() -> None:
    assert stop_order(["engine", "prometheus", "proxy"]) == ["proxy", "engine", "prometheus"]


def test_a_part_of_another_version_is_stopped_too() -> None:
    assert stop_order(["proxy", "dashboard"]) == ["dashboard", "proxy"]
