"""The profiles portkey and stress beside a stand-in for Ollama: who asks whom, how often."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from stack.waiting import wait_until
from tests.compose.asking import ask
from tests.compose.projects import WITHIN_SECONDS, Project, own_project, running
from tests.compose.restarting import CLIENTS, restarted_under_traffic

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

MODEL = "phi3:mini"
"""What `pull-model` has the stand-in fetch, as it would Ollama."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    variables = {"TRAFFIC_RATE_PER_SECOND": "4", "TRAFFIC_WORKER_AUTOSTART": "false"}
    folder = tmp_path_factory.mktemp("profiles")
    with running(own_project(folder, ["portkey", "stress"], **variables)) as project:
        yield project


def get(url: str, method: str = "GET") -> Any:
    request = urllib.request.Request(url, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_the_model_was_fetched_before_the_start_was_over(project: Project) -> None:
    names = [model["name"] for model in get(f"{project.url('ollama')}/api/tags")["models"]]
    assert MODEL in names
    (one,) = project.inspect("pull-model")
    assert (one["State"]["Status"], one["State"]["ExitCode"]) == ("exited", 0)


def test_a_model_that_no_registry_has_is_said_to_be_missing(project: Project) -> None:
    with pytest.raises(AssertionError, match="file does not exist"):
        project.run("run", "--rm", "--no-deps", "pull-model", "nobodys")
    # what is there is not asked for again
    project.run("run", "--rm", "--no-deps", "pull-model", MODEL)


def test_every_target_is_scraped_and_there_is_no_other(project: Project) -> None:
    jobs = ("proxy", "gpu-exporter", "dashboard", "traffic", "prometheus")
    project.wait_for(f'count(up{{job=~"{"|".join(jobs)}"}} == 1)', len(jobs))
    assert project.targets() == {job: ["up"] for job in jobs}


def test_requests_go_through_the_gateway_that_the_proxy_found(project: Project) -> None:
    project.wait_for("ollama_proxy_portkey_up", 1)
    before = project.prometheus.query('sum(ollama_proxy_requests_total{routing="direct"})')
    assert [ask(project.url("proxy"), MODEL).outcome for _ in range(5)] == ["ok"] * 5
    labels = 'endpoint="/api/chat",status="200",routing="portkey"'
    project.wait_for(f"sum(ollama_proxy_requests_total{{{labels}}})", 5)
    project.wait_for('sum(ollama_proxy_requests_total{routing="direct"})', before)


def test_what_is_read_goes_through_it_too(project: Project) -> None:
    assert get(f"{project.url('proxy')}/api/tags") == get(f"{project.url('ollama')}/api/tags")
    # the worker, which waits to be told, looks at the list of models, too
    labels = 'endpoint="/api/tags",status="200",routing="portkey"'
    project.wait_for(f"sum(ollama_proxy_requests_total{{{labels}}}) > bool 0", 1)


def test_the_worker_and_the_proxy_count_the_same(project: Project) -> None:
    chats = 'sum(ollama_proxy_requests_total{endpoint="/api/chat",status="200"})'
    before = project.prometheus.query(chats)
    get(f"{project.url('traffic')}/start", "POST")
    assert wait_until(lambda: project.prometheus.query(chats) >= before + 20, WITHIN_SECONDS, 0.2)
    get(f"{project.url('traffic')}/stop", "POST")
    project.wait_for("sum(ollama_proxy_active_requests)", 0)
    asked = "sum(traffic_requests_total)"
    project.wait_for(f"({chats} - {asked}) == bool {before}", 1)


def test_a_worker_that_is_started_again_ends_what_it_has_asked(project: Project) -> None:
    gone = 'sum(ollama_proxy_requests_total{status!="200"}) or vector(0)'
    before = project.prometheus.query(gone)
    get(f"{project.url('traffic')}/start", "POST")
    restart = restarted_under_traffic(project, "traffic", MODEL)
    assert restart.lost() == []
    project.wait_for('up{job="traffic"}', 1)
    project.wait_for("sum(ollama_proxy_active_requests)", 0)
    assert project.prometheus.query(gone) == before
    # told to wait for a word, it waits again
    assert get(f"{project.url('traffic')}/status")["state"] == "idle"


def test_a_gateway_that_is_started_again_costs_at_most_what_was_in_it(project: Project) -> None:
    restart = restarted_under_traffic(project, "portkey", MODEL)
    # without it requests go directly
    assert len(restart.lost()) <= CLIENTS
    assert {one.outcome for one in restart.lost()} <= {"status 502", "broken off", "IncompleteRead"}
