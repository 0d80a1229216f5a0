from pathlib import Path

import pytest

from stack.request import read_request
from stack.validating.compose import findings
from stack.validating.finding import Finding
from tests.dockers import World, world_at


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A checkout, and a Compose that takes every file."""
    found = world_at(tmp_path)
    found.docker.answers("config --quiet")
    found.docker.answers("compose version", "Docker Compose version 2.40.3")
    return found


def test_each_combination_of_files_is_read_and_no_engine_asked(world: World) -> None:
    gpu, amd, host = "compose.gpu.yaml", "compose.amd.yaml", "compose.host-ollama.yaml"
    together = ("", f":{gpu}", f":{amd}", f":{host}", f":{gpu}:{host}", f":{amd}:{host}")
    expected = [Finding("compose", True, f"compose.yaml{more}") for more in together]
    assert list(findings(world.request())) == expected
    assert not any("info" in words.split() for words in world.docker.asked())


def test_an_operator_s_own_file_is_in_each_combination(world: World) -> None:
    (world.folder / "compose.override.yaml").write_text("services: {}")
    files = [one.detail for one in findings(world.request())]
    assert len(files) == 6
    assert all(name.endswith(":compose.override.yaml") for name in files)
    assert world.docker.told("config --quiet")["COMPOSE_FILE"] in files


def test_what_compose_does_not_take_is_in_its_words(world: World) -> None:
    world.docker.answers("config --quiet", code=15, complaint="services.proxy is bad")
    (said,) = findings(world.request(COMPOSE_FILE="mine.yaml"))
    assert said == Finding("compose", False, "mine.yaml: services.proxy is bad")


def test_what_compose_warns_of_is_shown(world: World) -> None:
    world.docker.answers("config --quiet", complaint="The WHERE variable is not set")
    (said,) = findings(world.request(COMPOSE_FILE="mine.yaml"))
    assert said == Finding("compose", True, "mine.yaml: The WHERE variable is not set")


@pytest.mark.parametrize("has_docker", [True, False])
def test_without_compose_its_files_are_not_looked_at(world: World, has_docker: bool) -> None:
    world.docker.answers("compose version", code=1)
    path = world.docker.folder if has_docker else world.folder
    nowhere = {"PATH": str(path), "STACK_STATE_DIR": str(world.folder / "state")}
    (said,) = findings(read_request(nowhere, world.folder))
    why = "docker has no Compose" if has_docker else "docker is not installed"
    assert said == Finding("compose", None, f"not looked at: {why}")
