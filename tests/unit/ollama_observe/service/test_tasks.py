"""Tasks that somebody holds."""

import asyncio
import gc
import weakref

import pytest
import structlog

from ollama_observe.service.tasks import meanwhile, spawn


async def test_a_task_is_held_until_it_ends() -> None:
    release = asyncio.Event()
    task = spawn(release.wait(), name="held")
    held = weakref.ref(task)
    del task
    await asyncio.sleep(0)
    gc.collect()
    assert held() is not None
    release.set()


async def test_a_task_that_fails_unwatched_is_logged_by_name() -> None:
    async def fail() -> None:
        raise RuntimeError("on purpose")

    with structlog.testing.capture_logs() as lines:
        await asyncio.wait([spawn(fail(), name="the failing one")])
        await asyncio.sleep(0)
    assert lines[0]["event"] == "task_failed"
    assert lines[0]["task"] == "the failing one"


async def test_a_cancelled_task_is_no_failure() -> None:
    with structlog.testing.capture_logs() as lines:
        task = spawn(asyncio.sleep(60), name="cancelled")
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    assert lines == []


async def test_what_runs_meanwhile_ends_with_the_block() -> None:
    told = []

    async def work() -> None:
        try:
            told.append("began")
            await asyncio.sleep(60)
        finally:
            told.append("ended")

    async with meanwhile(work(), name="work"):
        await asyncio.sleep(0)
        assert told == ["began"]
    assert told == ["began", "ended"]


async def test_what_it_failed_by_is_raised_when_the_block_is_over() -> None:
    async def work() -> None:
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        async with meanwhile(work(), name="work"):
            await asyncio.sleep(0.01)
