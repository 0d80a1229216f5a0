"""Named background tasks that somebody holds.

The event loop keeps only weak references to tasks: one that nobody holds may be
collected in the middle of its work.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

import structlog

T = TypeVar("T")

_held: set[asyncio.Task[Any]] = set()
_log = structlog.stdlib.get_logger("ollama_observe.tasks")


def spawn(work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
    """Start `work` as a task, hold it until it ends, and log an exception nobody awaited."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    _held.add(task)
    task.add_done_callback(_ended)
    return task


@contextlib.asynccontextmanager
async def meanwhile(work: Coroutine[Any, Any, object], *, name: str) -> AsyncIterator[None]:
    """Have `work` run while the block does: at its end it is cancelled, and waited for.

    Raises: what `work` failed by, when the block is over.
    """
    task = spawn(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _ended(task: asyncio.Task[Any]) -> None:
    _held.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("task_failed", task=task.get_name(), error=repr(error))
