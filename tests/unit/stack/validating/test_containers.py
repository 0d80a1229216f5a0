from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from stack.docker.engine import Engine
from stack.runtime import World
from stack.validating.containers import findings
from stack.validating.finding import Finding
from stack.validating.world import Where
from tests import dockers
from tests.dockers import config_of, world_at
from tests.ports import free_port

ENGINE = Engine("28.5.2", "2.40.3", frozenset({"runc"}), False, "/nowhere/docker")
WHERE = Where(World.DOCKER, is_running=False, engine=ENGINE)


@pytest.fixture
def world(tmp_path: Path) -> dockers.World:
    return world_at(tmp_path)


def of(found: list[Finding], what: str) -> list[Finding]:
    return [one for one in found if one.what == what]


def test_every_subject_of_a_start_is_looked_at(world: dockers.World) -> None:
    published = {"target": 11435, "published": str(free_port()), "host_ip": "127.0.0.1"}
    front = {"image": "ollama-observe/front:0.1.0", "ports": [published]}
    world.docker.answers("config --format json", config_of(front=front))
    found = list(findings(world.request(), WHERE))
    whats = list(dict.fromkeys(one.what for one in found))
    assert whats == ["folder", "model API", "model", "port", "images", "disk", "gpu", "settings"]
    assert of(found, "images") == [Finding("images", True, "all here")]
    assert of(found, "port")[0].detail == f"{published['published']} (proxy): free"


def test_images_that_are_missing_are_named_with_how_they_are_had(world: dockers.World) -> None:
    world.docker.answers("image inspect", code=1)
    (images,) = of(list(findings(world.request(), WHERE)), "images")
    assert images.is_ok is None
    assert "ollama-observe/proxy:0.1.0" in images.detail
    assert images.remedy == "make setup, or make images"


def test_what_containers_cannot_be_stops_what_insists_on_them(world: dockers.World) -> None:
    for variables, where in (
        ({"RUNTIME": "docker"}, WHERE),
        ({}, replace(WHERE, is_running=True)),
    ):
        *_, said = findings(world.request(ALERTMANAGER="on", **variables), where)
        assert (said.what, said.is_ok) == ("containers", False)
        assert said.detail.startswith("ALERTMANAGER=on: no container")


def test_what_containers_cannot_be_is_looked_at_as_the_processes_that_a_start_goes_on_with(
    world: dockers.World,
) -> None:
    why, then, first = islice(findings(world.request(ALERTMANAGER="on"), WHERE), 3)
    assert (why.what, why.is_ok) == ("containers", None)
    assert why.detail.startswith("ALERTMANAGER=on: no container")
    assert (then.what, then.is_ok) == ("world", True)
    assert then.detail.startswith("processes of this machine")
    assert first.what == "folder"


def test_without_an_engine_it_is_said_once_and_not_here(world: dockers.World) -> None:
    assert list(findings(world.request(), Where(World.DOCKER, is_running=False))) == []
