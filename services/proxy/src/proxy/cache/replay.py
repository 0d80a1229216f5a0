"""A recorded answer that is given again, to an exchange that takes it for an upstream's."""

import asyncio
from collections.abc import Callable, Iterator

import structlog

from proxy.bodies import ChunkedBody, LengthBody
from proxy.cache.entries import Entry
from proxy.connections import Asker
from proxy.failures import OWN_DEFECT, OwnDefect

_log = structlog.stdlib.get_logger("proxy.cache")

PIECE_BYTES = 64 * 1024
"""What is given at once, where nobody asks for the recorded pace."""


class Replay:
    """The connection of one exchange to a recorded answer. A Connection.

    `lines` are added to the head. `keeps_pace` has each part wait for its own time; `keeps_parts`
    gives the parts one by one as they came, else they are put together.
    """

    def __init__(
        self,
        entry: Entry,
        lines: list[bytes],
        clock: Callable[[], float],
        keeps_pace: bool,
        keeps_parts: bool,
    ) -> None:
        self._head = entry.head(lines)
        self._body = ChunkedBody() if self._head.is_chunked else LengthBody(self._head.length or 0)
        is_whole = not (keeps_pace or keeps_parts)
        self._parts = _slices(entry) if is_whole else _parts(entry, keeps_pace)
        self._clock = clock
        self._began_at = 0.0
        self._asker: Asker | None = None
        self._next: tuple[float, bytes] | None = None
        self._timer: asyncio.Handle | None = None
        self._is_paused = False
        self._has_begun = False

    def begin(self, asker: Asker, method: bytes) -> None:  # noqa: ARG002
        """See Connection."""
        self._asker = asker

    def send(self, data: bytes) -> None:
        """See Connection: what was asked is known."""

    def request_ended(self) -> None:
        """See Connection: now it is answered."""
        self._began_at = self._clock()
        self._timer = asyncio.get_running_loop().call_soon(self._go_on)

    def send_end(self) -> bool:
        """See Connection: the answer is whole, whoever has closed what."""
        return True

    def pause(self) -> None:
        """See Connection."""
        self._is_paused = True

    def resume(self) -> None:
        """See Connection."""
        if self._is_paused:
            self._is_paused = False
            if self._timer is None and self._asker is not None:
                self._timer = asyncio.get_running_loop().call_soon(self._go_on)

    def give_up(self) -> None:
        """See Connection."""
        self._asker = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _go_on(self) -> None:
        """Give what is due, as long as it is taken."""
        self._timer = None
        asker = self._asker
        if asker is None:
            return
        try:
            if not self._has_begun:
                self._has_begun = True
                asker.head_received(self._clock(), self._head)
                self._next = next(self._parts, None)
            self._give()
        except Exception as error:  # noqa: BLE001 (nobody calls this: the client would wait)
            _log.error("answer_failed", error=type(error).__name__)
            self.give_up()
            asker.failed(OwnDefect(OWN_DEFECT))

    def _give(self) -> None:
        while self._asker is not None and not self._is_paused:
            due, raw = self._next or (0.0, b"")
            late = self._began_at + due - self._clock()
            if late > 0:
                self._timer = asyncio.get_running_loop().call_later(late, self._go_on)
                return
            self._next = next(self._parts, None)
            pieces, _ = self._body.feed(raw) if raw else ([], 0)
            asker, is_done = self._asker, self._next is None
            if is_done:
                self._asker = None
            asker.body_received(self._clock(), raw, pieces, is_done)


def _parts(entry: Entry, keeps_pace: bool) -> Iterator[tuple[float, bytes]]:
    """Seconds after the request, and bytes."""
    at = 0
    for milliseconds, size in entry.reads:
        yield milliseconds / 1000 if keeps_pace else 0.0, entry.body[at : at + size]
        at += size


def _slices(entry: Entry) -> Iterator[tuple[float, bytes]]:
    for at in range(0, len(entry.body), PIECE_BYTES):
        yield 0.0, entry.body[at : at + PIECE_BYTES]
