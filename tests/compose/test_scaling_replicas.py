"""Several proxies behind one port, more and fewer of them while clients ask."""

from collections.abc import Iterator

import pytest

from tests.compose.asking import crowd
from tests.compose.projects import Project, own_project, running

FAST, SLOW = "smollm2:135m", "slow"
REQUESTS = 'ollama_proxy_requests_total{endpoint="/api/chat"}'

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with running(own_project(tmp_path_factory.mktemp("replicas"))) as project:
        yield project


def have_proxies(project: Project, count: int) -> None:
    """So many; those that stay are not touched."""
    project.up("--no-recreate", "--scale", f"proxy={count}")


def test_proxies_that_are_added_are_asked_too(project: Project) -> None:
    with crowd(project.url("proxy"), FAST, 3) as asking:
        have_proxies(project, 3)
        project.wait_for(f"count({REQUESTS} > 10)", 3)
    assert asking.lost() == []
    project.wait_for(f"sum({REQUESTS})", len(asking.answers))


def test_proxies_that_are_taken_away_finish_what_they_have(project: Project) -> None:
    have_proxies(project, 3)
    with crowd(project.url("proxy"), SLOW, 9) as asking:
        project.wait_for("count(ollama_proxy_active_requests > 0)", 3)
        have_proxies(project, 1)
        project.wait_for('count(up{job="proxy"})', 1)
        project.wait_for("sum(ollama_proxy_active_requests)", 9)
    assert asking.lost() == []
    assert len(asking.answers) > 18
