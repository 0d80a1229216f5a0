"""What the tests of runs rely on: a run that went wrong is told at once, and is not left behind."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process

import pytest

from tests.generators import Peer, came_to, until_holding
from traffic.run.selfcheck import Lag, SelfCheck

(LATE,) = SelfCheck(Lag(10, 0.001, 0.023, 0.04), None, None).reasons


async def python(program: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=PIPE, stderr=PIPE
    )


async def test_a_run_that_ends_before_a_request_is_held_is_told_with_its_own_words() -> None:
    process = await python("import sys; sys.exit('no such bank')")
    with pytest.raises(AssertionError, match=r"ended with .* exit code 1: no such bank"):
        async with asyncio.timeout(30):  # at once, on a machine that is busy
            await until_holding(Peer(), process, within_seconds=60)


async def test_a_run_that_comes_to_nothing_is_ended() -> None:
    process = await python("import time; time.sleep(600)")
    with pytest.raises(AssertionError, match=r"was ended after 0\.1 s .* exit code -9"):
        await until_holding(Peer(), process, within_seconds=0.1)
    assert process.returncode is not None


async def test_a_run_whose_request_is_held_goes_on() -> None:
    peer = Peer()
    peer.holding.set()
    process = await python("import time; time.sleep(600)")
    try:
        await until_holding(peer, process)
        assert process.returncode is None
    finally:
        process.kill()
        await process.communicate()


def test_a_run_ends_as_expected_or_was_late_and_says_by_how_much() -> None:
    assert came_to(0, 0, "10 ok")
    assert not came_to(0, 2, "10 ok")
    assert came_to(0, 2, LATE.replace(" ", "\n", 7))
    assert not came_to(0, 0, LATE)


def test_a_run_that_is_called_late_and_was_not_is_no_excuse() -> None:
    assert not came_to(0, 2, LATE.replace("23 ms", "9 ms"))
    assert not came_to(0, 2, "the generator did not keep its schedule")
