import pytest

from stack.concerns import concerns, digests_after, set_differently
from stack.plan import Plan, digests

NAMES = (
    *("engine", "portkey", "proxy", "gpu-exporter", "prometheus", "alertmanager", "traffic"),
    "dashboard",
)


@pytest.mark.parametrize(
    ("variable", "concerned"),
    [
        ("PROXY_LOG_LEVEL", {"proxy"}),
        ("PROXY_CONTROL_PORT", {"proxy", "gpu-exporter", "prometheus", "dashboard"}),
        ("PROXY_PORT", {"proxy", "traffic"}),
        ("OLLAMA_URL", {"proxy", "gpu-exporter", "traffic"}),
        ("ENGINE", {"engine", "proxy", "gpu-exporter", "traffic"}),
        ("ENGINE_THREADS", {"engine"}),
        ("ENGINE_PORT", {"engine", "proxy", "gpu-exporter", "prometheus", "traffic"}),
        ("ENGINE_MODELS_DIR", {"engine", "gpu-exporter"}),
        ("GPU_EXPORTER_BACKEND", {"gpu-exporter"}),
        ("GPU_EXPORTER_PORT", {"gpu-exporter", "prometheus", "dashboard"}),
        ("PROMETHEUS", {"prometheus", "dashboard"}),
        ("PROMETHEUS_RETENTION_DAYS", {"prometheus"}),
        ("PROMETHEUS_RULES_TIME_SCALE", {"prometheus", "alertmanager"}),
        ("SLO_TTFT_RATIO", {"prometheus", "dashboard"}),
        ("ALERTMANAGER", {"prometheus", "alertmanager"}),
        ("ALERTMANAGER_PORT", {"prometheus", "alertmanager"}),
        ("ALERTMANAGER_WEBHOOK_URL", {"alertmanager"}),
        ("TRAFFIC", {"prometheus", "traffic", "dashboard"}),
        ("TRAFFIC_WORKER_PORT", {"prometheus", "traffic", "dashboard"}),
        ("TRAFFIC_RATE_PER_SECOND", {"traffic"}),
        ("DASHBOARD", {"prometheus", "dashboard"}),
        ("DASHBOARD_PORT", {"prometheus", "dashboard"}),
        ("DASHBOARD_MOST_VIEWERS", {"dashboard"}),
        ("PORTKEY_PORT", {"portkey", "traffic"}),
        ("PORTKEY", set()),
        ("STACK_DOWNLOADS_DIR", set(NAMES)),
    ],
)
def test_a_variable_is_news_to_the_parts_that_read_it(variable: str, concerned: set[str]) -> None:
    assert {name for name in NAMES if concerns(variable, [name], False)} == concerned


def test_where_the_gateway_answers_is_news_to_a_proxy_that_goes_through_it() -> None:
    assert concerns("PORTKEY_HOST", ["proxy"], True)


def test_a_change_is_named_where_it_concerns_what_is_asked_for_and_what_stays() -> None:
    now = digests({"PROXY_LOG_LEVEL": "debug"})
    assert set_differently(Plan(), now, ["proxy"], ["proxy"]) == ["PROXY_LOG_LEVEL"]
    assert set_differently(Plan(), now, ["proxy"], ["portkey"]) == []
    assert set_differently(Plan(), now, [], ["proxy"]) == []
    assert set_differently(Plan(digests=now), now, ["proxy"], ["proxy"]) == []


def test_a_part_that_stays_keeps_what_it_was_started_with() -> None:
    old, new = {"PROXY_LOG_LEVEL": "debug", "PORTKEY_PORT": "1"}, {"PORTKEY_PORT": "2"}
    after = digests_after(Plan(digests=digests(old)), digests(new), ["proxy"], ["portkey"])
    assert after == digests({"PROXY_LOG_LEVEL": "debug", "PORTKEY_PORT": "2"})


STAYS = ["proxy", "prometheus"]


@pytest.mark.parametrize(
    ("part", "before", "now"),
    [
        ("dashboard", {"DASHBOARD": "off"}, {}),
        ("dashboard", {"DASHBOARD": "off"}, {"DASHBOARD_PORT": "3005"}),
        ("dashboard", {}, {"DASHBOARD_HOST": "0.0.0.0", "DASHBOARD_MOST_VIEWERS": "9"}),
        ("traffic", {}, {"TRAFFIC": "on", "TRAFFIC_WORKER_PORT": "1"}),
        ("gpu-exporter", {"GPU_EXPORTER": "off"}, {"GPU_EXPORTER_PORT": "1"}),
    ],
)
def test_where_a_part_is_that_arrives_is_no_news_to_a_prometheus_that_is_told(
    part: str, before: dict[str, str], now: dict[str, str]
) -> None:
    running = Plan(digests=digests(before))
    assert set_differently(running, digests(now), STAYS, [part]) == []
    assert set_differently(running, digests(now), STAYS, [*STAYS, part]) == []
    assert digests_after(running, digests(now), STAYS, [part]) == digests(now)


def test_it_is_news_where_the_part_stays_or_another_that_asks_it() -> None:
    now = digests({"DASHBOARD_PORT": "3005", "TRAFFIC": "on"})
    stays = [*STAYS, "dashboard"]
    assert set_differently(Plan(), now, stays, ["dashboard"]) == ["DASHBOARD_PORT", "TRAFFIC"]
    assert set_differently(Plan(), now, stays, ["traffic", *stays]) == ["DASHBOARD_PORT", "TRAFFIC"]
    assert digests_after(Plan(), now, stays, ["traffic"]) == {}
