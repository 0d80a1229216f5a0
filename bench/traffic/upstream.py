"""A server whose every chunk says when it was due and when it was sent.

`python -m bench.traffic.upstream`: any chat is answered with so many chunks at a fixed pace, the
first after a wait. The text of a chunk is what is known of it, in nanoseconds of the monotonic
clock that all processes of a machine share: `due,sent;`, and before the first one the instant at
which the request had been read whole. Told to hold, it sends every second chunk, from the first
on, so much later than it says: a defect that a truth test must see.
"""

import argparse
import asyncio
import time
from dataclasses import dataclass

import uvloop

from bench.exchanges import STREAM_END, STREAM_HEAD, chunk
from bench.upstream import Connection, listen

_SECOND_NS = 10**9
_LINE = (
    b'{"model":"smollm2:135m","created_at":"2026-11-23T06:44:30.548366145Z","message":'
    b'{"role":"assistant","content":"%s%d,%d;"},"done":false}\n'
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How an answer comes."""

    chunks: int
    chunks_per_second: float
    wait_seconds: float
    hold_seconds: float = 0.0

    @property
    def answer_seconds(self) -> float:
        """From the request to the end of its answer."""
        return self.wait_seconds + self.chunks / self.chunks_per_second

    def due_ns(self, received_ns: int, number: int) -> int:
        """When a chunk is to be sent, the end being the one after the last."""
        seconds = self.wait_seconds + number / self.chunks_per_second
        return received_ns + round(seconds * _SECOND_NS)


class StampingConnection(Connection):
    """One connection of the generator."""

    def __init__(self, lateness: list[float], pace: Pace) -> None:
        super().__init__(lateness)
        self._pace = pace
        self._received_ns = 0

    def data_received(self, data: bytes) -> None:
        """Take the time first: that of the last piece of a request is when it was read."""
        self._received_ns = time.perf_counter_ns()
        super().data_received(data)

    def _answer(self, head: bytes) -> None:
        if head.startswith(b"POST /api/chat "):
            self._write(STREAM_HEAD)
            self._wait_for(0)
        else:
            super()._answer(head)

    def _wait_for(self, number: int) -> None:
        due_ns = self._pace.due_ns(self._received_ns, number)
        left = (due_ns - time.perf_counter_ns()) / _SECOND_NS
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(0.0, left), self._send, number, due_ns)

    def _send(self, number: int, due_ns: int) -> None:
        if number == self._pace.chunks:
            self._write(STREAM_END)
            return
        first = b"%d;" % self._received_ns if number == 0 else b""
        data = chunk(_LINE % (first, due_ns, time.perf_counter_ns()))
        if self._pace.hold_seconds and number % 2 == 0:
            loop, held = asyncio.get_running_loop(), self._pace.hold_seconds
            self._timer = loop.call_later(held, self._go_on, data, number)
        else:
            self._go_on(data, number)

    def _go_on(self, data: bytes, number: int) -> None:
        """The next waits until this one is sent: where the machine stalls both are due."""
        self._write(data)
        self._wait_for(number + 1)


def _pace() -> Pace:
    parser = argparse.ArgumentParser(prog="python -m bench.traffic.upstream", allow_abbrev=False)
    parser.add_argument("--chunks", type=int, required=True)
    parser.add_argument("--chunks-per-second", type=float, required=True)
    parser.add_argument("--wait-seconds", type=float, required=True)
    parser.add_argument("--hold-seconds", type=float, default=0.0)
    return Pace(**vars(parser.parse_args()))


def main() -> None:
    """Serve on a free port of loopback, which is the first line on stdout, until ended."""
    pace = _pace()
    lateness: list[float] = []
    uvloop.run(listen(lambda: StampingConnection(lateness, pace)))


if __name__ == "__main__":
    main()
