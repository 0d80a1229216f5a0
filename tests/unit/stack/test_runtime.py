import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.arguments import parse
from stack.docker.belonging import note
from stack.errors import StackError, UnfitError
from stack.places import private_folder
from stack.plan import Plan
from stack.request import Request, read_request
from stack.runtime import World, carry_out, runs_in_containers, world_of
from stack.supervision import CONFIGURATION
from stack.transition import write
from stack.waiting import wait_until
from tests import dockers
from tests.dockers import said_of, world_at
from tests.ports import free_port
from tests.stacks import not_the_operators


@pytest.fixture
def world(tmp_path: Path) -> dockers.World:
    return world_at(tmp_path)


def called(request: Request, verb: str, runtime: str) -> subprocess.CompletedProcess[str]:
    """A verb in a process of its own: this one's connections to a supervisor are its own."""
    own = {name: request.variables[name] for name in ("PATH", "STACK_STATE_DIR")}
    return subprocess.run(
        [sys.executable, "-m", "stack", verb],
        env=not_the_operators() | own | {"RUNTIME": runtime},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def processes(world: dockers.World) -> Iterator[Request]:
    """A supervisor runs, without a part."""
    request = world.request()
    for folder in (request.places.run, request.places.log, request.socket.parent):
        private_folder(folder)
    write(request, Plan())
    supervisor = [sys.executable, "-m", "supervisor.supervisord", "-c", CONFIGURATION]
    subprocess.run(supervisor, cwd=request.places.run, env={}, check=True)
    assert wait_until(lambda: called(request, "status", "auto").returncode != 3, 10)
    yield request
    # whatever is asked for: what runs is stopped
    assert called(request, "stop", "docker").stdout == "stopped\n"


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


@pytest.mark.parametrize("verb", ["start", "restart", "pull-model", "dashboard"])
def test_processes_that_run_are_not_joined_by_containers(processes: Request, verb: str) -> None:
    done = called(processes, verb, "docker")
    sentence = "the stack runs, and not in containers as RUNTIME=docker asks: make stop\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)


def test_containers_that_run_are_not_joined_by_processes(world: dockers.World) -> None:
    world.runs("front", "proxy")
    wish = world.request(RUNTIME="local")
    note(wish.places)
    for verb in ("start", "restart", "pull-model", "dashboard"):
        with pytest.raises(StackError, match=r"in containers, which RUNTIME=local does not ask fo"):
            world_of(wish, verb)
    assert world_of(wish, "stop") is World.DOCKER
    assert world_of(world.request(), "start") is World.DOCKER
    world.docker.answers("ps --all", "")
    assert world_of(wish, "start") is World.LOCAL


def test_another_machine_s_containers_are_not_what_runs(
    world: dockers.World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.runs("front", "proxy")
    world.docker.answers("context inspect", "ssh://me@box")
    why = (
        "the Docker engine is another machine's (ssh://box, by DOCKER_HOST or a context), which "
        "has no files of this one\n"
    )
    assert world_of(world.request(), "status") is World.LOCAL
    assert capsys.readouterr().err == f"containers are not looked at: {why}"
    assert world_of(world.request(), "start") is World.LOCAL
    said = capsys.readouterr()
    assert (said.out, said.err) == (f"not in containers: {why}", "")
    assert not any("ps --all" in words for words in world.docker.asked())
    for verb in ("start", "stop"):
        with pytest.raises(UnfitError, match=r"another machine's \(ssh://box"):
            carry_out(world.request(RUNTIME="docker"), parse([verb]))


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
    world.docker.answers("info", code=1, complaint="something else")
    assert world_of(world.request(), "start") is World.LOCAL
    said = "not in containers: no Docker engine answers: something else: `docker info` says more\n"
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


@pytest.mark.parametrize(
    "verb", ["start", "start-with-portkey", "restart", "setup", "install-service"]
)
def test_processes_have_no_grafana_and_a_start_says_so(world: dockers.World, verb: str) -> None:
    with pytest.raises(StackError, match=r"GRAFANA=on .* grafana/README.md"):
        carry_out(world.request(GRAFANA="on", RUNTIME="local"), parse([verb]))


def test_what_has_neither_world_goes_on_in_none(world: dockers.World) -> None:
    # Alertmanager is a process, Grafana a container
    with pytest.raises(StackError, match="GRAFANA=on"):
        carry_out(world.request(GRAFANA="on", ALERTMANAGER="on"), parse(["start"]))


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


def test_another_machine_s_stack_is_shown_whatever_runs_here(
    world: dockers.World, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["top", "--once", "--proxy", f"http://127.0.0.1:{free_port()}"]
    assert carry_out(world.request(RUNTIME="docker"), parse(words)) == 3
    assert "connection refused" in capsys.readouterr().out
    assert world.docker.asked() == []
