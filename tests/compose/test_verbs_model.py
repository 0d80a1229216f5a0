"""Which models Ollama in a container fetches, and when: by `pull-model`, `start` and `restart`."""

import json
from collections.abc import Iterator

import pytest

from stack.waiting import wait_until
from tests.compose.images import docker
from tests.compose.projects import WITHIN_SECONDS, Project, own_project
from tests.compose.verbs import stack_of
from tests.stacks import Stack

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

ALONE = {"GPU_EXPORTER": "off", "PROMETHEUS": "off", "DASHBOARD": "off"}
HERE = {"RUNTIME": "docker", "COMPOSE_FILE": "compose.yaml", "COMPOSE_PROFILES": ""}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return own_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def stack(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack_of(project, tmp_path_factory.mktemp("state"), **HERE, **ALONE) as found:
        yield found


def models(project: Project) -> set[str]:
    """What the Ollama that runs has."""
    (ollama,) = project.inspect("ollama")
    listed = json.loads(docker("exec", ollama["Id"], "ollama", "list"))
    return {model["name"] for model in listed["models"]}


def waits_for(project: Project, model: str) -> bool:
    return wait_until(lambda: model in models(project), WITHIN_SECONDS, 0.5)


def test_with_nothing_running_it_is_fetched_and_nothing_is_left(
    stack: Stack, project: Project
) -> None:
    done = stack.command("pull-model", MODEL="first:1b")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "success" in done.stdout
    assert project.inspect() == []
    kept = docker("volume", "ls", "--quiet", "--filter", f"name={project.name}").split()
    assert project.left() == kept == [f"{project.name}_models"]


def test_one_that_no_registry_has_is_an_error(stack: Stack, project: Project) -> None:
    done = stack.command("pull-model", MODEL="nobodys")
    assert done.returncode == 1
    assert project.inspect() == []


def test_what_is_there_is_asked_for_again(stack: Stack, project: Project) -> None:
    stack.start("start-ollama")
    assert "first:1b" in models(project)
    done = stack.command("pull-model", MODEL="first:1b")
    # the words of a pull, of which a look at what is there has none
    assert (done.returncode, '{"status": "success"}' in done.stdout) == (0, True)
    assert [one["State"]["Status"] for one in project.inspect()] == ["running"]


def test_a_restart_fetches_the_model_that_is_named(stack: Stack, project: Project) -> None:
    stack.start("restart", MODEL="second:1b")
    assert waits_for(project, "second:1b")
    # and again, where one was fetched before
    stack.start("restart")
    assert {one["Config"]["Image"] for one in project.inspect("pull-model")}


def test_a_start_beside_what_runs_fetches_it_too(stack: Stack, project: Project) -> None:
    (before,) = project.inspect("ollama")
    stack.start("start", MODEL="third:1b")
    assert waits_for(project, "third:1b")
    assert project.inspect("ollama")[0]["Id"] == before["Id"]
