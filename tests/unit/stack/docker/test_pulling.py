import json
from pathlib import Path

import pytest

from stack.docker.pulling import pull_model
from stack.errors import StackError
from tests.dockers import CONFIG, World, world_at
from tests.ports import free_port


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_at(tmp_path)


def test_the_ollama_in_a_container_fetches_it(world: World) -> None:
    world.docker.answers("run --rm pull-model", code=3)
    assert pull_model(world.request(COMPOSE_PROFILES="", COMPOSE_FILE="compose.yaml")) == 3


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
