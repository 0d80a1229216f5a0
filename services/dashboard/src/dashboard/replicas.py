"""Who answers to a part's name: several, where it was scaled."""

import asyncio
import time
from collections.abc import Callable, Sequence

from ollama_observe.service.replicas import each_of

LOOK_UP_SECONDS = 5.0
WITHIN_SECONDS = 1.0
"""A resolver that takes longer is not waited for: who was known stays."""


class Replicas:
    """The addresses behind a URL, looked up every few seconds. `clock` is monotonic, in seconds."""

    def __init__(
        self,
        url: str,
        each_of: Callable[[str], Sequence[str]] = each_of,
        clock: Callable[[], float] = time.monotonic,
        within_seconds: float = WITHIN_SECONDS,
    ) -> None:
        self._url = url
        self._each_of = each_of
        self._clock = clock
        self._within_seconds = within_seconds
        self._known: tuple[str, ...] = (url,)
        self.is_named = True
        """Whether anybody had the name when it was looked up last."""
        self._looked_at: float | None = None
        self._looking: asyncio.Task[Sequence[str]] | None = None

    async def now(self) -> tuple[str, ...]:
        """One address for each that answers to the name, as far as is known."""
        if self._looking is None and self._is_due():
            self._looked_at = self._clock()
            self._looking = asyncio.ensure_future(asyncio.to_thread(self._each_of, self._url))
        if self._looking is not None:
            await asyncio.wait([self._looking], timeout=self._within_seconds)
        if self._looking is not None and self._looking.done():
            # nobody has the name for a moment while a part is started again
            found = tuple(self._looking.result())
            self._known, self.is_named = found or self._known, bool(found)
            self._looking = None
        return self._known

    def _is_due(self) -> bool:
        return self._looked_at is None or self._clock() - self._looked_at >= LOOK_UP_SECONDS
