from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stack.docker.belonging import noted
from stack.docker.containers import parsed
from stack.docker.down import take_down
from stack.docker.up import as_it_ran, restart, set_up, start, wish_after
from stack.errors import SettingsError, StackError, UnfitError
from stack.request import Request
from tests.dockers import World, config_of, said_of, world_at


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
    with_grafana = parsed("\n".join(said_of(n, world.folder) for n in ("front", "grafana")))
    assert wish_after(world.request(), with_grafana).parts == {"proxy", "grafana"}
    assert wish_after(world.request(GRAFANA="off"), with_grafana).parts == {"proxy"}
    off = wish_after(world.request(PORTKEY="off"), before)
    assert off.parts == {"proxy", "ollama"}
    dashboard = parsed(said_of("dashboard", world.folder))
    assert wish_after(world.request(DASHBOARD="off"), dashboard).parts == set()


def test_as_many_proxies_go_on_as_run(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.runs("front", "proxy", "proxy", "proxy", "engine", "gpu-exporter-demo")
    assert start(world.request()) == 0
    assert restart(world.request()) == 0
    started = [words for words in world.docker.asked() if " up --detach --wait" in words]
    assert [words.count(" --scale=proxy=3 ") for words in started] == [1, 1]
    assert "docker compose up -d --scale proxy=3\n" in capsys.readouterr().out
    # one of which nothing is started is unknown to Compose's `up`
    assert start(world.request(), "start-dashboard") == 0
    assert "--scale" not in next(
        w for w in world.docker.asked() if w.endswith("--no-build dashboard")
    )


@pytest.mark.parametrize("more", [{"scale": 2}, {"deploy": {"replicas": 2}}])
def test_how_many_a_file_says_holds(world: World, more: dict[str, Any]) -> None:
    proxy = {"image": "ollama-observe/proxy:0.1.0", **more}
    world.docker.answers("config --format json", config_of(proxy=proxy))
    world.runs("front", "proxy", "proxy", "proxy")
    assert start(world.request()) == 0
    assert not any("--scale" in words for words in world.docker.asked())


def test_a_restart_fetches_the_model_where_one_is_named_or_was_fetched(world: World) -> None:
    ran = parsed("\n".join(said_of(name, world.folder) for name in ("front", "ollama")))
    done = parsed(said_of("pull-model", world.folder, State="exited"))
    assert "pull-model" not in wish_after(world.request(), ran).parts
    assert "pull-model" in wish_after(world.request(MODEL="llama3.2:3b"), ran).parts
    assert "pull-model" in wish_after(world.request(), [*ran, *done]).parts
    engine = parsed(said_of("engine", world.folder))
    assert "pull-model" not in wish_after(world.request(MODEL="llama3.2:3b"), engine).parts


@pytest.mark.parametrize("verb", [start, restart])
def test_another_model_is_fetched_beside_what_runs(
    world: World, verb: Callable[[Request], int]
) -> None:
    world.runs("front", "proxy", "ollama")
    request = world.request(MODEL="llama3.2:3b", COMPOSE_PROFILES="", COMPOSE_FILE="compose.yaml")
    assert verb(request) == 0
    assert world.docker.asked()[-2].endswith("up --detach --no-deps pull-model")


def test_a_run_of_the_traffic_generator_is_no_worker(world: World) -> None:
    label = f"com.docker.compose.project.working_dir={world.folder}"
    run = said_of("traffic", world.folder, Labels=f"com.docker.compose.oneoff=True,{label}")
    here = [said_of(name, world.folder) for name in ("front", "proxy")]
    world.docker.answers("ps --all", "\n".join([*here, run]))
    traffic = {"image": "ollama-observe/traffic:0.1.0"}
    world.docker.answers("config --format json", config_of(traffic=traffic))
    assert restart(world.request(COMPOSE_PROFILES="mine")) == 0
    (up,) = [words for words in world.docker.asked() if " up --detach --wait" in words]
    assert up.endswith("--no-build proxy front")
    assert start(world.request(COMPOSE_PROFILES=""), "start-dashboard") == 0
    assert "stress" not in world.docker.told("--no-build dashboard").get("COMPOSE_PROFILES", "")


def test_where_it_started_containers_is_noted_until_they_are_gone(world: World) -> None:
    request = world.request()
    start(request)
    assert noted(request.places) == [str(world.folder)]
    take_down(request)
    assert noted(request.places) == []


@pytest.mark.parametrize("verb", [start, restart])
def test_keys_do_not_go_unmeant_and_what_else_goes_is_said(
    world: World, verb: Callable[[Request], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(world.request(PROXY_API_KEYS_FILE="/keys/k.toml", PROXY_CACHE="simple")) == 0
    world.runs("front", "proxy")
    before = len(world.docker.asked())
    with pytest.raises(SettingsError, match=f"`make {verb.__name__} PROXY_API_KEYS_FILE=` takes"):
        verb(world.request())
    assert not any(" up " in w or " down " in w for w in world.docker.asked()[before:])
    capsys.readouterr()
    assert verb(world.request(PROXY_API_KEYS_FILE="")) == 0
    assert capsys.readouterr().out.count("no longer set: PROXY_CACHE (") == 1
    assert verb(world.request()) == 0
    assert "no longer set" not in capsys.readouterr().out


def test_an_operator_s_own_profiles_win_over_what_ran(world: World) -> None:
    engine = parsed(said_of("engine", world.folder))
    named = as_it_ran(world.request(COMPOSE_PROFILES="mine"), engine)
    assert named.variables["COMPOSE_PROFILES"] == "mine"
    assert as_it_ran(world.request(COMPOSE_PROFILES=""), ()).variables["COMPOSE_PROFILES"] == ""
