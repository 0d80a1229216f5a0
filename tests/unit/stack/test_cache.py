from pathlib import Path

import pytest

from stack.cache import CLEARED, NOT_CLEARED, NOT_RUNNING, clear, shown
from stack.parts import proxy_part
from stack.plan import Plan
from stack.request import read_request
from stack.settings import parse
from tests.answering import answering

OFF = b'{"error":"the answer cache is off"}'


def test_the_proxy_that_runs_is_told_at_its_control_port(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(200, b'{"cleared":1}', "/api/cache") as url:
        port = url.rpartition(":")[2]
        plan = Plan((proxy_part(parse({"PROXY_CONTROL_PORT": port}), "http://o"),))
        assert clear(read_request({}, tmp_path), plan) == CLEARED
    assert capsys.readouterr().out == "cleared: 1 answer\n"


def test_where_nothing_runs_the_exit_code_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert clear(read_request({}, tmp_path)) == NOT_RUNNING
    assert clear(read_request({}, tmp_path), Plan()) == NOT_RUNNING
    assert capsys.readouterr().out == "not running: make start\n" * 2


def test_answers_of_several_proxies_are_added(capsys: pytest.CaptureFixture[str]) -> None:
    told = {"a": (200, b'{"cleared":3}'), "b": (200, b'{"cleared":0}')}
    assert shown(told) == CLEARED
    assert capsys.readouterr().out == "cleared: 3 answers\n"


def test_processes_that_each_have_their_own_are_cleared_and_not_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert shown({"a": (200, b'{"cleared":null}'), "b": (200, b'{"cleared":2}')}) == CLEARED
    assert "did not count" in capsys.readouterr().out


def test_a_cache_that_is_off_has_nothing_to_clear(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown({"a": (404, OFF)}) == CLEARED
    assert capsys.readouterr().out.startswith("nothing to clear: the answer cache is off")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "a: does not answer: make status"),
        ((502, b'{"error":"the store does not answer"}'), "a: the store does not answer"),
        ((404, b'{"detail":"Not Found"}'), "a: answered 404 to DELETE /api/cache"),
        ((200, b""), ""),
    ],
)
def test_a_proxy_that_did_not_do_it_is_named(
    answer: tuple[int, bytes] | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = shown({"a": answer})
    assert code == (NOT_CLEARED if said else CLEARED)
    assert capsys.readouterr().err.strip() == said


def test_one_that_did_it_is_said_beside_one_that_did_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert shown({"a": (200, b'{"cleared":3}'), "b": None}) == NOT_CLEARED
    found = capsys.readouterr()
    assert found.out == "cleared: 3 answers\n"
    assert found.err == "b: does not answer: make status\n"
