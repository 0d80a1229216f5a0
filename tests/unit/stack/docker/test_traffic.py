import os
from pathlib import Path

import pytest

from stack.docker.traffic import traffic, words
from stack.errors import StackError
from tests.dockers import World, world_at


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_at(tmp_path)


def volumes(found: tuple[str, ...]) -> list[str]:
    return [found[at + 1] for at, word in enumerate(found) if word == "--volume"]


def test_results_lie_in_the_checkout_and_are_the_caller_s(world: World) -> None:
    found = words(world.request(), ["--preset", "quick"], world.folder)
    results = world.folder / "results"
    assert results.is_dir()
    assert volumes(found) == [f"{results}:{results}"]
    assert found[found.index("--user") + 1] == f"{os.getuid()}:{os.getgid()}"
    assert f"TRAFFIC_RESULTS_DIRECTORY={results}" in found
    assert found[-6:] == ("traffic", "python", "-m", "traffic", "--preset", "quick")


def test_a_run_shows_its_progress_unless_it_is_to_log(world: World) -> None:
    assert "TRAFFIC_LOG_LEVEL=warning" in words(world.request(), [], world.folder)
    told = world.request(TRAFFIC_LOG_LEVEL="debug")
    assert "TRAFFIC_LOG_LEVEL=debug" in words(told, [], world.folder)


@pytest.mark.parametrize("flag", [["--slo", "mine.yaml"], ["--slo=mine.yaml"]])
def test_a_file_of_a_flag_is_given_where_it_lies(world: World, flag: list[str]) -> None:
    path = world.folder / "mine.yaml"
    assert volumes(words(world.request(), flag, world.folder))[1:] == []
    path.write_text("{}")
    assert volumes(words(world.request(), flag, world.folder))[1:] == [f"{path}:{path}:ro"]


def test_a_file_of_a_variable_is_given_too_and_one_in_the_results_is_already(world: World) -> None:
    path = world.folder / "trace.jsonl"
    path.write_text("")
    found = words(world.request(TRAFFIC_TRACE="trace.jsonl"), [], world.folder)
    assert volumes(found)[1:] == [f"{path}:{path}:ro"]
    assert "TRAFFIC_TRACE=trace.jsonl" in found
    inside = world.folder / "results/old.jsonl"
    inside.write_text("")
    assert len(volumes(words(world.request(), ["--trace", str(inside)], world.folder))) == 1


def test_results_may_lie_elsewhere(world: World, tmp_path: Path) -> None:
    found = words(world.request(), ["--results-directory", str(tmp_path / "mine")], world.folder)
    assert volumes(found) == [f"{tmp_path}/mine:{tmp_path}/mine"]


def test_nobody_to_ask_is_said_so(world: World) -> None:
    with pytest.raises(StackError, match="no stack is running to send questions to"):
        traffic(world.request(), [])
