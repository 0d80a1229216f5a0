import sys
from pathlib import Path

import pytest

from stack.outside import run_quietly


def test_what_a_program_says_goes_to_the_log_only(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log/setup.log"
    assert run_quietly([sys.executable, "-c", "print('mirror')"], log, 30.0)
    assert "mirror" in log.read_text()
    assert capfd.readouterr() == ("", "")


def test_a_failure_is_a_failure(tmp_path: Path) -> None:
    assert not run_quietly([sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "l", 30.0)


def test_a_program_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    log = tmp_path / "l"
    assert not run_quietly([str(tmp_path / "absent")], log, 30.0)
    assert "absent" in log.read_text()


def test_a_program_that_hangs_is_stopped(tmp_path: Path) -> None:
    log = tmp_path / "l"
    endless = "import threading; threading.Event().wait()"
    assert not run_quietly([sys.executable, "-c", endless], log, 0.2)
    assert "stopped after 0.2 s" in log.read_text()
