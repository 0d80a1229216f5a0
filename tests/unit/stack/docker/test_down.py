from pathlib import Path

import pytest

from stack.docker.down import stop, stop_part, take_down
from stack.errors import StackError
from tests.dockers import World, world_at


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_at(tmp_path)


def test_a_stop_takes_all_profiles_and_no_data(world: World) -> None:
    world.runs("front", "proxy")
    assert stop(world.request()) == 0
    down = world.docker.asked()[-1]
    assert down.endswith("--profile * down --remove-orphans")
    assert "--volumes" not in down


def test_nothing_to_stop_is_no_error(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert stop(world.request()) == 0
    assert capsys.readouterr().out == "not running\n"


def test_what_compose_cannot_stop_is_an_error_with_its_words(world: World) -> None:
    world.docker.answers(" down ", code=1, complaint="permission denied")
    with pytest.raises(StackError, match="could not stop it: permission denied"):
        take_down(world.request())


def test_one_part_goes_alone(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.runs("dashboard", "front")
    world.docker.answers("rm --stop --force")
    assert stop_part(world.request(), "dashboard") == 0
    assert world.docker.asked()[-1].endswith("rm --stop --force dashboard")
    assert stop_part(world.request(), "portkey") == 0
    assert "portkey: not running here" in capsys.readouterr().out
    world.docker.answers("rm --stop", code=1, complaint="no")
    with pytest.raises(StackError, match="could not stop dashboard: no"):
        stop_part(world.request(), "dashboard")
