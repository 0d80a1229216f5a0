"""An Ollama that is on the host already: a scripted one, where containers reach it."""

import json
from collections.abc import Iterator

import pytest

from tests.compose.asking import ask
from tests.compose.files import BASE, HOST
from tests.compose.images import docker
from tests.compose.projects import Project, own_project, running
from tests.fakes.ollama import FakeOllama, Model
from tests.ollamas import serving

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

MODEL = "phi3:mini"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    script = FakeOllama(Model(name=MODEL), takes_any_host=True)
    folder = tmp_path_factory.mktemp("host")
    # built before anything is listened on
    own_project(folder)
    with serving(script, host=bridge()) as ollama:
        variables = {"OLLAMA_URL": f"http://host.docker.internal:{ollama.port}"}
        with running(own_project(folder, files=(BASE, HOST), **variables)) as project:
            yield project


def bridge() -> str:
    """The host's address in Docker's own network, which `host.docker.internal` means."""
    found = json.loads(docker("network", "inspect", "bridge"))
    return str(found[0]["IPAM"]["Config"][0]["Gateway"])


def test_it_answers_and_none_is_started(project: Project) -> None:
    assert [ask(project.url("proxy"), MODEL).outcome for _ in range(3)] == ["ok"] * 3
    project.wait_for('sum(ollama_proxy_requests_total{endpoint="/api/chat",status="200"})', 3)
    assert len(project.inspect()) == 5


def test_the_exporter_asks_it_and_says_nothing_of_a_folder_that_it_cannot_see(
    project: Project,
) -> None:
    project.wait_for("ollama_up", 1)
    project.wait_for('count({__name__=~"host_filesystem_.*",mountpoint="/models"})', 0)
