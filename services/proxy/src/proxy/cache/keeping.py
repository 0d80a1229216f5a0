"""Keeping what was answered, while the relay goes on."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Protocol

from ollama_observe.service.tasks import spawn
from proxy.cache.asked import Asked
from proxy.cache.books import CacheBooks
from proxy.cache.entries import Entry, Near
from proxy.cache.kept import Kept
from proxy.cache.recording import Recording, Unfit

_ENDS_WITHIN_SECONDS = 1.0


class Vector(Protocol):
    """An embedding on its way."""

    async def ready(self) -> bytes | None:
        """It, however long it takes; None where it cannot be had."""


class Keeper:
    """Puts answers into the store. `epoch` counts how often the cache was to be emptied."""

    def __init__(self, kept: Kept, books: CacheBooks, epoch: Callable[[], int]) -> None:
        self._kept = kept
        self._books = books
        self._epoch = epoch
        self._keeping: set[asyncio.Task[None]] = set()
        self._naming: set[asyncio.Task[None]] = set()
        """Answers that are kept, and wait for what they may also be found by."""

    def keep(self, asked: Asked, vector: Vector | None, recording: Recording, epoch: int) -> None:
        """Keep an answer, if it is one to keep, to what was asked in this epoch."""
        work = self._keep(asked, vector, recording, epoch)
        _spawned(self._keeping, work, "keep an answer")

    async def close(self) -> None:
        """Finish what is being kept."""
        if self._keeping:
            await asyncio.wait(self._keeping, timeout=_ENDS_WITHIN_SECONDS)
        for task in self._naming:
            task.cancel()

    async def _keep(
        self, asked: Asked, vector: Vector | None, recording: Recording, epoch: int
    ) -> None:
        """At once: an embedding may take its time."""
        if epoch != self._epoch():  # what was asked before the cache was emptied
            recording.spoil(Unfit.NOT_WANTED)
        entry = recording.entry()
        if recording.unfit is not None:
            self._books.not_kept(recording.unfit)
        if entry is None:
            return
        is_kept = await self._kept.put(asked.key, entry, None)
        if is_kept is False:
            self._books.not_kept(Unfit.TOO_LONG)
        if not is_kept:
            return
        self._books.stored()
        if vector is not None:
            naming = self._name(asked, entry, vector, epoch)
            _spawned(self._naming, naming, "name an answer by its question's meaning")

    async def _name(self, asked: Asked, entry: Entry, vector: Vector, epoch: int) -> None:
        """Have an answer found by what its question means: it is put once more, if it is there."""
        found = await vector.ready()
        if found is None or await self._kept.get(asked.key) != entry or epoch != self._epoch():
            return
        self._books.puts_again()
        await self._kept.put(asked.key, entry, Near(asked.bucket, found))


def _spawned(tasks: set[asyncio.Task[None]], work: Coroutine[None, None, None], name: str) -> None:
    task = spawn(work, name=name)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
