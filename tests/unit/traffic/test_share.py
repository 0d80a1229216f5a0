"""A share is played for the process that started it, and for nobody else."""

import subprocess
import sys

import pytest

from traffic.share import NOT_BY_HAND


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
