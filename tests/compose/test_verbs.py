"""The verbs in containers: a stack that they start, ask, change and stop."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.waiting import wait_until
from tests.compose.projects import Project, own_project
from tests.compose.verbs import stack_of
from tests.stacks import Stack

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

_SEES_THE_GATEWAY_WITHIN_SECONDS = 20.0


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return own_project(tmp_path_factory.mktemp("project"), ["demo"])


@pytest.fixture(scope="module")
def stack(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    state = tmp_path_factory.mktemp("state")
    with stack_of(project, state, COMPOSE_PROFILES="demo") as found:
        found.start()
        yield found


def services(stack: Stack) -> set[str]:
    return set(stack.status())


def test_a_stack_says_that_it_is_in_containers(stack: Stack) -> None:
    said = json.loads(stack.command("status", "--json").stdout)
    assert said["runtime"] == "docker"
    assert {part["health"] for part in said["parts"]} == {"ready"}
    assert stack.command("status").stdout.startswith("healthy, in containers (project observe-")


def test_a_second_start_starts_nothing_anew(stack: Stack, project: Project) -> None:
    before = {one["Id"] for one in project.inspect()}
    stack.start()
    assert {one["Id"] for one in project.inspect()} == before


def test_results_of_a_run_are_the_caller_s(stack: Stack, tmp_path: Path) -> None:
    words = ("traffic", "--preset", "quick", "--questions", "2", "--max-tokens", "2")
    done = stack.command(*words, TRAFFIC_RESULTS_DIRECTORY=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = tmp_path.iterdir()
    found = {path.name: path.stat().st_uid for path in folder.iterdir()}
    assert found == dict.fromkeys(("report.html", "requests.csv", "result.json"), os.getuid())
    compared = stack.command("traffic-compare", str(folder), str(folder))
    assert compared.returncode == 0, compared.stderr


def test_what_was_measured_is_shown(stack: Stack) -> None:
    done = stack.command("metrics")
    assert done.returncode == 0, done.stderr
    assert "ollama_proxy_" in done.stdout
    assert "\ngpu_" in done.stdout
    assert stack.command("alerts", "--json").returncode in (0, 1)


def test_a_part_goes_and_comes_back_alone(stack: Stack, project: Project) -> None:
    (proxy,) = project.inspect("proxy")
    assert stack.command("stop-dashboard").returncode == 0
    assert "dashboard" not in services(stack)
    stack.start("start-dashboard")
    assert "dashboard" in services(stack)
    assert project.inspect("proxy")[0]["Id"] == proxy["Id"]


def test_a_gateway_that_comes_is_used_and_healthy(stack: Stack) -> None:
    stack.start("start-portkey")

    def is_healthy() -> bool:
        return stack.command("health-portkey").returncode == 0

    assert wait_until(is_healthy, _SEES_THE_GATEWAY_WITHIN_SECONDS, 1.0)
    assert "requests go through the gateway" in stack.command("status").stdout
    assert stack.command("stop-portkey").returncode == 0
    assert stack.command("health-portkey").returncode == 3


def test_a_restart_brings_the_demo_without_being_told(stack: Stack, project: Project) -> None:
    before = services(stack)
    done = stack.command("restart", COMPOSE_PROFILES="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert services(stack) == before


def test_as_many_proxies_go_on_as_run(stack: Stack, project: Project) -> None:
    project.up("--no-recreate", "--scale", "proxy=3", "proxy")
    before = {one["Id"] for one in project.inspect("proxy")}
    assert "--scale proxy=3" in stack.start()
    assert {one["Id"] for one in project.inspect("proxy")} == before
    stack.start("restart")
    assert len(project.inspect("proxy")) == 3
    project.up("--no-recreate", "--scale", "proxy=1", "proxy")


def test_other_settings_reach_prometheus(stack: Stack, project: Project) -> None:
    stack.start(PROMETHEUS_SCRAPE_INTERVAL_SECONDS="2", SLO_TTFT_SECONDS="1")
    said = project.prometheus.ask("status/config")["yaml"]
    assert "scrape_interval: 2s" in said
    rules = json.dumps(project.prometheus.ask("rules"))
    assert "within 1 s" in rules or 'le=\\"1.0\\"' in rules


def test_settings_that_nobody_says_again_are_named_when_they_go(
    stack: Stack, project: Project
) -> None:
    said = stack.start()
    assert "no longer set: PROMETHEUS_SCRAPE_INTERVAL_SECONDS, SLO_TTFT_SECONDS (" in said
    assert "scrape_interval: 5s" in project.prometheus.ask("status/config")["yaml"]
    assert "no longer set" not in stack.start()


def test_the_logs_are_each_container_s(stack: Stack) -> None:
    done = stack.command("logs", "gpu-exporter", "--no-follow")
    assert done.returncode == 0
    assert "gpu-exporter-demo" in done.stdout


# Compose would start nothing with them
BROKEN = {"PROXY_PORT": "abc", "PROMETHEUS_RETENTION_DAYS": "0", "PROXY_DRAIN_SECONDS": "soon"}


def test_settings_that_make_no_sense_keep_nobody_from_looking(stack: Stack) -> None:
    for words in (("status",), ("logs", "proxy", "--no-follow")):
        done = stack.command(*words, **BROKEN)
        assert (done.returncode, len(done.stderr.splitlines())) == (0, len(BROKEN)), done.stderr
        assert "proxy" in done.stdout


def test_after_a_stop_nothing_runs_and_the_numbers_are_kept(stack: Stack, project: Project) -> None:
    assert stack.command("stop", **BROKEN).returncode == 0
    assert stack.command("status").returncode == 3
    assert project.inspect() == []
    assert len(project.left()) > 0
    stack.start()
