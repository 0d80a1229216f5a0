"""All viewers: what is for all of them is encoded once and handed to each."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import msgspec

from dashboard.books import Books, Refused
from dashboard.messages import Configuration, Hello, Live, Message, Strip
from dashboard.viewer import Slot, Viewer

GOING_AWAY = 1001
TRY_AGAIN_LATER = 1013
"""Close codes: RFC 6455 and the IANA registry of WebSocket close codes."""

REPEAT_SECONDS = 8.0
"""A page takes 20 seconds without a word for a lost line."""

encode: Callable[[Message], bytes] = msgspec.json.Encoder().encode
"""A message as it is sent. NaN and infinities become null."""


class FullError(Exception):
    """There is no room for another viewer; the message is the reason that it is told."""


class Hub:
    """Who looks. A new viewer has the hello, and the latest of all else, at once."""

    def __init__(self, most_viewers: int, books: Books) -> None:
        self._most_viewers = most_viewers
        self._books = books
        self._viewers: set[Viewer] = set()
        self._latest: dict[Slot, bytes] = {}
        self._is_closed = False
        self._is_fresh = asyncio.Event()
        """Whether there was a strip since it was last looked."""
        self.empty = asyncio.Event()
        """Whether nobody looks."""
        self.empty.set()

    def __len__(self) -> int:
        return len(self._viewers)

    @contextlib.contextmanager
    def entered(self) -> Iterator[Viewer]:
        """A viewer, for as long as it looks. Raises: FullError."""
        if len(self._viewers) >= self._most_viewers:
            self._books.refused(Refused.FULL)
            raise FullError(
                f"{self._most_viewers} pages look already (DASHBOARD_MOST_VIEWERS): close one"
            )
        viewer = Viewer(self._books.dropped_frames.inc)
        for slot, message in self._latest.items():
            viewer.show(slot, message)
        if self._is_closed:
            _send_away(viewer)
        self._viewers.add(viewer)
        self._count()
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)
            self._count()

    def greet(self, hello: Hello) -> None:
        """Say what pages are built of."""
        self._show(Slot.HELLO, encode(hello))

    def show_strip(self, strip: Strip) -> None:
        """Show whether it is all right."""
        self._show(Slot.STRIP, encode(strip))
        self._is_fresh.set()

    def show_live(self, live: Live) -> None:
        """Show what is in flight."""
        self._show(Slot.LIVE, encode(live))

    def show_configuration(self, configuration: Configuration) -> None:
        """Show what models run with."""
        self._show(Slot.CONFIGURATION, encode(configuration))

    async def repeat(self, after_seconds: float = REPEAT_SECONDS) -> None:
        """Show the latest strip again wherever no other has come for so long, without end."""
        while True:
            self._is_fresh.clear()
            try:
                async with asyncio.timeout(after_seconds):
                    await self._is_fresh.wait()
            except TimeoutError:
                if Slot.STRIP in self._latest:
                    self._show(Slot.STRIP, self._latest[Slot.STRIP])

    def close(self) -> None:
        """Send all away, and whoever still comes: the dashboard ends."""
        self._is_closed = True
        for viewer in self._viewers:
            _send_away(viewer)

    def _count(self) -> None:
        self._books.viewers.set(len(self._viewers))
        if self._viewers:
            self.empty.clear()
        else:
            self.empty.set()

    def _show(self, slot: Slot, message: bytes) -> None:
        self._latest[slot] = message
        for viewer in self._viewers:
            viewer.show(slot, message)


def _send_away(viewer: Viewer) -> None:
    viewer.end(GOING_AWAY, "the dashboard stops")
