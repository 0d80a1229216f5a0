"""Bad input of every kind: one sentence that says what is wrong, exit code 2, no traceback."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fakes.server import Call, ScriptedServer
from tests.generators import JSON, Peer, command, finish
from traffic.bank.place import CHECKOUT_QUESTIONS

LINE = 3


@dataclass(frozen=True)
class Case:
    """Words of a command line and what is said to them. `{folder}` is one of the test's own."""

    words: str
    said: str
    environment: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], None] = lambda folder: None


def bank(change: Callable[[str], str]) -> Callable[[Path], None]:
    """The bank, with one line of code.jsonl changed."""

    def prepare(folder: Path) -> None:
        shutil.copytree(CHECKOUT_QUESTIONS, folder / "bank")
        path = folder / "bank" / "code.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines()
        lines[LINE - 1] = change(lines[LINE - 1])
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    return prepare


def file(name: str, text: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / name).write_text(text, encoding="utf-8")

    return prepare


def without_turns(line: str) -> str:
    return json.dumps(json.loads(line) | {"turns": []})


CODE = f"{{folder}}/bank/code.jsonl:{LINE}: "
BANK = "--questions-directory {folder}/bank"
TRACE = "--preset replay --trace {folder}/trace"
SLO = "--slo {folder}/slo.yaml"

CASES = {
    "unknown command": Case("exprot", "there is no command 'exprot'; did you mean export?"),
    "unknown flag": Case("--prest demo", "unrecognized arguments: --prest demo"),
    "unknown variable": Case("", "did you mean TRAFFIC_CONCURRENCY?", {"TRAFFIC_CONCURENCY": "2"}),
    "unknown preset": Case("--preset huge", "'replay', found 'huge'"),
    "unknown category": Case("--categories poems", "no category 'poems'; expected some of factual"),
    "mix without category": Case("--mix rag --categories code", "the mix rag has none of the"),
    "no number": Case("--concurrency many", "(--concurrency): Input should be a valid integer"),
    "number below its range": Case(
        "--rate-per-second 0", "should be greater than or equal to 0.000001, found '0'"
    ),
    "weights": Case("--model a=x", "the weight of a is 'x', expected a number above 0"),
    "bank that is not there": Case(BANK, "cannot read {folder}/bank/factual_short.jsonl"),
    "malformed JSONL": Case(BANK, CODE + "Invalid JSON: EOF", prepare=bank(lambda line: line[:-5])),
    "record of another shape": Case(BANK, CODE + "turns: ", prepare=bank(without_turns)),
    "same id twice": Case(
        BANK,
        "two questions have the id ",
        prepare=bank(lambda line: line.replace('"cod-0003"', '"cod-0001"')),
    ),
    "remote target": Case("--base-url http://10.1.2.3", "not on this machine; --allow-remote"),
    "no address": Case("--base-url localhost:11435", "expected http://host:port"),
    "nobody there": Case("--base-url http://127.0.0.1:9", "nothing answers at http://127.0.0.1:9"),
    "no gateway there": Case(
        "--route gateway --portkey-url http://127.0.0.1:9", "no Portkey gateway answers"
    ),
    "wrong model": Case("--model other:7b", "has no model other:7b; /api/tags offers small:1b"),
    "one wrong model of two": Case("--model small:1b=2,b", "has no model b; /api/tags offers"),
    "no Ollama": Case("--base-url {other}", "is no Ollama: /api/tags does not list models"),
    "no unloading": Case("--cold-every 2", "cannot unload a model for --cold-every"),
    "num_ctx without native": Case(
        "--api openai --num-ctx 9", "num_ctx and keep_alive are the nat"
    ),
    "trace without replay": Case("--trace x", "replayed by the preset replay alone"),
    "replay without trace": Case("--preset replay", "the preset replay needs a trace"),
    "replay with arrival": Case(f"{TRACE} --arrival burst", "not with --arrival burst"),
    "replay both ways": Case(f"{TRACE} --route mixed", "replayed by one way"),
    "more workers than places": Case(
        "--workers 4 --concurrency 2", "--workers 4 share --concurrency, so it is to be at least"
    ),
    "cold by the gateway": Case("--route gateway --cold-every 2", "choose another route"),
    "nothing due in time": Case(
        "--arrival poisson --rate-per-second 0.0001 --duration-seconds 1",
        "no question is due within the 1 seconds",
    ),
    "results below a file": Case(
        "--results-directory {folder}/file/x",
        "cannot write results to {folder}/file/x (--results-directory): Not a directory",
        prepare=file("file", ""),
    ),
    "results that may not be": Case(
        "--results-directory /proc/x", "cannot write results to /proc/x"
    ),
    "no objectives there": Case(SLO, "cannot read {folder}/slo.yaml: No such file"),
    "objectives without YAML": Case(
        SLO, "{folder}/slo.yaml: expected YAML, found in line 1", prepare=file("slo.yaml", "run: [")
    ),
    "unknown objective": Case(
        SLO, "{folder}/slo.yaml: ", prepare=file("slo.yaml", "run: {speed: 3}")
    ),
    "no trace there": Case(TRACE, "cannot read {folder}/trace: No such file"),
    "trace without JSON": Case(
        TRACE,
        "{folder}/trace:2: expected a JSON object",
        prepare=file("trace", "\nat 12 o'clock\n"),
    ),
    "empty trace": Case(
        TRACE, "{folder}/trace: expected requests to replay, found none", prepare=file("trace", "")
    ),
    "interactive in a pipe": Case("interactive", "interactive asks at a terminal"),
    "compare with one result": Case("compare {folder}", "compare: the following arguments are req"),
    "compare what is no result": Case(
        "compare {folder} {folder}", "cannot read {folder}/result.json"
    ),
    "compare by nonsense": Case("compare a b --tolerance x", "--tolerance: expected a tolerance"),
    "export to nothing": Case("export for-nobody", "found 'for-nobody'"),
}


async def no_ollama(call: Call) -> None:
    await call.is_read.wait()
    await call.answer("200 OK", JSON, b'{"hello":"world"}')


@pytest.mark.parametrize("name", list(CASES))
async def test_bad_input_is_one_sentence_and_exit_code_2(name: str, tmp_path: Path) -> None:
    case, peer = CASES[name], Peer()
    case.prepare(tmp_path)
    async with ScriptedServer(peer.script) as server, ScriptedServer(no_ollama) as other:
        words = case.words.format(folder=tmp_path, other=other.url).split()
        environment = {"TRAFFIC_BASE_URL": server.url} | case.environment
        code, out, err = await finish(await command(*words, **environment))
    assert (code, out) == (2, ""), err
    assert case.said.format(folder=tmp_path) in err
    assert len(err.splitlines()) == 1, err
    assert err.startswith("traffic: ")
    assert peer.chats == []
