"""Processes that share a run have together as much in flight as is asked for."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from typing import Any

import pytest
from rich.console import Console

from tests.runs import plan_for
from tests.unit.traffic.test_settings import settings
from traffic.refusals import RefusedError
from traffic.run.selfcheck import SelfCheck
from traffic.run.view import View
from traffic.sharding.crew import Share, require_shares, share_of
from traffic.sharding.messages import Done, Refused, line_of

NO_CHECK = SelfCheck(None, None, None)


@pytest.mark.parametrize(("whole", "workers"), [(8, 2), (7, 3), (4096, 64), (5, 5)])
def test_what_is_in_flight_is_shared_without_rest(whole: int, workers: int) -> None:
    told = settings(concurrency=whole, max_in_flight=whole, workers=workers)
    shares = [share_of(told, index) for index in range(workers)]
    for name in ("concurrency", "max_in_flight"):
        parts = [getattr(share, name) for share in shares]
        assert sum(parts) == whole
        assert max(parts) - min(parts) <= 1


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"concurrency": 3}, "--workers 4 share --concurrency, .* at least as many, found 3"),
        (
            {"arrival": "poisson", "max_in_flight": 2},
            "--workers 4 share --max-in-flight,.* found 2",
        ),
    ],
)
def test_there_is_something_to_share_or_it_is_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        require_shares(settings(workers=4, **told))


def test_of_a_schedule_the_places_of_a_closed_loop_are_not_minded() -> None:
    require_shares(settings(workers=4, arrival="poisson"))
    require_shares(settings(workers=4, concurrency=4, max_in_flight=1))


async def heard(told: bytes, end: str, *, has_ended: bool) -> Share:
    """A share that tells something and then does something; all that is heard of it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"import os; os.write(1, {told!r}); {end}"), stdin=PIPE, stdout=PIPE
    )
    if has_ended:
        await process.wait()
    share = Share(process, "worker 1 of 2", View(Console(quiet=True), plan_for([])))
    await asyncio.wait_for(asyncio.wait([share.listening]), 20)
    return share


DIE = "os.kill(os.getpid(), 9)"


@pytest.mark.parametrize(
    ("told", "end", "lost"),
    [
        (b"", DIE, "worker 1 of 2 was ended by a signal: Killed"),
        (b'{"type":"asked"', DIE, "worker 1 of 2 was ended by a signal: Killed"),
        (b"", "os._exit(3)", "worker 1 of 2 ended with exit code 3"),
        (b"", "", "worker 1 of 2 ended with exit code 0"),
        (line_of(Refused("no bank")), "", "no bank"),
        (line_of(Done(NO_CHECK)), DIE, ""),
    ],
)
@pytest.mark.parametrize("has_ended", [False, True])
async def test_a_process_that_ended_before_its_share_is_named(
    told: bytes, end: str, lost: str, has_ended: bool
) -> None:
    share = await heard(told, end, has_ended=has_ended)
    assert share.lost == lost
    assert share.process.returncode is not None


async def test_nothing_that_is_no_report_is_believed() -> None:
    share = await heard(b"nonsense\n", "import time; time.sleep(60)", has_ended=False)
    assert share.lost == "worker 1 of 2 was ended by a signal: Killed"
