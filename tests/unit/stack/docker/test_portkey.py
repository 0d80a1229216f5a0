from pathlib import Path

import pytest

from stack.docker.portkey import health
from tests.answering import answering
from tests.dockers import said_of, world_at

GREETING = b"AI Gateway says hey!"


def test_no_gateway_is_exit_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert health(world_at(tmp_path).request()) == 3
    assert capsys.readouterr().out == "not running: make start-portkey\n"


def test_what_answers_and_is_none_ends_the_questions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_at(tmp_path)
    with answering(200, b"hello") as url:
        here = {"URL": "127.0.0.1", "TargetPort": 8787, "PublishedPort": int(url.split(":")[2])}
        world.docker.answers("ps --all", said_of("portkey", world.folder, Publishers=[here]))
        assert health(world.request()) == 1
    assert "something else does" in capsys.readouterr().out


def test_a_stream_is_asked_for_from_a_proxy_s_container(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_at(tmp_path)
    with answering(200, GREETING, "/") as url:
        here = {"URL": "127.0.0.1", "TargetPort": 8787, "PublishedPort": int(url.split(":")[2])}
        gateway = said_of("portkey", world.folder, Publishers=[here])
        lines = [gateway, said_of("front", world.folder), said_of("proxy", world.folder)]
        world.docker.answers("ps --all", "\n".join(lines))
        world.docker.answers("printenv PROXY_OLLAMA_URL", "http://ollama:11434")
        world.docker.answers("printenv PROXY_ENABLE_PORTKEY", "false")
        world.docker.answers("exec -T proxy python", '[true, "each piece came", false]')
        assert health(world.request()) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["answers", "carries", "streams"]
    assert lines[3].split(maxsplit=1)[1].strip() == "yes  each piece came"
