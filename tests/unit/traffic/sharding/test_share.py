"""A share is played for the process that started it, and for nobody else."""

import asyncio
import subprocess
import sys

import pytest

from tests.runs import whole
from traffic.sharding.messages import Answered, report_of
from traffic.sharding.share import NOT_BY_HAND, Teller


class Pipe(asyncio.WriteTransport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.lines.append(bytes(data))

    def is_closing(self) -> bool:
        return False


@pytest.mark.parametrize("given", [b"", b"\n", b'{"settings":{}}\n', b"nonsense\n"])
def test_without_a_job_it_is_refused(given: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "traffic", "share"],
        input=given,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"traffic: {NOT_BY_HAND}\n"


@pytest.mark.parametrize("words", ["</dev/null", "<&-", f"<{__file__}"])
def test_where_no_process_can_tell_it_anything_it_is_refused(words: str) -> None:
    line = f"exec {sys.executable} -m traffic share {words}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.decode()) == (2, f"traffic: {NOT_BY_HAND}\n")


def test_everything_is_told_and_of_a_long_run_only_the_last_is_kept_without_its_gaps() -> None:
    pipe = Pipe()
    teller = Teller(pipe, most_kept=3)
    attempts = [whole(number, at=number) for number in range(10)]
    for attempt in attempts:
        teller.answered(attempt)
    assert [report_of(line) for line in pipe.lines] == [Answered(one) for one in attempts]
    assert [one.index for one in teller.attempts] == [7, 8, 9]
    assert [len(one.gaps_seconds) for one in teller.attempts] == [0, 0, 0]
    assert all(len(one.gaps_seconds) == 10 for one in attempts)
