"""Bad input at a command line of its own, one of each kind; the others are refused in
tests/unit/traffic/test_refusals.py.
"""

from pathlib import Path

import pytest

from tests.fakes.server import ScriptedServer
from tests.generators import Peer, command, finish
from tests.unit.traffic.bank.test_loading import write_bank

CASES = {
    "settings": ("--rate-per-second 0", "should be greater than or equal to 0.000001, found '0'"),
    "bank": (
        "--questions-directory {folder}",
        "{folder}/code.jsonl:4: expected a JSON object, found EOF",
    ),
    "remote target": ("--base-url http://10.1.2.3", "not on this machine; --allow-remote"),
    "nobody there": ("--base-url http://127.0.0.1:9", "nothing answers at http://127.0.0.1:9"),
    "wrong model": ("--model other:7b", "has no model other:7b; /api/tags offers small:1b"),
    "results": (
        "--results-directory {folder}/code.jsonl/x",
        "cannot write results to {folder}/code.jsonl/x (--results-directory): Not a directory",
    ),
    "trace": ("--preset replay --trace {folder}/code.jsonl", "{folder}/code.jsonl:1: expected"),
    "slo": ("--slo {folder}/code.jsonl", "{folder}/code.jsonl: expected"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bank whose last line is cut off."""
    with (write_bank(tmp_path) / "code.jsonl").open("a", encoding="utf-8") as code:
        code.write('{"id": ')
    return tmp_path


async def refused(words: str, **environment: str) -> str:
    """What a process says to these words, having asked nothing."""
    peer = Peer()
    async with ScriptedServer(peer.script) as server:
        environment = {"TRAFFIC_BASE_URL": server.url} | environment
        code, out, err = await finish(await command(*words.split(), **environment))
    assert (code, out) == (2, ""), err
    assert len(err.splitlines()) == 1, err
    assert err.startswith("traffic: ")
    assert peer.chats == []
    return err


@pytest.mark.parametrize(("words", "said"), CASES.values(), ids=CASES)
async def test_bad_input_is_one_sentence_and_exit_code_2(
    words: str, said: str, folder: Path
) -> None:
    assert said.format(folder=folder) in await refused(words.format(folder=folder))


async def test_an_unknown_variable_is_answered_with_the_nearest() -> None:
    assert "did you mean TRAFFIC_CONCURRENCY?" in await refused("", TRAFFIC_CONCURENCY="2")
