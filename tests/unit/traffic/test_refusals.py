"""Bad input of every kind: one sentence that says what is wrong, and exit code 2."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.unit.traffic.bank.test_loading import record, write_bank
from traffic.__main__ import main
from traffic.refusals import REFUSED, did_you_mean, say

SHAPELESS = [record(), record(number=2, turns=[])]
TWICE = [record(), record()]
FILES = {
    "file": "",
    "not.yaml": "run: [",
    "speed.yaml": "run: {speed: 3}",
    "clock.jsonl": "\nat 12 o'clock\n",
}
BANK, SLO = "--questions-directory {0}", "--slo {0}"
REPLAY = "--preset replay --trace {0}"

CASES = {
    "unknown command": ("exprot", "there is no command 'exprot'; did you mean export?"),
    "unknown flag": ("--prest demo", "unrecognized arguments: --prest demo"),
    "unknown preset": ("--preset huge", "or 'embeddings', found 'huge'"),
    "unknown category": ("--categories poems", "no category 'poems'; expected some of factual"),
    "almost a category": ("--categories cod", "no category 'cod' (did you mean code?); expected"),
    "mix without category": ("--mix rag --categories code", "the mix rag has none of the"),
    "no number": ("--concurrency many", "(--concurrency): Input should be a valid integer"),
    "weights": ("--model a=x", "the weight of a is 'x', expected a number above 0"),
    "no bank there": (BANK + "/none", "cannot read {0}/none/factual_short.jsonl: No such file"),
    "record of another shape": (BANK + "/shapeless", "{0}/shapeless/code.jsonl:2: turns: "),
    "same id twice": (BANK + "/twice", "two questions have the id cod-0001"),
    "no address": ("--base-url localhost:11435", "expected http://host:port"),
    "num_ctx without native": ("--api openai --num-ctx 9", "num_ctx and keep_alive are the nat"),
    "trace without replay": ("--trace x", "replayed by the preset replay alone"),
    "replay without trace": ("--preset replay", "the preset replay needs a trace"),
    "replay with arrival": (REPLAY + " --arrival burst", "not with --arrival burst"),
    "replay both ways": (REPLAY + " --route mixed", "replayed by one way"),
    "more workers than places": (
        "--workers 4 --concurrency 2",
        "--workers 4 share --concurrency, so it is to be at least",
    ),
    "nothing due in time": (
        "--arrival poisson --rate-per-second 0.0001 --duration-seconds 1",
        "no question is due within the 1 seconds",
    ),
    "results that may not be": (
        "--results-directory /proc/x",
        "cannot write results to /proc/x (--results-directory): No such file",
    ),
    "no objectives there": (SLO + "/none", "cannot read {0}/none: No such file"),
    "objectives without YAML": (SLO + "/not.yaml", "{0}/not.yaml: expected YAML, found in line 1"),
    "unknown objective": (SLO + "/speed.yaml", "{0}/speed.yaml: "),
    "no trace there": (REPLAY + "/none", "cannot read {0}/none: No such file"),
    "trace without JSON": (REPLAY + "/clock.jsonl", "{0}/clock.jsonl:2: expected a JSON object"),
    "empty trace": (REPLAY + "/file", "{0}/file: expected requests to replay, found none"),
    "interactive in a pipe": ("interactive", "interactive asks at a terminal"),
    "compare with one result": ("compare {0}", "compare: the following arguments are required"),
    "compare what is no result": ("compare {0} {0}", "cannot read {0}/result.json"),
    "compare by nonsense": ("compare a b --tolerance x", "--tolerance: expected a tolerance"),
    "export to nothing": ("export for-nobody", "found 'for-nobody'"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the cases are about."""
    found = tmp_path_factory.mktemp("wrong")
    for name, text in FILES.items():
        (found / name).write_text(text, encoding="utf-8")
    for name, code in {"bank": None, "shapeless": SHAPELESS, "twice": TWICE}.items():
        (found / name).mkdir()
        write_bank(found / name, code=code)
    return found


@pytest.mark.parametrize(("words", "said"), CASES.values(), ids=CASES)
def test_bad_input_is_one_sentence_and_exit_code_2(
    words: str,
    said: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setenv("TRAFFIC_QUESTIONS_DIRECTORY", str(folder / "bank"))
    monkeypatch.setenv("TRAFFIC_BASE_URL", "http://127.0.0.1:9")
    try:
        code: object = main(words.format(folder).split())
    except SystemExit as left:
        code = left.code
    out, err = capsys.readouterr()
    assert (code, out) == (REFUSED, ""), err
    assert said.format(folder) in err
    assert len(err.splitlines()) == 1, err
    assert err.startswith("traffic: ")


def test_a_sentence_is_one_line_and_is_not_read_as_markup() -> None:
    console = Console(file=io.StringIO(), width=40)
    say(console, "expected [bold] " + "word " * 30)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "traffic: expected [bold] " + "word " * 30 + "\n"


def test_the_nearest_word_is_offered_and_none_where_none_is_near() -> None:
    assert did_you_mean("compaer", ["run", "compare"]) == "did you mean compare?"
    assert did_you_mean("zzz", ["run", "compare"]) == ""


def test_a_sentence_that_quotes_something_odd_moves_no_cursor() -> None:
    console = Console(file=io.StringIO(), width=40)
    say(console, "cannot read \x1b[2Ja\nb\udcff")
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "traffic: cannot read  [2Ja b \n"
