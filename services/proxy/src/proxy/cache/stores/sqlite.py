"""Entries in a file of SQLite: they outlive the process, and several processes share them."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from proxy.cache.entries import Entry, Near
from proxy.cache.stores.answers_file import AnswersFile, Gone
from proxy.cache.stores.store import Bounds, Cause, Held, Listener, StoreError

T = TypeVar("T")

TOUCHED_SECONDS = 1.0
"""How long it is only known here what was used last: other processes see it that much later."""


class SqliteStore:
    """A Store. One thread has the file, so that nothing waits for a disk but who asked.

    What is used is noted in the file not for every hit but together, before anything goes.
    """

    def __init__(
        self,
        path: Path,
        bounds: Bounds,
        on_gone: Listener,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._file = AnswersFile(path, bounds)
        self._on_gone = on_gone
        self._clock = clock
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="cache file")
        self._used: dict[bytes, None] = {}
        """What was used since that was noted, in this order."""
        self._noted_at = clock()
        self._gone: deque[Gone] = deque()
        """What went, also where nobody waited for the end of it any more."""
        self._is_closed = False

    async def get(self, key: bytes, now: float) -> Entry | None:
        """See Store."""
        entry = await self._do(lambda: self._file.get(key, now))
        if entry is not None:
            self._used.pop(key, None)
            self._used[key] = None
            if self._clock() - self._noted_at > TOUCHED_SECONDS and not self._is_closed:
                self._worker.submit(self._note())
        return entry

    async def put(self, key: bytes, entry: Entry, near: Near | None, now: float) -> bool:
        """See Store."""
        note = self._note()

        def put() -> bool:
            note()
            is_kept, gone = self._file.put(key, entry, near, now)
            self._gone.append(gone)
            return is_kept

        return await self._do(put)

    async def near(self, bucket: bytes, now: float) -> Sequence[tuple[bytes, bytes]]:
        """See Store."""
        return await self._do(lambda: self._file.near(bucket, now))

    async def clear(self) -> int:
        """See Store."""

        def clear() -> int:
            count = self._file.clear()
            self._gone.append(Counter({Cause.CLEARED: count}))
            return count

        return await self._do(clear)

    async def held(self, now: float) -> Held:
        """See Store."""

        def tell() -> Held:
            held, gone = self._file.held(now)
            self._gone.append(gone)
            return held

        return await self._do(tell)

    async def close(self) -> None:
        """See Store."""
        if self._is_closed:
            return
        note = self._note()

        def close() -> None:
            note()
            self._file.close()

        try:
            await self._do(close)
        finally:
            self._is_closed = True
            self._worker.shutdown(wait=False)

    def _note(self) -> Callable[[], None]:
        """What the thread has to do for what was used."""
        used, self._used = self._used, {}
        self._noted_at = self._clock()

        def note() -> None:
            if used:
                try:
                    self._file.touch(used)
                except StoreError:  # these go sooner than they should
                    return

        return note

    async def _do(self, work: Callable[[], T]) -> T:
        if self._is_closed:
            raise StoreError("the file of answers is closed")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, work)
        finally:
            while self._gone:
                for cause, count in self._gone.popleft().items():
                    if count:
                        self._on_gone(cause, count)
