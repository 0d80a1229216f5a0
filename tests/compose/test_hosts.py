"""Whose name a request may carry: this machine's and the stack's, and no stranger's.

A page of a stranger's domain that has come to mean 127.0.0.1 asks what is published there.
"""

import http.client
from collections.abc import Iterator

import pytest

from tests.compose.projects import Project, own_project, running

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

STRANGER = "stranger.example"
FROM_INSIDE = """
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=10).status)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("hosts")
    with running(own_project(folder, PROXY_ALLOWED_HOSTS="ai.example")) as project:
        yield project


def status(project: Project, part: str, path: str, name: str) -> int:
    """What a published port answers to who calls it by a name."""
    port = project.ports[part]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": f"{name}:{port}"})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "host.docker.internal", "ai.example"])
def test_this_machine_s_names_and_those_that_were_told_are_answered(
    project: Project, name: str
) -> None:
    assert status(project, "proxy", "/api/tags", name) == 200


@pytest.mark.parametrize("name", ["front", "proxy"])
def test_other_containers_call_it_by_its_names_in_the_network(project: Project, name: str) -> None:
    url = f"http://{name}:11435/api/tags"
    asked = ("exec", "-T", "dashboard", "python", "-c", FROM_INSIDE, url)
    assert project.run(*asked) == "200\n"


@pytest.mark.parametrize(("part", "path"), [("proxy", "/api/tags"), ("dashboard", "/")])
def test_a_stranger_s_name_is_refused(project: Project, part: str, path: str) -> None:
    assert status(project, part, path, STRANGER) == 403
    assert status(project, part, path, "localhost") == 200


def test_prometheus_finds_and_reads_all_by_whatever_name(project: Project) -> None:
    jobs = ("proxy", "gpu-exporter", "dashboard", "prometheus")
    project.wait_for(f'count(up{{job=~"{"|".join(jobs)}"}} == 1)', len(jobs))
