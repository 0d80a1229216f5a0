"""`export`: the bank, or what a run would ask, in another generator's format."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.traffic.bank.test_loading import write_bank
from traffic.__main__ import main
from traffic.bank.loading import load_bank
from traffic.export.command import ExportSettings, text_of
from traffic.export.formats import FORMATS
from traffic.plan.plan import make_plan


@pytest.fixture
def here(tmp_path: Path) -> str:
    return str(write_bank(tmp_path))


def run(capsys: pytest.CaptureFixture[str], here: str, *argv: str) -> tuple[int, str, str]:
    code = main(["export", *argv, "--questions-directory", here])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_bank_is_written_in_its_order(capsys: pytest.CaptureFixture[str], here: str) -> None:
    code, out, err = run(capsys, here, "vllm", "--categories", "code,longform")
    prompts = [json.loads(line)["prompt"] for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert prompts == [f"{name} {n}?" for name in ("longform", "code") for n in (1, 2, 3)]


def test_a_number_of_questions_bounds_it(capsys: pytest.CaptureFixture[str], here: str) -> None:
    assert len(run(capsys, here, "guidellm", "--questions", "4")[1].splitlines()) == 4


def test_a_plan_is_written_as_it_would_be_asked(
    capsys: pytest.CaptureFixture[str], here: str
) -> None:
    code, out, _ = run(capsys, here, "vllm", "--plan", "--seed", "7", "--prefix", "unique")
    told = ExportSettings(seed=7, prefix="unique")
    asked = make_plan(load_bank(Path(here)), told).questions
    prompts = [json.loads(line)["prompt"] for line in out.splitlines()]
    assert code == 0
    assert prompts == [f"{one.prefix}{one.turns[0]}" for one in asked]
    assert len(set(prompts)) == 10


def test_an_array_is_one_document(capsys: pytest.CaptureFixture[str], here: str) -> None:
    code, out, _ = run(capsys, here, "k6")
    assert code == 0
    assert len(json.loads(out)) == 30


def test_an_output_that_takes_nothing_is_said_in_a_sentence(here: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "traffic", "export", "vllm", "--questions-directory", here],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "traffic: cannot write the output: No space left on device\n"


def test_a_file_is_written(capsys: pytest.CaptureFixture[str], here: str, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    assert run(capsys, here, "aiperf", "--output", str(file)) == (0, "", "")
    assert len(file.read_text(encoding="utf-8").splitlines()) == 30


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], f"expected a format ({', '.join(FORMATS)}), found none"),
        (["guidelm"], "found 'guidelm'"),
        (["guidellm", "--turns", "3"], "left out 30 of 30 questions that guidellm cannot carry"),
        (["vllm", "--plan", "--preset", "continuous"], "a plan without an end"),
        (["vllm", "--output", "/nowhere/x"], "cannot write /nowhere/x"),
    ],
)
def test_what_cannot_be_exported_is_a_sentence_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], here: str, argv: list[str], said: str
) -> None:
    code = main(["export", *argv, "--questions-directory", here] if argv else ["export"])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_what_is_left_out_is_counted_on_standard_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = write_bank(tmp_path) / "code.jsonl"
    first, *others = file.read_text(encoding="utf-8").splitlines()
    talk = json.loads(first)
    talk["turns"] *= 2
    file.write_text("\n".join([json.dumps(talk), *others]) + "\n", encoding="utf-8")
    code, out, err = run(capsys, str(tmp_path), "vllm")
    assert (code, len(out.splitlines())) == (0, 29)
    said = "left out 1 of 30 questions that vllm cannot carry: 1 of several turns"
    assert err == f"traffic: {said}\n"


def test_help_names_the_formats_and_the_flags(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["export", "--help"])
    out, err = capsys.readouterr()
    assert ", ".join(FORMATS) in err
    assert "--output" in out


def test_letters_of_all_scripts_stay_as_they_are() -> None:
    assert text_of("vllm", [{"prompt": "你好"}]) == '{"prompt": "你好"}\n'
