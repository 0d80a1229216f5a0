import json
from pathlib import Path

import pytest

from stack.docker.containers import parsed, plan_of
from stack.docker.overview import (
    as_document,
    checks,
    health_of,
    is_healthy,
    model_api_notes,
    routed,
    rows,
    status,
    verdict,
)
from tests.answering import answering
from tests.dockers import World, said_of, world_at


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_at(tmp_path)


def test_nothing_is_exit_code_3_in_words_and_in_json(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(world.request()) == 3
    assert capsys.readouterr().out == "not running: make start\n"
    assert status(world.request(), as_json=True) == 3
    assert json.loads(capsys.readouterr().out) == {"running": False, "parts": []}


def test_what_runs_is_said_to_be_in_containers(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.runs("front", "proxy")
    assert status(world.request()) == 0
    out = capsys.readouterr().out
    assert out.startswith("healthy, in containers (project ollama-observe)\n")
    assert "http://127.0.0.1:21435" in out
    assert status(world.request(), as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["runtime"] == "docker"


def front_before(url: str, folder: Path) -> str:
    """A front whose control port is this server's."""
    port = int(url.rpartition(":")[2])
    control = {"URL": "127.0.0.1", "TargetPort": 8001, "PublishedPort": port}
    relay = {"URL": "127.0.0.1", "TargetPort": 11435, "PublishedPort": 1}
    return said_of("front", folder, Publishers=[relay, control])


def test_an_ollama_that_the_proxy_does_not_find_is_not_healthy_at_first_glance(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    said = b'{"checks":{"ollama":{"ok":false,"detail":"Ollama at x gave no answer: refused"}}}'
    with answering(503, said, "/health") as url:
        world.docker.answers("ps --all", front_before(url, world.folder))
        assert status(world.request()) == 1
        out = capsys.readouterr().out
        assert out.startswith("not healthy (all parts run, Ollama does not answer), in containers")
        assert "  Ollama at x gave no answer: refused: clients of the proxy get a 502" in out
        assert "; start it (`ollama serve`)\n" in out
        assert status(world.request(), as_json=True) == 1
    assert json.loads(capsys.readouterr().out)["ollama_answers"] is False


@pytest.mark.parametrize(
    "said", [b'{"checks":{"ollama":{"ok":true}}}', b"<html>", b'{"checks":{"ollama":3}}']
)
def test_a_proxy_that_finds_one_or_is_none_of_ours_says_nothing(
    said: bytes, tmp_path: Path
) -> None:
    with answering(200, said, "/health") as url:
        found = parsed(front_before(url, tmp_path))
        assert model_api_notes(found, checks(plan_of(found))) == ()


@pytest.mark.parametrize(
    ("more", "word", "well"),
    [
        ({}, "ready", True),
        ({"Health": ""}, "ready", True),
        ({"Health": "starting"}, "not ready", False),
        ({"Health": "unhealthy"}, "not ready", False),
        ({"State": "restarting"}, "restarting", False),
        ({"State": "exited", "ExitCode": 1}, "down", False),
        ({"Service": "pull-model", "Health": ""}, "busy", True),
        ({"Service": "pull-model", "State": "exited"}, "done", True),
        ({"Service": "pull-model", "State": "exited", "ExitCode": 1}, "down", False),
    ],
)
def test_docker_s_states_become_one_word(
    more: dict[str, str], word: str, well: bool, tmp_path: Path
) -> None:
    (one,) = parsed(said_of("proxy", tmp_path, **more))
    assert health_of(one) == word
    assert is_healthy(one) is well


def test_a_line_has_how_long_and_where(tmp_path: Path) -> None:
    found = parsed(said_of("front", tmp_path))
    assert rows(found) == [
        ("front", "ready", "observe-front-1", "2 minutes", "http://127.0.0.1:21435"),
        ("", "", "", "", "http://127.0.0.1:28001/metrics"),
    ]


def test_the_verdict_names_what_is_not_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verdict(parsed(said_of("front", tmp_path))) == 0
    assert verdict(parsed(said_of("front", tmp_path, State="exited"))) == 1
    assert capsys.readouterr().err == "front is down: make logs SERVICE=front\n"


def test_a_gateway_that_the_proxy_does_not_use_is_not_said_to_be(tmp_path: Path) -> None:
    for body, expected in ((b'{"checks":{"portkey":{}}}', True), (b'{"checks":{}}', False)):
        with answering(200, body, "/health") as url:
            front = front_before(url, tmp_path)
            plan = plan_of(parsed(f"{front}\n{said_of('portkey', tmp_path)}"))
            assert (routed(plan, checks(plan)).gateway is not None) is expected
    assert routed(plan_of(()), {}).gateway is None


def test_an_ollama_of_ours_that_ended_is_none_to_start_by_hand(tmp_path: Path) -> None:
    said = {"ollama": {"ok": False, "detail": "refused"}}
    theirs = parsed(said_of("front", tmp_path))
    (note,) = model_api_notes(theirs, said)
    assert note.endswith("; start it (`ollama serve`)")
    ended = parsed(said_of("ollama", tmp_path, State="exited", ExitCode=1))
    (note,) = model_api_notes([*theirs, *ended], said)
    assert note.endswith("clients of the proxy get a 502 that says so")


def test_programs_get_every_container(tmp_path: Path) -> None:
    found = parsed(f"{said_of('front', tmp_path)}\n{said_of('proxy', tmp_path)}")
    assert as_document(found, {})["ollama_answers"] is None
    said = as_document(found, {"ollama": {"ok": False}})
    assert said["ollama_answers"] is False
    assert [part["name"] for part in said["parts"]] == ["front", "proxy"]
    assert said["parts"][1]["urls"] == []
