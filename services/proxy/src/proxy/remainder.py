"""The rest of an answer whose client has left, while others wait for it.

The request has ended, and is booked as one that left; what its upstream does goes on, and is
booked when that has ended: once, of the request that brought it.
"""

from typing import Protocol

from proxy.closing import Closing
from proxy.outcomes import Ending
from proxy.story import Story


class Source(Protocol):
    """Who has taken note of the answer so far."""

    story: Story

    def rest_received(self, at: float, pieces: list[bytes]) -> None:
        """Payload came."""

    def finish_rest(self, at: float, ending: Ending) -> None:
        """Book it."""


class Remainder:
    """A Rest, and what is booked of it: a Bookable."""

    def __init__(self, source: Source, closing: Closing) -> None:
        self._source = source
        self._closing = closing
        self.story = source.story

    def pieces_received(self, at: float, pieces: list[bytes]) -> None:
        """See Rest."""
        self._source.rest_received(at, pieces)

    def ended(self, at: float, ending: Ending) -> None:
        """See Rest."""
        self._closing.add(self, at, ending)

    def finish(self, at: float, ending: Ending) -> None:
        """See Bookable."""
        self._source.finish_rest(at, ending)
