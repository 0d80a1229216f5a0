from pathlib import Path

import pytest

from stack.arguments import parse
from stack.errors import StackError, UnfitError
from stack.request import Request, read_request
from stack.runtime import World, carry_out, runs_in_containers, world_of
from tests import dockers
from tests.dockers import said_of, world_at


@pytest.fixture
def world(tmp_path: Path) -> dockers.World:
    return world_at(tmp_path)


def without_docker(folder: Path, **variables: str) -> Request:
    state = {"STACK_STATE_DIR": str(folder / "state"), "XDG_CONFIG_HOME": str(folder)}
    return read_request({"PATH": str(folder), **state, **variables}, folder)


@pytest.mark.parametrize(
    ("runtime", "verb", "expected"),
    [
        ("auto", "start", World.DOCKER),
        ("auto", "setup", World.DOCKER),
        ("auto", "status", World.LOCAL),
        ("local", "start", World.LOCAL),
        ("docker", "status", World.DOCKER),
        ("local", "images", World.DOCKER),
        ("docker", "rules", World.LOCAL),
        ("auto", "validate", World.LOCAL),
        # the packages of a development environment are at hand
        ("docker", "traffic-compare", World.LOCAL),
    ],
)
def test_where_nothing_runs_the_runtime_decides(
    world: dockers.World, runtime: str, verb: str, expected: World
) -> None:
    assert world_of(world.request(RUNTIME=runtime), verb) is expected


def test_a_mac_s_containers_reach_no_gpu(world: dockers.World) -> None:
    assert world_of(world.request(), "start", "darwin") is World.LOCAL
    assert world_of(world.request(RUNTIME="docker"), "start", "darwin") is World.DOCKER


def test_what_runs_in_containers_is_acted_on_there(world: dockers.World) -> None:
    world.runs("front", "proxy")
    assert world_of(world.request(), "status") is World.DOCKER
    assert world_of(world.request(), "stop") is World.DOCKER
    assert world_of(world.request(RUNTIME="local"), "stop") is World.LOCAL


def test_another_checkout_s_containers_are_not_what_runs(world: dockers.World) -> None:
    world.docker.answers("ps --all", said_of("front", Path("/")))
    assert not runs_in_containers(world.request())
    world.docker.answers("ps --all", said_of("front", world.folder, State="exited"))
    assert not runs_in_containers(world.request())


def test_local_asks_no_engine(world: dockers.World) -> None:
    assert world_of(world.request(RUNTIME="local"), "start") is World.LOCAL
    assert world.docker.asked() == []


def test_a_machine_without_docker_hears_nothing_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world_of(without_docker(tmp_path), "start") is World.LOCAL
    assert capsys.readouterr().out == ""
    with pytest.raises(UnfitError, match="docker is not installed"):
        request = without_docker(tmp_path, RUNTIME="docker")
        carry_out(request, parse(["images"]))


def test_an_engine_that_does_not_answer_is_said_once(
    world: dockers.World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.docker.answers("info", code=1)
    assert world_of(world.request(), "start") is World.LOCAL
    said = "not in containers: no Docker engine answers: `docker info` says why\n"
    assert capsys.readouterr().out == said


def test_what_containers_cannot_be_goes_on_as_processes(
    world: dockers.World, capsys: pytest.CaptureFixture[str]
) -> None:
    unfit = {"ALERTMANAGER": "on", "OLLAMA_URL": "http://127.0.0.1:1"}
    with pytest.raises(StackError, match="no Ollama answers at OLLAMA_URL"):
        carry_out(world.request(**unfit), parse(["start"]))
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("not in containers: ALERTMANAGER=on")
    assert second.startswith("going on with processes of this machine")


def test_docker_by_hand_insists(world: dockers.World) -> None:
    with pytest.raises(UnfitError, match="ALERTMANAGER=on"):
        carry_out(world.request(ALERTMANAGER="on", RUNTIME="docker"), parse(["start"]))


def test_what_runs_in_containers_is_not_left_for_processes(world: dockers.World) -> None:
    world.runs("front", "proxy")
    with pytest.raises(UnfitError, match="ALERTMANAGER=on"):
        carry_out(world.request(ALERTMANAGER="on"), parse(["start"]))


def test_a_verb_is_carried_out_where_it_belongs(
    world: dockers.World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.runs("front", "proxy")
    assert carry_out(world.request(), parse(["status"])) == 0
    assert capsys.readouterr().out.startswith("healthy, in containers")
    assert carry_out(world.request(RUNTIME="local"), parse(["status"])) == 3
