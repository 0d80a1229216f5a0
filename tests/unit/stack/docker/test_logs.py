import subprocess
import sys
from pathlib import Path

import pytest

from stack.docker.logs import logs
from stack.errors import StackError
from tests.dockers import World, world_at


def shown(world: World, *words: str) -> str:
    """What the verb becomes: it takes the place of its process."""
    told = {**world.docker.environment, "STACK_STATE_DIR": str(world.folder / "state")}
    script = (
        "import sys; from pathlib import Path; from stack.request import read_request; "
        "from stack.docker.logs import logs; import os; "
        "logs(read_request(os.environ, Path(sys.argv[1])), *eval(sys.argv[2]))"
    )
    command = [sys.executable, "-c", script, str(world.folder), repr(words_of(*words))]
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return world.docker.asked()[-1]


def words_of(*words: str) -> tuple[str | None, bool]:
    return (words[0] if words else None), False


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = world_at(tmp_path)
    found.runs("front", "proxy", "gpu-exporter-demo")
    found.docker.answers(" logs ")
    return found


def test_the_logs_are_compose_s_own(world: World) -> None:
    assert shown(world).endswith("--profile * logs --tail 20")
    assert shown(world, "proxy").endswith("logs --tail 20 proxy")


def test_one_that_stands_in_for_a_part_has_the_part_s_name(world: World) -> None:
    assert shown(world, "gpu-exporter").endswith("logs --tail 20 gpu-exporter-demo")


def test_an_unknown_part_is_refused_with_those_that_there_are(world: World) -> None:
    with pytest.raises(StackError, match="no log of 'x', there are: front, gpu-exporter-demo"):
        logs(world.request(), "x", False)
    world.docker.answers("ps --all", "")
    with pytest.raises(StackError, match="no logs yet: make start"):
        logs(world.request(), None, False)
