from argparse import Namespace
from pathlib import Path

import pytest

from stack.arguments import parse
from stack.docker.verbs import VERBS
from stack.errors import NoWorkerError
from tests.dockers import World, world_at


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_at(tmp_path)


@pytest.mark.parametrize(
    ("verb", "code"),
    [("status", 3), ("stop", 0), ("stop-portkey", 0), ("health-portkey", 3), ("install", 0)],
)
def test_a_verb_on_nothing_has_the_exit_code_of_the_other_world(
    world: World, verb: str, code: int
) -> None:
    assert VERBS[verb](world.request(), parse([verb])) == code


def test_the_worker_is_told_where_it_is_published(world: World) -> None:
    world.runs("front", "proxy", "dashboard")
    with pytest.raises(NoWorkerError, match="has no traffic worker"):
        VERBS["traffic-status"](world.request(), parse(["traffic-status"]))


def test_a_start_is_handed_its_verb(world: World) -> None:
    assert VERBS["start-dashboard"](world.request(), Namespace(verb="start-dashboard")) == 0
    up = next(words for words in world.docker.asked() if " up " in words)
    assert up.endswith(" dashboard")
    assert not up.endswith("front dashboard")
