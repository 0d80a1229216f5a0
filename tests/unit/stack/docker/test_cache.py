from pathlib import Path

import pytest

from proxy.control import CLEAR_SECONDS
from stack.cache import ANSWERS_WITHIN_SECONDS
from stack.docker.cache import clear
from tests.dockers import said_of, world_at


def test_every_proxy_is_told_and_what_they_had_is_added(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_at(tmp_path)
    names = ("proxy-1", "proxy-2")
    lines = [said_of("proxy", world.folder, Name=name) for name in names]
    world.docker.answers("ps --all", "\n".join([said_of("front", world.folder), *lines]))
    world.docker.answers("exec proxy-1", '200 {"cleared":2}')
    world.docker.answers("exec proxy-2", '200 {"cleared":5}')
    assert clear(world.request()) == 0
    assert capsys.readouterr().out == "cleared: 7 answers\n"
    told = [words for words in world.docker.asked() if "DELETE" in words]
    assert len(told) == 2
    # a proxy that gives up must have said so before nobody listens
    assert all(f"timeout={ANSWERS_WITHIN_SECONDS}" in words for words in told)
    assert ANSWERS_WITHIN_SECONDS > CLEAR_SECONDS


def test_a_proxy_that_cannot_be_told_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_at(tmp_path)
    world.docker.answers("ps --all", said_of("proxy", world.folder, Name="proxy-1"))
    world.docker.answers("exec proxy-1", code=1)
    assert clear(world.request()) == 1
    assert capsys.readouterr().err == "proxy-1: does not answer: make status\n"


def test_where_none_runs_the_exit_code_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert clear(world_at(tmp_path).request()) == 3
    assert capsys.readouterr().out == "not running: make start\n"
