"""What cannot be written is one sentence, and what nobody reads is silence: never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.runs import many, result
from traffic.results.results import write


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("results"), result(many(3)), "page")


WORDS = ("--help", "--dry-run", "compare {0} {0}", "compare --help", "export k6")


def ended(words: str, where: str) -> tuple[int, str]:
    line = f"env -u PYTHONUNBUFFERED {sys.executable} -m traffic {words} {where}"
    # of a pipe, too, it is the program's own code
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize("words", WORDS)
def test_a_full_disk_behind_the_output_is_said(words: str, folder: Path) -> None:
    code, said = ended(words.format(folder), ">/dev/full")
    assert (code, said.splitlines()[-1:]) == (
        2,
        ["traffic: cannot write the output: No space left on device"],
    )
    assert "Traceback" not in said


@pytest.mark.parametrize("words", WORDS)
def test_an_output_that_nobody_reads_is_no_word_of_ours(words: str, folder: Path) -> None:
    code, said = ended(words.format(folder), "| true")
    assert code in (0, 1, 2)  # by then it may all be in the pipe
    assert not any(word in said for word in ("Traceback", "Error", "pipe"))


def test_without_an_output_there_is_none(folder: Path) -> None:
    assert ended(f"compare {folder} {folder}", ">&-") == (0, "")
