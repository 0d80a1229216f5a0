"""Requests that have ended are booked when the bytes of this turn of the event loop have left.

Answers come first: the next one does not wait until the last one is booked, and clients work
while this process counts.
"""

import asyncio
from typing import Protocol

from proxy.inflight import InflightTable
from proxy.outcomes import Ending
from proxy.story import Story


class Bookable(Protocol):
    """Who has taken note of a request."""

    story: Story

    def finish(self, at: float, ending: Ending) -> None:
        """Book it."""


class Closing:
    """The requests of one process that have ended and are not booked yet."""

    def __init__(self, inflight: InflightTable) -> None:
        self._inflight = inflight
        self._ended: list[tuple[Bookable, float, Ending]] = []

    def add(self, recorder: Bookable, at: float, ending: Ending) -> None:
        """A request has ended at `at`, by the relay's clock."""
        self._ended.append((recorder, at, ending))
        if len(self._ended) == 1:
            asyncio.get_running_loop().call_soon(self.settle)

    def settle(self) -> None:
        """Book what has ended."""
        ended, self._ended = self._ended, []
        left = [recorder for recorder, _, ending in ended if ending is Ending.CLIENT_GONE]
        if left:
            # all that left together are judged before the first has made room for the next
            prefilling = self._inflight.prefilling()
            for recorder in left:
                recorder.story.is_prefill = recorder.story in prefilling
        for recorder, at, ending in ended:
            recorder.finish(at, ending)
