from pathlib import Path

import pytest

from stack.docker.metrics import metrics
from stack.errors import StackError
from tests.answering import answering
from tests.dockers import said_of, world_at


def test_one_proxy_is_asked_where_it_is_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_at(tmp_path)
    with answering(200, b"ollama_proxy_requests_total 3\n", "/metrics") as url:
        port = int(url.rpartition(":")[2])
        ports = [
            {"URL": "127.0.0.1", "TargetPort": inside, "PublishedPort": port}
            for inside in (11435, 8001)
        ]
        front = said_of("front", world.folder, Publishers=ports)
        world.docker.answers("ps --all", f"{front}\n{said_of('proxy', world.folder)}")
        assert metrics(world.request()) == 0
    assert "ollama_proxy_requests_total 3" in capsys.readouterr().out


def test_of_several_proxies_each_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_at(tmp_path)
    names = ("proxy-1", "proxy-2")
    lines = [said_of("proxy", world.folder, Name=name) for name in names]
    world.docker.answers("ps --all", "\n".join([said_of("front", world.folder), *lines]))
    world.docker.answers("exec proxy-1", 'ollama_proxy_requests_total{a="1"} 1')
    world.docker.answers("exec proxy-2", code=1)
    assert metrics(world.request()) == 1
    found = capsys.readouterr()
    assert 'ollama_proxy_requests_total{a="1"} 1' in found.out
    assert found.err == "proxy-2/metrics does not answer: make status\n"


def test_nothing_running_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="not running: make start"):
        metrics(world_at(tmp_path).request())
