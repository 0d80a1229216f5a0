import socket
from pathlib import Path

import pytest

from stack.docker.dashboard import dashboard, install
from stack.errors import StackError
from tests.dockers import config_of, world_at


def test_its_image_is_built_where_it_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_at(tmp_path)
    world.docker.answers("image inspect ollama-observe/dashboard", code=1)
    world.docker.answers(" build dashboard")
    assert install(world.request()) == 0
    assert "make dashboard shows what runs" in capsys.readouterr().out
    built = [words for words in world.docker.asked() if " build " in words]
    assert len(built) == 1


def test_its_port_must_be_free(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = [{"host_ip": "127.0.0.1", "target": 3001, "published": str(port)}]
        one = {"image": "ollama-observe/dashboard:0.1.0", "ports": ports}
        world.docker.answers("config --format json", config_of(dashboard=one))
        with pytest.raises(StackError, match=rf"port {port} \(dashboard\) is taken"):
            dashboard(world.request())
