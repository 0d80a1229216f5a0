from pathlib import Path

import pytest

from stack.docker.containers import parsed
from stack.docker.up import as_it_ran, restart, set_up, start, wish_after
from stack.errors import StackError, UnfitError
from tests.dockers import World, said_of, world_at


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_at(tmp_path)


def test_a_start_waits_for_health_and_lets_the_one_shot_be(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(world.request()) == 0
    waited, alone = [words for words in world.docker.asked() if " up " in words]
    assert "--wait" in waited
    assert waited.split()[-6:] == [
        *("proxy", "front", "gpu-exporter", "dashboard", "ollama", "prometheus"),
    ]
    assert alone.endswith("up --detach --no-deps pull-model")
    assert world.docker.told(" up ")["COMPOSE_PROFILES"] == "demo"
    out = capsys.readouterr().out
    assert out.startswith("Ollama Observe, in containers\n")
    assert "phi3:mini is fetched where it is not there" in out


def test_a_half_start_is_undone_with_the_words_of_who_failed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.docker.answers("up --detach --wait", code=1, complaint="container front is unhealthy")
    world.docker.answers("logs --no-log-prefix", "no proxy answers")
    with pytest.raises(StackError, match="Compose could not start it: container front is unheal"):
        start(world.request())
    assert any(" down " in words for words in world.docker.asked())
    assert "stopping what was started" in capsys.readouterr().out


def test_what_ran_before_is_left_when_something_beside_it_fails(world: World) -> None:
    world.runs("front", "proxy", "engine", "gpu-exporter-demo")
    world.docker.answers("up --detach --wait", code=1, complaint="dashboard is unhealthy")
    with pytest.raises(StackError, match="dashboard is unhealthy"):
        start(world.request(), "start-dashboard")
    assert not any(" down " in words for words in world.docker.asked())


def test_the_log_of_what_is_not_well_is_shown(world: World) -> None:
    sick = said_of("front", world.folder, Health="unhealthy", Status="Up (unhealthy)")
    world.docker.answers("ps --all", sick)
    world.docker.answers("up --detach --wait", code=1, complaint="front is unhealthy")
    world.docker.answers("logs --no-log-prefix --tail 15 front", "nobody answers")
    with pytest.raises(StackError) as error:
        start(world.request())
    assert str(error.value).splitlines()[1:] == [
        "the end of the log of front (Up (unhealthy)):",
        "  nobody answers",
    ]


def test_images_that_cannot_be_had_end_a_start_before_anything(world: World) -> None:
    world.docker.answers("image inspect ollama/ollama", code=1)
    world.docker.answers("pull ollama", code=1, complaint="no such host")
    with pytest.raises(UnfitError, match="its registry is not reached"):
        start(world.request())
    assert not any(" up " in words for words in world.docker.asked())


def test_setup_fetches_and_starts_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert set_up(world.request()) == 0
    assert not any(" up " in words for words in world.docker.asked())
    assert capsys.readouterr().out.split()[-3:] == ["images", "all", "here"]


def test_a_restart_starts_what_ran_with_the_engine_that_ran(world: World) -> None:
    world.runs("front", "proxy", "engine", "gpu-exporter-demo")
    assert restart(world.request(COMPOSE_PROFILES="")) == 0
    asked = world.docker.asked()
    down = next(index for index, words in enumerate(asked) if " down " in words)
    up = next(index for index, words in enumerate(asked) if " up " in words)
    assert down < up
    assert world.docker.told(" up ")["COMPOSE_PROFILES"] == "demo"
    assert asked[up].split()[-4:] == ["proxy", "front", "gpu-exporter", "ollama"]


def test_what_is_switched_says_what_a_restart_brings(world: World) -> None:
    before = parsed("\n".join(said_of(n, world.folder) for n in ("front", "portkey", "ollama")))
    on = wish_after(world.request(TRAFFIC="on"), before)
    assert on.parts == {"proxy", "portkey", "ollama", "traffic"}
    off = wish_after(world.request(PORTKEY="off"), before)
    assert off.parts == {"proxy", "ollama"}
    dashboard = parsed(said_of("dashboard", world.folder))
    assert wish_after(world.request(DASHBOARD="off"), dashboard).parts == set()


def test_an_operator_s_own_profiles_win_over_what_ran(world: World) -> None:
    engine = parsed(said_of("engine", world.folder))
    named = as_it_ran(world.request(COMPOSE_PROFILES="mine"), engine)
    assert named.variables["COMPOSE_PROFILES"] == "mine"
    assert as_it_ran(world.request(COMPOSE_PROFILES=""), ()).variables["COMPOSE_PROFILES"] == ""
