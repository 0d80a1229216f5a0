"""Tasks that somebody holds."""

import asyncio
import gc
import weakref

import structlog

from ollama_observe.service.tasks import spawn


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
