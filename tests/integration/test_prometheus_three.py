"""Rules, alerts and the whole stack with Prometheus 3; every other test runs the distribution's.

The container's Prometheus stands on PATH as any other would.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.waiting import wait_until
from tests.containers import PROMETHEUS_THREE, command_in, need_image, put_on_path
from tests.prometheus_api import PrometheusApi
from tests.rules import PROMETHEUS, alerts, files, recording_rules
from tests.stacks import Stack, need_model_and_prometheus, stack_at

pytestmark = pytest.mark.long

WITHIN_SECONDS = 110.0


def promtool(*words: str) -> str:
    need_image(PROMETHEUS_THREE)
    command = command_in(PROMETHEUS_THREE, "promtool")
    done = subprocess.run(
        [*command, *words], capture_output=True, text=True, timeout=WITHIN_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_are_valid() -> None:
    found = files()
    said = promtool("check", "rules", "--lint=all", "--lint-fatal", *map(str, found))
    assert said.count("SUCCESS") == len(found)


@pytest.mark.parametrize("path", sorted((PROMETHEUS / "tests").glob("*.yml")), ids=lambda p: p.stem)
def test_the_rules_do_what_their_scenarios_say(path: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", str(path))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    need_image(PROMETHEUS_THREE)
    need_model_and_prometheus()
    state, programs = tmp_path_factory.mktemp("three"), tmp_path_factory.mktemp("bin")
    command = command_in(PROMETHEUS_THREE, "prometheus", state)
    # the supervisor stops the client, whose signals go to the container
    put_on_path(programs, "prometheus", command)
    path = f"{programs}:{os.environ['PATH']}"  # noqa: TID251 (handed on)
    with stack_at(state, PATH=path, ENGINE="embedded") as stack:
        shown = stack.start(
            PROMETHEUS_SCRAPE_INTERVAL_SECONDS="1", PROMETHEUS_RULES_TIME_SCALE="0.0166667"
        )
        assert "3.5.3" in shown and "from PATH" in shown
        yield stack
        assert stack.command("stop").returncode == 0
        stack.assert_nothing_left()


@pytest.fixture
def prometheus(stack: Stack) -> PrometheusApi:
    return PrometheusApi(f"http://127.0.0.1:{stack.variables['PROMETHEUS_PORT']}")


def test_it_is_prometheus_three_and_its_rules_work(prometheus: PrometheusApi) -> None:
    assert prometheus.ask("status/buildinfo")["version"].startswith("3.")
    healthy = dict.fromkeys((*recording_rules(), *alerts()), "ok")
    assert wait_until(lambda: prometheus.health_of_rules() == healthy, WITHIN_SECONDS, 0.2)


def test_what_is_asked_through_the_proxy_is_recorded(
    stack: Stack, prometheus: PrometheusApi
) -> None:
    missing = {
        "model:ollama_proxy_request_duration_seconds:p95_5m",
        "stack:ollama_proxy_errors_per_requests:ratio1h == 0",
        "stack:ollama_proxy_time_to_first_token_seconds:late_ratio1h",
        "stack:ollama_proxy_requests:goodput_ratio5m > 0.99",
    }

    def is_recorded() -> bool:
        missing.difference_update(
            {series for series in missing if prometheus.query(f"count({series})") == 1}
        )
        return not missing

    done = stack.command("traffic", "--preset", "quick", "--max-tokens", "8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert wait_until(is_recorded, WITHIN_SECONDS, 0.2), missing


def test_an_alert_fires_and_resolves(stack: Stack, prometheus: PrometheusApi) -> None:
    pid = stack.pid("gpu-exporter")
    os.kill(pid, signal.SIGSTOP)
    try:
        assert wait_until(lambda: prometheus.firing() == {"ExporterDown"}, WITHIN_SECONDS, 0.2)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert wait_until(lambda: prometheus.firing() == set(), WITHIN_SECONDS, 0.2)
