import json
from pathlib import Path

import pytest

from stack.docker.belonging import note
from stack.request import read_request
from stack.runtime import World
from stack.validating.world import Where, look, of_docker
from tests import dockers
from tests.dockers import INFO, world_at


@pytest.fixture
def world(tmp_path: Path) -> dockers.World:
    return world_at(tmp_path)


def test_an_engine_that_answers_makes_a_start_one_in_containers(world: dockers.World) -> None:
    where, (said, docker) = look(world.request())
    assert (where.world, where.is_running) == (World.DOCKER, False)
    assert where.engine is not None
    assert said.detail == "containers: a Docker engine answers"
    assert (docker.is_ok, docker.detail) == (True, "engine 28.5.2, Compose 2.40.3")


def test_containers_that_run_are_the_world_whatever_else_could_be(world: dockers.World) -> None:
    world.runs("front")
    where, (said, _) = look(world.request())
    assert (where.world, where.is_running) == (World.DOCKER, True)
    assert said.detail == "the stack runs as containers"


def test_another_world_than_what_runs_stops_a_start(world: dockers.World) -> None:
    world.runs("front")
    request = world.request(RUNTIME="local")
    note(request.places)
    _, (said,) = look(request)
    assert (said.is_ok, said.remedy) == (False, "make stop")


def test_another_port_is_said_to_what_runs_by_a_restart() -> None:
    assert Where(World.DOCKER, is_running=False).verb == "start"
    assert Where(World.LOCAL, is_running=True).verb == "restart"
    assert Where(World.SERVICE, is_running=True).verb == "install-service"


@pytest.mark.parametrize(("runtime", "is_ok"), [("docker", False), ("auto", None)])
def test_an_engine_that_does_not_run_stops_only_who_insists(
    world: dockers.World, runtime: str, is_ok: bool | None
) -> None:
    complaint = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."
    world.docker.answers("info", code=1, complaint=complaint)
    engine, said = of_docker(world.request().variables, runtime)
    assert (engine, said.is_ok) == (None, is_ok)
    assert said.detail.startswith("no Docker engine answers: the Docker engine does not run")
    assert said.detail.endswith("docker.sock")
    assert said.remedy.endswith("(without systemd: sudo service docker start)")


def test_a_compose_that_is_old_or_missing_is_said_with_the_package(world: dockers.World) -> None:
    old = {"Plugins": [{"Name": "compose", "Version": "v2.20.2"}]}
    for info, why in (
        (INFO | {"ClientInfo": old}, "Docker's Compose is v2.20.2, and 2.24 or newer is needed"),
        (INFO | {"ClientInfo": {"Plugins": []}}, "Docker has no Compose"),
    ):
        world.docker.answers("info", json.dumps(info))
        _, said = of_docker(world.request().variables, "auto")
        assert (said.is_ok, said.detail) == (None, why)
        assert "install" in said.remedy


def test_without_docker_a_start_is_processes_and_nobody_is_asked_where_they_are_wanted(
    tmp_path: Path, world: dockers.World
) -> None:
    nowhere = {"PATH": "/nowhere", "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    where, (said, docker) = look(read_request(nowhere, world.folder))
    assert (where.world, said.detail[:9]) == (World.LOCAL, "processes")
    assert (docker.is_ok, docker.detail) == (None, "docker is not installed")
    assert "install" in docker.remedy
    _, (said, docker) = look(world.request(RUNTIME="local"))
    assert said.detail == "processes of this machine: RUNTIME=local"
    assert docker.detail == "not asked: RUNTIME=local"
