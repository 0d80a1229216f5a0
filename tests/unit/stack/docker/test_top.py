import json
from pathlib import Path

import pytest

from stack.arguments import parse
from stack.docker.top import find, top, words
from stack.errors import StackError
from stack.top.targets import HERE
from tests.answering import answering
from tests.dockers import World, said_of, world_at
from tests.ports import free_port


def runs(world: World, control: int, exporter: int, proxies: int) -> None:
    """So many proxies behind a front, and an exporter, at these ports."""

    def at(inside: int, port: int) -> list[dict[str, object]]:
        return [{"URL": "127.0.0.1", "TargetPort": inside, "PublishedPort": port}]

    lines = [said_of("proxy", world.folder, Name=f"proxy-{n + 1}") for n in range(proxies)]
    lines.append(said_of("front", world.folder, Publishers=at(8001, control)))
    lines.append(said_of("gpu-exporter", world.folder, Publishers=at(8000, exporter)))
    world.docker.answers("ps --all", "\n".join(lines))


def test_one_proxy_is_asked_where_it_is_published(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    runs(world, 28001, 28000, proxies=1)
    found = find(world.request())
    assert (found.title, found.proxies) == (HERE, ("http://127.0.0.1:28001",))
    assert found.exporter == "http://127.0.0.1:28000"


def test_of_several_each_is_asked_in_its_container(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    runs(world, 28001, 28000, proxies=3)
    assert find(world.request()).proxies == (
        "container:proxy-1",
        "container:proxy-2",
        "container:proxy-3",
    )
    assert words("proxy-1") == ("docker", "exec", "--interactive", "proxy-1")


def test_where_nothing_runs_the_settings_say_where_it_would(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    assert find(world.request(PROXY_CONTROL_PORT="28009")).proxies == ("http://127.0.0.1:28009",)


def test_containers_of_another_checkout_are_not_shown(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    world.docker.answers("ps --all", said_of("proxy", tmp_path / "another"))
    (tmp_path / "another").mkdir()
    with pytest.raises(StackError, match="are those of"):
        top(world.request(), parse(["top", "--once"]))


def test_it_is_shown_also_where_the_containers_of_proxies_do_not_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_at(tmp_path)
    world.docker.answers("exec", code=1)
    with answering(200, b"exporter_build_info 1\nollama_up 1\n", "/metrics") as url:
        runs(world, free_port(), int(url.rpartition(":")[2]), proxies=2)
        words = ["top", "--once", "--json", "--interval", "0.2"]
        assert top(world.request(PROMETHEUS="off"), parse(words)) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ollama"]["is_up"] is True
    assert {one["where"]: one["is_up"] for one in told["sources"] if one["part"] == "proxy"} == {
        "container proxy-1": False,
        "container proxy-2": False,
    }
    # both are begun at once, so that what they were told is mixed
    assert "exec --interactive proxy-2 python -u -c" in "\n".join(world.docker.asked())
