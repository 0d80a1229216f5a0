"""`docker stack deploy` on a Swarm of one machine: the same services, found, counted, replaced."""

from collections.abc import Iterator

import pytest

from stack.waiting import wait_until
from tests.compose.asking import ask, crowd
from tests.compose.files import BASE, SWARM
from tests.compose.images import docker
from tests.compose.projects import WITHIN_SECONDS, Project, own_project
from tests.compose.scaling.swarm import container_of, deployed, need_the_engine_alone

MODEL = "phi3:mini"
"""What Ollama's stand-in is told to fetch."""
REQUESTS = 'ollama_proxy_requests_total{endpoint="/api/chat"}'

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    # Swarm publishes on every address or not at all
    variables = {"PROXY_HOST": "0.0.0.0", "PROMETHEUS_HOST": "0.0.0.0"}
    variables |= {"PROXY_ENABLE_PORTKEY": "true"}
    folder = tmp_path_factory.mktemp("swarm")
    project = own_project(folder, ["portkey"], (BASE, SWARM), **variables)
    need_the_engine_alone()
    return project


@pytest.fixture(scope="module", autouse=True)
def notes(project: Project) -> Iterator[str]:
    with deployed(project) as said:
        yield said


def test_prometheus_finds_all_and_counts_what_was_asked_by_either_proxy(project: Project) -> None:
    project.wait_for('sum(up{job="proxy"})', 2)
    with crowd(project.url("proxy"), MODEL, 2) as asking:
        project.wait_for(f"count({REQUESTS} > 10)", 2)
    assert asking.lost() == []
    project.wait_for(f"sum({REQUESTS})", len(asking.answers))
    jobs = {"proxy": 2, "gpu-exporter": 1, "dashboard": 1, "prometheus": 1}
    assert wait_until(lambda: project.prometheus.sums("job", "up") == jobs, WITHIN_SECONDS)


def test_requests_come_back_from_the_gateway_to_the_proxy_that_sent_them(
    project: Project,
) -> None:
    attempts = 'ollama_proxy_portkey_attempts_total{status="200"}'
    before = project.prometheus.query(f"sum({attempts})")
    assert {ask(project.url("proxy"), MODEL).outcome for _ in range(40)} == {"ok"}
    project.wait_for(f"sum({attempts})", before + 40)
    assert len(project.prometheus.sums("instance", f"{attempts} > 0")) == 2


def test_the_rules_travelled_with_the_stack(project: Project) -> None:
    health = project.prometheus.health_of_rules()
    assert len(health) > 50
    assert set(health.values()) <= {"ok", "unknown"}


def test_limits_are_kept_and_what_swarm_does_not_have_is_named(
    project: Project, notes: str
) -> None:
    host = container_of(project.name, "proxy")["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["Memory"] == 1 << 30
    assert host["PidsLimit"] == 4096
    assert "not published: dashboard:3001, " in notes
    assert "Swarm does not have: security_opt (" in notes


def test_a_rolling_update_of_the_proxies_loses_nothing(project: Project) -> None:
    with crowd(project.url("proxy"), MODEL, 3) as asking:
        docker("service", "update", "--force", "--quiet", f"{project.name}_proxy")
    assert asking.lost() == []
    assert len(asking.answers) > 20
