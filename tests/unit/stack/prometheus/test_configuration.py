from pathlib import Path
from typing import Any

import pytest
import yaml

from stack.parts import Address
from stack.places import REPOSITORY
from stack.prometheus.configuration import TEMPLATE, render, retargeted

PROXY = Address("proxy metrics", "0.0.0.0", 18001, "PROXY_CONTROL_PORT")
ENGINE = Address("engine", "::1", 21434, "ENGINE_PORT")
EXPORTER = Address("gpu-exporter", "0.0.0.0", 18000, "GPU_EXPORTER_PORT")
TRAFFIC = Address("traffic", "0.0.0.0", 18002, "TRAFFIC_WORKER_PORT", "/metrics")
DASHBOARD = Address("dashboard", "0.0.0.0", 13001, "DASHBOARD_PORT")
PROMETHEUS = Address("prometheus", "127.0.0.1", 19090, "PROMETHEUS_PORT")


def rendered(
    engine: Address | None,
    interval: int = 5,
    rules: Path = REPOSITORY / "rules",
    exporter: Address | None = None,
    alertmanager: Address | None = None,
    traffic: Address | None = None,
    dashboard: Address | None = None,
) -> Any:
    template = (REPOSITORY / TEMPLATE).read_text()
    fixed = (template, interval, rules, PROXY, engine, exporter, PROMETHEUS)
    return yaml.safe_load(render(*fixed, alertmanager, traffic, dashboard))


def jobs(document: dict[str, Any]) -> Any:
    return {
        job["job_name"]: (job.get("metrics_path"), job["static_configs"][0]["targets"])
        for job in document["scrape_configs"]
    }


def test_every_part_is_a_job_at_the_address_where_it_can_be_reached() -> None:
    assert jobs(rendered(ENGINE, exporter=EXPORTER, traffic=TRAFFIC, dashboard=DASHBOARD)) == {
        "proxy": (None, ["127.0.0.1:18001"]),
        "engine": ("/-/metrics", ["[::1]:21434"]),
        "gpu-exporter": (None, ["127.0.0.1:18000"]),
        "traffic": (None, ["127.0.0.1:18002"]),
        "dashboard": (None, ["127.0.0.1:13001"]),
        "prometheus": (None, ["127.0.0.1:19090"]),
    }


def test_the_job_of_what_does_not_run_has_no_targets() -> None:
    found = jobs(rendered(None))
    assert found["engine"] == ("/-/metrics", [])
    assert found["gpu-exporter"] == found["traffic"] == found["dashboard"] == (None, [])


@pytest.mark.parametrize(
    ("address", "targets"),
    [
        (None, []),
        (Address("alertmanager", "127.0.0.1", 19093, "ALERTMANAGER_PORT"), ["127.0.0.1:19093"]),
        (Address("alertmanager", "am.example", 9093, "ALERTMANAGER_PORT"), ["am.example:9093"]),
        (Address("alertmanager", "fd00::1", 9093, "ALERTMANAGER_PORT"), ["[fd00::1]:9093"]),
    ],
)
def test_alerts_are_sent_to_the_alertmanager_that_there_is(
    address: Address | None, targets: list[str]
) -> None:
    found = rendered(None, alertmanager=address)["alerting"]["alertmanagers"]
    assert found == [{"static_configs": [{"targets": targets}]}]


def test_what_comes_and_goes_is_put_in_the_place_of_what_was_there() -> None:
    template = (REPOSITORY / TEMPLATE).read_text()
    fixed = (template, 7, Path("rules"), PROXY, ENGINE, EXPORTER, PROMETHEUS)
    before = render(*fixed, traffic=TRAFFIC)
    dashboard = Address("dashboard", "::1", 13001, "DASHBOARD_PORT")
    after = retargeted(before, {"gpu-exporter": EXPORTER, "dashboard": dashboard})
    assert after == render(*fixed, dashboard=dashboard)
    assert retargeted(after, {"gpu-exporter": EXPORTER, "traffic": TRAFFIC}) == before


@pytest.mark.parametrize(("interval", "timeout"), [(1, "1s"), (5, "5s"), (60, "10s")])
def test_a_scrape_never_takes_longer_than_the_interval(interval: int, timeout: str) -> None:
    document = rendered(None, interval)
    assert document["global"]["scrape_interval"] == f"{interval}s"
    assert document["global"]["scrape_timeout"] == timeout


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        ("/srv/own rules: é", "/srv/own rules: é/*.yml"),
        ('/srv/"@{proxy}" #1', '/srv/"@{proxy}" #1/*.yml'),
        ("/srv/a[b]c?", r"/srv/a\[b]c\?/*.yml"),
        ("/srv/back\\slash", r"/srv/back\\slash/*.yml"),
        ("/srv/a*", "/srv/a?/*.yml"),
    ],
)
def test_the_rules_of_a_folder_are_loaded_whatever_it_is_called(folder: str, pattern: str) -> None:
    assert rendered(None, rules=Path(folder))["rule_files"] == [pattern]
