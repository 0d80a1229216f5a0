"""What waits to be sent to one viewer: little, whatever the viewer does. For one event loop.

Of what only the latest counts there is one slot each. Frames are added to one another, so that they
wait in a row; it is bounded, and a viewer that is behind is offered whole ones later. All is
encoded already, and the same bytes for all viewers.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

MOST_FRAMES = 16
MOST_BYTES = 4 * 1024 * 1024
"""Of the frames that wait for one viewer; a single one may be longer."""


class Slot(StrEnum):
    """What only the latest of counts."""

    HELLO = "hello"
    VIEWING = "viewing"
    REFUSAL = "refusal"
    STRIP = "strip"
    LIVE = "live"
    CONFIGURATION = "configuration"


_FIRST = (Slot.HELLO, Slot.VIEWING, Slot.REFUSAL)
"""What goes before all that waits: frames follow the keys that they are read by."""
_FRAMES = "frames"


@dataclass(frozen=True, slots=True)
class End:
    """Why a socket is closed. Shape: `reason` is a sentence of at most 123 bytes."""

    code: int
    reason: str


class Viewer:
    """One viewer, for those who have something to show it. `on_drop`: of a frame."""

    def __init__(self, on_drop: Callable[[], None] = lambda: None) -> None:
        self._on_drop = on_drop
        self._slots: dict[Slot, bytes] = {}
        self._frames: deque[bytes] = deque()
        self._frame_bytes = 0
        self._turns: deque[str] = deque()
        """What of strip, tables and frames has something, in the order of its turn."""
        self._end: End | None = None
        self._news = asyncio.Event()

    @property
    def is_ready(self) -> bool:
        """Whether all frames that it was offered are sent."""
        return not self._frames

    def offer(self, frame: bytes) -> bool:
        """Let a frame wait for its turn; False where too many wait, and it is dropped."""
        is_behind = len(self._frames) >= MOST_FRAMES
        if is_behind or (self._frames and self._frame_bytes + len(frame) > MOST_BYTES):
            self._on_drop()
            return False
        self._frames.append(frame)
        self._frame_bytes += len(frame)
        self._take_turn(_FRAMES)
        return True

    def show(self, slot: Slot, message: bytes) -> None:
        """Send a message in its turn, in place of one of its kind that still waits."""
        self._slots[slot] = message
        if slot not in _FIRST:
            self._take_turn(slot)
        self._news.set()

    def end(self, code: int, reason: str) -> None:
        """Send nothing more and close the socket; the first reason counts."""
        if self._end is None:
            self._end = End(code, reason)
        self._news.set()

    async def next(self) -> bytes | End:
        """What is to be sent now, as soon as there is something."""
        while True:
            if self._end is not None:
                return self._end
            message = self._pop()
            if message is not None:
                return message
            self._news.clear()
            await self._news.wait()

    def _take_turn(self, name: str) -> None:
        if name not in self._turns:
            self._turns.append(name)
        self._news.set()

    def _pop(self) -> bytes | None:
        for slot in _FIRST:
            if slot in self._slots:
                return self._slots.pop(slot)
        if not self._turns:
            return None
        turn = self._turns.popleft()
        if turn != _FRAMES:
            return self._slots.pop(Slot(turn))
        frame = self._frames.popleft()
        self._frame_bytes -= len(frame)
        if self._frames:
            self._turns.append(_FRAMES)
        return frame
