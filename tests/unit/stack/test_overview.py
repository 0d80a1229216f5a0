import socket
from pathlib import Path

import pytest

from stack.overview import (
    as_json,
    disk_notes,
    gateway_notes,
    health_of,
    in_words,
    model_api_notes,
    ollama_answers,
    worker_notes,
)
from stack.parts import Address, Part
from stack.plan import Plan
from tests.answering import answering
from tests.fakes.server import Call
from tests.ollamas import serving


@pytest.mark.parametrize(
    ("state", "is_ready", "health"),
    [
        ("RUNNING", True, "ready"),
        ("STARTING", True, "ready"),
        ("RUNNING", False, "not ready"),
        ("BACKOFF", False, "restarting"),
        ("STOPPING", True, "stopping"),
        ("STOPPED", False, "down"),
        ("EXITED", False, "down"),
        ("FATAL", False, "down"),
    ],
)
def test_health_is_what_the_part_says_itself_where_it_runs(
    state: str, is_ready: bool, health: str
) -> None:
    assert health_of(state, is_ready) == health


def part(name: str) -> Part:
    return Part(name, (), (Address(name, "127.0.0.1", 1, ""),), "", 1, 1)


def test_a_disk_that_is_full_is_said_with_what_helps(tmp_path: Path) -> None:
    assert disk_notes(tmp_path, 0) == ()
    assert disk_notes(tmp_path / "gone") == ()
    (note,) = disk_notes(tmp_path, 1 << 62)
    assert f"are free for {tmp_path}: Prometheus keeps nothing then; make room" in note


def test_an_ollama_that_answers_no_more_is_said_with_what_its_clients_get() -> None:
    with answering(404, b"") as url:
        plan = Plan((part("proxy"),), api_url=url)
        assert ollama_answers(plan) is True
    assert ollama_answers(plan) is False
    (note,) = model_api_notes(plan, answers=False)
    assert note.startswith(f"nothing answers at {url} now: clients of the proxy get a 502")
    assert model_api_notes(plan, answers=True) == model_api_notes(plan, answers=None) == ()


def test_nobody_is_asked_where_there_is_no_proxy_or_the_engine_is_ours() -> None:
    url = "http://127.0.0.1:9"
    assert ollama_answers(Plan((part("dashboard"),), api_url=url)) is None
    assert ollama_answers(Plan((part("engine"), part("proxy")), api_url=url)) is None
    assert as_json(Plan(), [], None)["ollama_answers"] is None


def test_it_is_healthy_where_all_parts_and_an_ollama_answer() -> None:
    assert in_words(are_ready=True, answers=True) == "healthy"
    assert in_words(are_ready=True, answers=None) == "healthy"
    assert in_words(are_ready=False, answers=False) == "not healthy"
    said = in_words(are_ready=True, answers=False)
    assert said == "not healthy (all parts run, Ollama does not answer)"


def test_a_gateway_that_does_not_answer_is_said_with_what_happens_and_what_helps() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        (note,) = gateway_notes(Plan((part("proxy"),), gateway=url))
    assert f"no gateway answers at {url}" in note
    assert "requests go direct" in note
    assert note.endswith(": make start-portkey")


def test_a_gateway_that_requests_do_not_go_through_is_said_to_be_one() -> None:
    (note,) = gateway_notes(Plan((part("portkey"), part("proxy"))))
    assert "requests go direct: make start-with-portkey" in note


@pytest.mark.parametrize("names", [["proxy"], ["portkey"]])
def test_where_there_is_one_way_only_nothing_is_said_of_it(names: list[str]) -> None:
    assert gateway_notes(Plan(tuple(map(part, names)))) == ()


def test_what_a_worker_does_is_said_where_one_answers() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        await call.answer("200 OK", [], b'{"state":"waiting","detail":"no model x","run":null}')

    with serving(script) as server:
        address = Address("traffic", "127.0.0.1", server.port, "")
        plan = Plan((part("proxy"), Part("traffic", (), (address,), "", 1, 1)))
        assert worker_notes(plan) == ("traffic: waiting: no model x",)
    assert worker_notes(plan) == ()
    assert worker_notes(Plan((part("proxy"),))) == ()
