"""Work that a defect ended is begun again, and what was wrong is in the log."""

import asyncio

import pytest
from structlog.testing import capture_logs

from dashboard.kept import FAILED, kept
from ollama_observe.service.tasks import spawn

CEILING_SECONDS = 5.0


async def test_what_a_defect_ended_is_begun_again_and_logged() -> None:
    begun, said = 0, list[str]()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise KeyError("a defect")

    with capture_logs() as logs:
        async with asyncio.timeout(CEILING_SECONDS):
            await kept(work, "work", said.append, pause_seconds=0)
    assert begun == 3
    assert said == [FAILED] * 2
    assert [(log["event"], log["work"], log["exc_info"]) for log in logs] == [
        ("work_failed", "work", True)
    ] * 2


async def test_it_pauses_before_it_begins_again() -> None:
    failed = asyncio.Event()

    async def work() -> None:
        raise ValueError("a defect")

    task = spawn(kept(work, "work", lambda _: failed.set(), pause_seconds=3600), name="keep")
    await asyncio.wait_for(failed.wait(), CEILING_SECONDS)
    failed.clear()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not failed.is_set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
