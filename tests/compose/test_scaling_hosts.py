"""Two machines with Ollama behind the gateway's load balancing, and several proxies before it."""

import json
import socket
from collections.abc import Iterator

import pytest

from stack.waiting import wait_until
from tests.compose.asking import ask
from tests.compose.files import BASE
from tests.compose.projects import WITHIN_SECONDS, Project, own_project, running

MODEL = "smollm2:135m"
HOSTS = "tests/compose/scaling/hosts.yaml"
ATTEMPTS = "ollama_proxy_portkey_attempts_total"

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    variables = {
        "PROXY_ENABLE_PORTKEY": "true",
        "PROXY_PORTKEY_CONFIG": "portkey/config.loadbalance-fallback.json",
        "PROXY_UPSTREAMS": "second=http://gpu-2:11434",
    }
    folder = tmp_path_factory.mktemp("hosts")
    with running(own_project(folder, ["portkey"], (BASE, HOSTS), **variables)) as project:
        project.up("--scale", "proxy=2")
        yield project


def attempts(project: Project, status: int) -> dict[str, float]:
    """How many requests came to each machine and ended so, whichever proxy they came by."""
    return project.prometheus.sums("upstream", f'{ATTEMPTS}{{status="{status}"}}')


def seen(project: Project, status: int, count: float) -> bool:
    return wait_until(lambda: sum(attempts(project, status).values()) == count, WITHIN_SECONDS)


def ask_often(project: Project, count: int) -> None:
    assert {ask(project.url("proxy"), MODEL).outcome for _ in range(count)} == {"ok"}


def test_each_machine_is_asked_and_the_sum_is_what_was_asked(project: Project) -> None:
    ask_often(project, 40)
    assert seen(project, 200, 40)
    counted = attempts(project, 200)
    assert counted.keys() == {"ollama", "second"}
    assert min(counted.values()) >= 5  # 20 are due: fewer than 5 is once in ten million runs
    routed = project.prometheus.sums("routing", "ollama_proxy_requests_total > 0")
    assert routed == {"portkey": 40}
    assert len(project.prometheus.sums("instance", f"{ATTEMPTS} > 0")) == 2


def test_a_client_that_leaves_stops_the_machine_whichever_proxy_it_came_by(
    project: Project,
) -> None:
    for _ in range(4):
        leave_in_the_middle(project.ports["proxy"])
    assert seen(project, 499, 4)


def test_one_machine_answers_for_the_other_that_is_off(project: Project) -> None:
    before = attempts(project, 200)
    project.run("stop", "--timeout", "1", "gpu-2")
    ask_often(project, 20)
    assert seen(project, 200, sum(before.values()) + 20)
    assert attempts(project, 200)["second"] == before["second"]
    refused = attempts(project, 502)["second"]
    assert refused > 0
    fallbacks = project.prometheus.sums("reason", "ollama_proxy_portkey_fallbacks_total")
    assert fallbacks == {"target": refused, "gateway_down": 0}


def leave_in_the_middle(port: int) -> None:
    """Ask for a slow answer, and go away at its beginning."""
    body = json.dumps({"model": "slow", "prompt": "Why?"}).encode()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(
            b"POST /api/generate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        assert client.recv(64).startswith(b"HTTP/1.1 200")
