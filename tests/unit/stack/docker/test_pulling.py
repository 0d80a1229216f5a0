import json
from pathlib import Path

import pytest

from stack.docker.pulling import pull_model
from stack.errors import StackError
from stack.request import Request
from tests.dockers import CONFIG, World, world_at
from tests.ports import free_port


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_at(tmp_path)


def with_ollama(world: World, **variables: str) -> Request:
    return world.request(COMPOSE_PROFILES="", COMPOSE_FILE="compose.yaml", **variables)


def test_the_ollama_that_runs_is_asked_also_for_what_is_there(world: World) -> None:
    world.runs("ollama", "front", "proxy")
    world.docker.answers("exec -T ollama ollama pull llama3.2:3b", code=3)
    assert pull_model(with_ollama(world, MODEL="llama3.2:3b")) == 3
    assert not any(" up " in words or " down " in words for words in world.docker.asked())


def test_one_that_was_started_for_it_goes_with_all_that_came_with_it(world: World) -> None:
    world.docker.answers("exec -T ollama", code=3)
    assert pull_model(with_ollama(world)) == 3
    up, pull, down = world.docker.asked()[-3:]
    assert up.endswith("--no-build ollama")
    assert pull.endswith("exec -T ollama ollama pull phi3:mini")
    assert down.endswith("--profile * down --remove-orphans")


def test_beside_what_runs_it_alone_goes_again(world: World) -> None:
    world.docker.answers("exec -T ollama")
    world.docker.answers("rm --stop --force ollama")
    world.runs("dashboard")
    assert pull_model(with_ollama(world)) == 0
    assert world.docker.asked()[-1].endswith("rm --stop --force ollama")
    assert not any(" down " in words for words in world.docker.asked())


def test_one_that_does_not_start_is_taken_away_again(world: World) -> None:
    world.docker.answers("up --detach --wait", code=1, complaint="ollama is unhealthy")
    with pytest.raises(StackError, match="ollama is unhealthy"):
        pull_model(with_ollama(world))
    assert any(" down " in words for words in world.docker.asked())


def test_the_embedded_engine_has_its_own(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert pull_model(world.request()) == 0
    assert "the embedded engine has its own model" in capsys.readouterr().out


def test_an_ollama_outside_is_asked_from_here(world: World) -> None:
    others = {name: one for name, one in CONFIG.items() if name not in ("ollama", "pull-model")}
    world.docker.answers("config --format json", json.dumps({"services": others}))
    files = {"COMPOSE_FILE": "compose.yaml:compose.host-ollama.yaml", "COMPOSE_PROFILES": ""}
    closed = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(StackError, match=rf"the Ollama at {closed} broke off"):
        pull_model(world.request(OLLAMA_URL=closed, **files))
    assert not any(" run " in words for words in world.docker.asked())
