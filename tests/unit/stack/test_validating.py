from pathlib import Path

import pytest

from stack.request import read_request
from stack.validating import validate
from tests.dockers import World, world_at


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = world_at(tmp_path)
    found.docker.answers("config --quiet")
    return found


def test_what_is_right_is_said_file_by_file(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate(world.request()) == 0
    lines = [line.split()[:2] for line in capsys.readouterr().out.splitlines()]
    assert lines[:4] == [[name, "yes"] for name in ("settings", "rules", "alertmanager", "portkey")]
    assert lines[4:] == [["compose", "yes"]] * 4
    assert not any("info" in words for words in world.docker.asked())


def test_what_is_wrong_is_named_and_is_exit_code_1(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    (world.folder / "portkey/config.json").write_text("{")
    world.docker.answers("config --quiet", code=15, complaint="services.proxy is bad")
    assert validate(world.request(COMPOSE_FILE="mine.yaml")) == 1
    out = capsys.readouterr().out
    assert "config.json is no JSON" in out
    assert out.splitlines()[-1].split() == [
        *("compose", "no", "mine.yaml:", "services.proxy", "is", "bad"),
    ]


def test_without_docker_its_files_are_not_looked_at(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = {"PATH": str(world.folder), "STACK_STATE_DIR": str(world.folder / "state")}
    assert validate(read_request(nowhere, world.folder)) == 0
    assert "not looked at: docker is not installed" in capsys.readouterr().out
