"""The dashboard as a part of a real stack: it is told of the others, and shows what they do."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from stack.places import REPOSITORY
from stack.prometheus.programs import PROMETHEUS
from stack.prometheus.sources import on_path
from stack.waiting import wait_until
from tests.components import need
from tests.fakes.ollama import FakeOllama
from tests.ollamas import serving
from tests.ports import free_port
from tests.prometheus_api import PrometheusApi
from tests.stacks import Stack, stack_at

pytestmark = pytest.mark.long

WITHIN_SECONDS = 30.0
ON = {"DASHBOARD": "on", "GPU_EXPORTER": "off"}
SECOND = {"PROMETHEUS_SCRAPE_INTERVAL_SECONDS": "1", "DASHBOARD_STRIP_INTERVAL_SECONDS": "0.5"}


def url(stack: Stack) -> str:
    return f"http://127.0.0.1:{stack.variables['DASHBOARD_PORT']}"


def got(stack: Stack, path: str) -> tuple[int, str]:
    """The status and the body of an answer."""
    try:
        with urllib.request.urlopen(f"{url(stack)}{path}", timeout=WITHIN_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def has_page(address: str) -> bool:
    """Not every build of Prometheus has pages."""
    try:
        with urllib.request.urlopen(address, timeout=WITHIN_SECONDS):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False


def answers(stack: Stack) -> bool:
    try:
        return got(stack, "/ready")[0] == 200
    except OSError:
        return False


def heard(stack: Stack, kind: str, **wanted: Any) -> dict[str, Any]:
    """The first message of a kind that has this."""
    address = url(stack).replace("http", "ws")
    with connect(f"{address}/ws", origin=Origin(url(stack)), proxy=None) as socket:
        while True:
            message: dict[str, Any] = json.loads(socket.recv(timeout=WITHIN_SECONDS))
            if message["type"] == kind and wanted.items() <= message.items():
                return message


def states(stack: Stack) -> dict[str, str]:
    """What the strip says of each part."""
    return {part["name"]: part["state"] for part in heard(stack, "strip")["parts"]}


def until_scraped(stack: Stack, wanted: set[tuple[str, str]]) -> None:
    """Wait until Prometheus has these dashboards as targets, each with its health."""
    prometheus = PrometheusApi(f"http://127.0.0.1:{stack.variables['PROMETHEUS_PORT']}")

    def found() -> set[tuple[str, str]]:
        return {
            (target["labels"]["instance"], target["health"])
            for target in prometheus.ask("targets?state=active")["activeTargets"]
            if target["labels"]["job"] == "dashboard"
        }

    assert wait_until(lambda: found() == wanted, WITHIN_SECONDS, 0.2), found()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    need("prometheus", on_path(PROMETHEUS) is not None, "install the package prometheus")
    with serving(FakeOllama()) as upstream:
        state = tmp_path_factory.mktemp("dashboard")
        with stack_at(state, OLLAMA_URL=upstream.url, **ON, **SECOND) as stack:
            assert f"Watch it: {url(stack)}" in stack.start()
            yield stack
            assert stack.command("stop").returncode == 0
            stack.assert_nothing_left()


def test_it_is_a_part_like_the_others_and_the_status_lists_its_address(running: Stack) -> None:
    part = running.status()["dashboard"]
    assert (part["health"], part["urls"]) == ("ready", [url(running)])
    assert "already running, nothing changed" in running.start()
    assert got(running, "/runbook/proxydown")[1].startswith("## ProxyDown")


def test_it_shows_how_the_others_are(running: Stack) -> None:
    wanted = {
        **dict.fromkeys(("ollama", "proxy", "prometheus"), "ok"),
        **dict.fromkeys(("gpu-exporter", "portkey", "traffic"), "off"),
    }
    assert wait_until(lambda: states(running) == wanted, WITHIN_SECONDS, 0.2), states(running)
    assert heard(running, "live", error="")["requests"] == []
    assert heard(running, "hello")["scrape_seconds"] == 1
    prometheus = f"http://127.0.0.1:{running.variables['PROMETHEUS_PORT']}"
    link = prometheus if has_page(f"{prometheus}/graph") else ""
    assert wait_until(lambda: heard(running, "hello")["prometheus_url"] == link, WITHIN_SECONDS)


def test_prometheus_reads_what_it_tells_of_itself(running: Stack) -> None:
    prometheus = PrometheusApi(f"http://127.0.0.1:{running.variables['PROMETHEUS_PORT']}")
    query = 'up{job="dashboard"}'
    assert wait_until(lambda: prometheus.query(query) == 1, WITHIN_SECONDS, 0.2)


def test_it_stops_and_comes_beside_what_runs(running: Stack) -> None:
    proxy = running.pid("proxy")
    assert running.command("stop-dashboard").returncode == 0
    assert set(running.status()) == {"proxy", "prometheus"}
    assert not answers(running)
    assert running.command("stop-dashboard").stdout == "dashboard: not running here\n"
    running.start("start-dashboard")
    assert answers(running)
    assert running.pid("proxy") == proxy


def test_a_restart_brings_it_back_until_it_is_off(running: Stack) -> None:
    assert "starting again: dashboard, prometheus, proxy" in running.start("restart")
    assert answers(running)
    running.start("restart", DASHBOARD="off")
    assert set(running.status()) == {"proxy", "prometheus"}


def test_off_it_comes_when_it_is_asked_for_and_prometheus_goes_on_and_is_told(
    running: Stack,
) -> None:
    prometheus, other = running.pid("prometheus"), str(free_port())
    for verb, more in (
        ("start-dashboard", dict[str, str]()),
        ("start-dashboard", {"DASHBOARD_PORT": other}),
        ("start", {}),
    ):
        running.start(verb, **more)
        port = more.get("DASHBOARD_PORT", running.variables["DASHBOARD_PORT"])
        until_scraped(running, {(f"127.0.0.1:{port}", "up")})
        assert running.command("stop-dashboard").returncode == 0
        until_scraped(running, set())
    assert running.pid("prometheus") == prometheus


def test_in_the_foreground_it_shows_what_runs_and_ends_when_it_is_told(tmp_path: Path) -> None:
    with serving(FakeOllama()) as upstream:
        alone = {"GPU_EXPORTER": "off", "PROMETHEUS": "off", "OLLAMA_URL": upstream.url}
        with stack_at(tmp_path, **alone) as stack:
            stack.start()
            command = [sys.executable, "-m", "stack", "dashboard"]
            with subprocess.Popen(command, env=stack.environment(), cwd=REPOSITORY) as process:
                try:
                    assert wait_until(lambda: answers(stack), WITHIN_SECONDS)
                    assert wait_until(lambda: states(stack)["proxy"] == "ok", WITHIN_SECONDS)
                    assert states(stack)["prometheus"] == "off"
                    code, _ = got(stack, "/nowhere")
                    assert code == 404
                finally:
                    process.send_signal(signal.SIGTERM)
                assert process.wait(WITHIN_SECONDS) == 0


def test_alone_it_says_what_is_missing_and_nothing_is_left_of_it(tmp_path: Path) -> None:
    with stack_at(tmp_path) as stack:
        assert "make start brings the rest" in stack.start("start-dashboard")
        assert wait_until(lambda: states(stack)["proxy"] == "down", WITHIN_SECONDS)
        assert states(stack)["prometheus"] == "down"
        assert "no proxy answers" in heard(stack, "live")["error"]
        assert stack.command("stop-dashboard").returncode == 0
        stack.assert_nothing_left()


def test_a_setting_that_it_refuses_ends_a_start_with_its_sentence(tmp_path: Path) -> None:
    with stack_at(tmp_path) as stack:
        done = stack.command("start-dashboard", DASHBOARD_ALLOWED_ORIGINS="*")
        assert done.returncode == 2
        assert "DASHBOARD_ALLOWED_ORIGINS (--allowed-origins): expected http://" in done.stderr
        done = stack.command("start-dashboard", DASHBOARD_PROT="1")
        assert "unknown setting DASHBOARD_PROT, did you mean DASHBOARD_PORT?" in done.stderr
