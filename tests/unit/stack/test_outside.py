import sys
from pathlib import Path

import pytest

from stack.outside import finished, run_quietly


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


def test_a_command_that_only_looks_is_told_as_it_ended() -> None:
    words = "import sys; print(sys.stdin.read() == '', flush=True); sys.exit(3)"
    done = finished([sys.executable, "-c", words])
    assert done is not None
    assert (done.returncode, done.stdout) == (3, "True\n")


@pytest.mark.parametrize(
    "command", [["/no/such/program"], [sys.executable, "-c", "import time; time.sleep(60)"]]
)
def test_a_command_that_does_not_run_or_end_says_nothing(command: list[str]) -> None:
    assert finished(command, within_seconds=0.5) is None
