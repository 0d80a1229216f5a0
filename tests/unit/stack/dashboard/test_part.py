"""The dashboard is told where the parts answer, and what was promised."""

from pathlib import Path

import pytest

from stack.dashboard.part import dashboard_part, told
from stack.parts import Address, Part, gpu_exporter_part, prometheus_address, proxy_part
from stack.settings import parse
from stack.traffic.part import traffic_part

HERE = Path("/checkout")
SETTINGS = parse({"PROXY_CONTROL_PORT": "18001", "GPU_EXPORTER_PORT": "18000", "TRAFFIC": "on"})
PROXY = proxy_part(SETTINGS, "http://ollama")
RUNNING = (
    PROXY,
    gpu_exporter_part(SETTINGS, "http://ollama", PROXY.addresses[1], None),
    traffic_part(SETTINGS, [PROXY]),
    Part("prometheus", (), (prometheus_address(parse({"PROMETHEUS_PORT": "19090"})),), "", 1, 1),
)


def test_it_asks_the_parts_that_run() -> None:
    part = dashboard_part(parse({"DASHBOARD_PORT": "13001"}), RUNNING, HERE)
    assert part.command[1:] == ("-m", "dashboard")
    assert part.addresses == (Address("dashboard", "127.0.0.1", 13001, "DASHBOARD_PORT"),)
    assert part.ready_url == "http://127.0.0.1:13001/ready"
    urls = {name: value for name, value in part.environment.items() if name.endswith("_URL")}
    assert urls == {
        "DASHBOARD_PROXY_URL": "http://127.0.0.1:18001",
        "DASHBOARD_PROMETHEUS_URL": "http://127.0.0.1:19090",
        "DASHBOARD_GPU_EXPORTER_URL": "http://127.0.0.1:18000",
        "DASHBOARD_TRAFFIC_URL": "http://127.0.0.1:8002",
    }


def test_alone_it_asks_where_the_settings_say() -> None:
    alone = told(parse({"PROXY_CONTROL_HOST": "0.0.0.0", "PROMETHEUS_PORT": "19090"}), (), HERE)
    assert alone["DASHBOARD_PROXY_URL"] == "http://127.0.0.1:8001"
    assert alone["DASHBOARD_PROMETHEUS_URL"] == "http://127.0.0.1:19090"
    assert alone["DASHBOARD_GPU_EXPORTER_URL"] == "http://127.0.0.1:8000"
    assert alone["DASHBOARD_TRAFFIC_URL"] == ""


@pytest.mark.parametrize("name", ["PROMETHEUS", "GPU_EXPORTER", "TRAFFIC"])
def test_what_is_switched_off_is_not_looked_for(name: str) -> None:
    assert told(parse({name: "off"}), (), HERE)[f"DASHBOARD_{name}_URL"] == ""


def test_it_is_told_what_was_promised_and_how_often_is_scraped() -> None:
    variables = {"SLO_SUCCESS_RATIO": "0.999", "SLO_TTFT_SECONDS": "0.5", "SLO_TTFT_RATIO": "0.97"}
    runbook = {"PROMETHEUS_RUNBOOK_URL": "https://wiki/runbook"}
    scraped = {"PROMETHEUS_SCRAPE_INTERVAL_SECONDS": "7"}
    found = told(parse(variables | runbook | scraped), (), HERE)
    assert found["DASHBOARD_SLO_SUCCESS_RATIO"] == "0.999"
    assert found["DASHBOARD_SLO_TTFT_SECONDS"] == "0.5"
    assert found["DASHBOARD_SLO_TTFT_RATIO"] == "0.97"
    assert found["DASHBOARD_SLO_DURATION_SECONDS"] == "60"
    assert found["DASHBOARD_SCRAPE_INTERVAL_SECONDS"] == "7"
    assert found["DASHBOARD_RUNBOOK_URL"] == "https://wiki/runbook"
    assert "DASHBOARD_RUNBOOK_FILE" not in found


def test_a_runbook_of_the_checkout_is_the_dashboard_s_to_show() -> None:
    found = told(parse({}), (), HERE)
    assert found["DASHBOARD_RUNBOOK_FILE"] == "/checkout/docs/RUNBOOK.md"
    assert "DASHBOARD_RUNBOOK_URL" not in found
