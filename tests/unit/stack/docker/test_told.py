from pathlib import Path

import pytest

from stack.docker.containers import Container, parsed
from stack.docker.told import forget_told, note_told, told, told_anew
from stack.plan import Plan, digests
from tests.dockers import World, said_of, world_at

SERVICES = ("front", "proxy", "dashboard")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A checkout that has told its containers something."""
    found = world_at(tmp_path)
    request = found.request(PROXY_CACHE="simple", DASHBOARD_PORT="23001", MODEL="second:1b")
    request.places.run.mkdir(parents=True)
    note_told(request.places, told_anew(request, [], SERVICES)[1])
    return found


def containers(world: World, *services: str) -> list[Container]:
    return parsed("\n".join(said_of(name, world.folder) for name in services))


def test_what_was_told_is_known_without_its_values_until_it_is_forgotten(world: World) -> None:
    places, found = world.request().places, containers(world, *SERVICES)
    assert {"PROXY_CACHE", "DASHBOARD_PORT", "MODEL"} <= told(places, found).digests.keys()
    assert "second:1b" not in "".join(
        path.read_text() for path in places.run.rglob("*") if path.is_file()
    )
    assert told(places, []) == Plan()
    forget_told(places)
    assert told(places, found) == Plan()
    forget_told(places)


def test_containers_that_are_all_brought_anew_lose_what_nobody_says(world: World) -> None:
    request = world.request(DASHBOARD_PORT="23001")
    going, after = told_anew(request, containers(world, *SERVICES), SERVICES)
    assert going == ["MODEL", "PROXY_CACHE"]
    assert after.digests == digests(request.variables)


def test_a_part_that_stays_keeps_what_it_was_told(world: World) -> None:
    going, after = told_anew(world.request(), containers(world, *SERVICES), ["dashboard"])
    assert going == ["DASHBOARD_PORT"]
    assert "PROXY_CACHE" in after.digests
    assert "DASHBOARD_PORT" not in after.digests
