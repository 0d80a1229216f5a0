"""One question to the upstream, and those who wait for its answer.

The flight owns the connection; whoever waits has a seat. The first has the request sent, and what
is measured is measured of it. Others, who asked the same meanwhile, get the same answer: from its
beginning, each as fast as it takes it. A first one that leaves before the answer began hands its
seat on; one that leaves later leaves, and the upstream is given up only when nobody waits.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import structlog

from proxy.cache.recording import Recording, Unfit
from proxy.cache.results import STATUS_HEADER, Result
from proxy.headers import lines_without
from proxy.heads import ResponseHead
from proxy.upstream import (
    OWN_DEFECT,
    Asker,
    Cancellable,
    Connection,
    OwnDefect,
    Pool,
    UpstreamError,
)

_log = structlog.stdlib.get_logger("proxy.cache")

BACKLOG_BYTES = 1024 * 1024
"""What may wait in memory for those who are slower than the fastest."""


@dataclass(frozen=True, slots=True)
class _Part:
    at: float
    raw: bytes
    pieces: list[bytes]
    is_done: bool


class Seat:
    """The connection of one exchange to a flight. A Connection.

    `on_shared` is called when an answer begins that another's request has brought.
    """

    def __init__(self, flight: "Flight", asker: Asker, on_shared: Callable[[], None]) -> None:
        self._flight = flight
        self.asker: Asker | None = asker
        self._on_shared = on_shared
        self.place = 0
        """How many parts of the answer it has got."""
        self.is_paused = False
        self.has_head = False

    def begin(self, asker: Asker, method: bytes) -> None:  # noqa: ARG002 (who asks is known)
        """See Connection."""
        self._flight.begin(self, method)

    def send(self, data: bytes) -> None:
        """See Connection."""
        self._flight.send(self, data)

    def request_ended(self) -> None:
        """See Connection."""
        self._flight.request_ended(self)

    def send_end(self) -> bool:
        """See Connection: the end of one of several is not passed on."""
        return self._flight.send_end()

    def pause(self) -> None:
        """See Connection."""
        self.is_paused = True
        self._flight.govern()

    def resume(self) -> None:
        """See Connection."""
        if self.is_paused:
            self.is_paused = False
            asyncio.get_running_loop().call_soon(self._flight.serve, self)

    def give_up(self) -> None:
        """See Connection."""
        self._flight.leave(self)

    def takes_shared(self) -> Asker | None:
        """The exchange, made ready for an answer that another's request has brought."""
        self._on_shared()
        if self.asker is not None:
            self.asker.connected(self)
        return self.asker


class Flight:
    """An Asker of the upstream.

    `result` is what the first one's look brought. Others may join while it `is_open`. `on_landed`
    is told once of the recording: when the answer has ended, or when it will not be kept.
    """

    def __init__(
        self,
        recording: Recording,
        result: Result,
        clock: Callable[[], float],
        on_landed: Callable[["Flight", Recording], None],
        is_open: bool,
    ) -> None:
        self._recording = recording
        self._result = result
        self._clock = clock
        self._on_landed = on_landed
        self.is_open = is_open
        self._has_landed = False
        self.shared = 0
        """How many got an answer that another's request has brought."""
        self._seats: list[Seat] = []
        self._first: Seat | None = None
        """Whose request is sent."""
        self._connecting: Cancellable | None = None
        self._connection: Connection | None = None
        self._head: ResponseHead | None = None
        self._parts: list[_Part] = []
        self._dropped = 0
        """Parts that everybody has got, and nobody new will need."""
        self._waiting_bytes = 0
        self._is_paused = False
        self._is_sent = False
        self._is_over = False

    def start(self, pool: Pool, seat: Seat) -> None:
        """Take off with the first seat."""
        self._seats.append(seat)
        self._first = seat
        self._connecting = pool.ask(self)

    def join(self, seat: Seat) -> None:
        """One more waits for the same answer."""
        self._seats.append(seat)
        if self._head is not None:
            asyncio.get_running_loop().call_soon(self.serve, seat)

    # what seats say

    def begin(self, seat: Seat, method: bytes) -> None:
        """The seat's exchange is ready."""
        if seat is self._first and not self._is_sent and self._connection is not None:
            self._connection.begin(self, method)

    def send(self, seat: Seat, data: bytes) -> None:
        """Bytes of its request: the same as everybody's."""
        if seat is self._first and not self._is_sent and self._connection is not None:
            self._connection.send(data)

    def request_ended(self, seat: Seat) -> None:
        """Its request is whole."""
        if seat is self._first and not self._is_sent and self._connection is not None:
            self._is_sent = True
            self._connection.request_ended()

    def send_end(self) -> bool:
        """A client has closed its sending side."""
        if len(self._seats) > 1 or self._connection is None:
            return True
        return self._connection.send_end()

    def leave(self, seat: Seat) -> None:
        """Its exchange is over."""
        seat.asker = None
        if seat not in self._seats:
            return
        self._seats.remove(seat)
        if not self._seats:
            self._give_up()
            return
        if seat is self._first:
            self._first = None
            if self._head is None:
                self._hand_on()
        self.govern()
        self._trim()

    # what the upstream says

    def connected(self, connection: Connection) -> None:
        """See Asker."""
        self._connecting = None
        if self._is_over or self._first is None or self._first.asker is None:
            connection.give_up()
            return
        self._connection = connection
        self._first.asker.connected(self._first)

    def interim_received(self, head: ResponseHead) -> None:
        """See Asker."""
        if self._first is not None and self._first.asker is not None:
            self._first.asker.interim_received(head)

    def head_received(self, at: float, head: ResponseHead) -> None:
        """See Asker."""
        self._head = head
        self._recording.begin(head)
        for seat in list(self._seats):
            self._give_head(seat, at)

    def body_received(self, at: float, raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        """See Asker."""
        self._recording.add(at, raw)
        self._parts.append(_Part(at, raw, pieces, is_done))
        self._waiting_bytes += len(raw)
        if is_done:
            self._connection = None
            self._land()
        elif self._recording.unfit is Unfit.TOO_LONG:
            self._land()
        for seat in list(self._seats):
            self.serve(seat)
        self.govern()
        self._trim()

    def failed(self, error: UpstreamError) -> None:
        """See Asker."""
        self._connecting = self._connection = None
        self._is_over = True
        self._recording.spoil(Unfit.INCOMPLETE)
        self._land()
        seats, self._seats = self._seats, []
        for seat in seats:
            asker, seat.asker = seat.asker, None
            if asker is not None:
                asker.failed(error)

    def sending_paused(self) -> None:
        """See Asker."""
        if self._first is not None and self._first.asker is not None:
            self._first.asker.sending_paused()

    def sending_resumed(self) -> None:
        """See Asker."""
        if self._first is not None and self._first.asker is not None:
            self._first.asker.sending_resumed()

    # within

    def serve(self, seat: Seat) -> None:
        """Give a seat what it has not got and takes."""
        if self._head is None:
            return
        if not seat.has_head:
            self._give_head(seat, self._clock())
        while seat.asker is not None and not seat.is_paused:
            place = seat.place - self._dropped
            if place >= len(self._parts):
                break
            part = self._parts[place]
            seat.place += 1
            is_late = place + 1 < len(self._parts)
            at = self._clock() if is_late or seat is not self._first else part.at
            self._tell(seat, seat.asker, at, part)
        self.govern()
        self._trim()

    def govern(self) -> None:
        """Stop the upstream while nobody takes what it brings, or somebody is too far behind."""
        if self._connection is None:
            return
        slow = [seat.is_paused for seat in self._seats]
        is_paused = bool(slow) and (
            all(slow) or (any(slow) and self._waiting_bytes > BACKLOG_BYTES)
        )
        if is_paused != self._is_paused:
            self._is_paused = is_paused
            if is_paused:
                self._connection.pause()
            else:
                self._connection.resume()

    def _give_head(self, seat: Seat, at: float) -> None:
        head = self._head
        assert head is not None
        seat.has_head = True
        is_first = seat is self._first
        self.shared += not is_first
        asker = seat.asker if is_first else seat.takes_shared()
        if asker is not None:
            asker.head_received(at, _with(head, self._result if is_first else Result.SHARED))

    def _tell(self, seat: Seat, asker: Asker, at: float, part: _Part) -> None:
        """Give a seat a part; a defect costs this one alone."""
        if part.is_done:
            self._seats.remove(seat)
            seat.asker = None
        try:
            asker.body_received(at, part.raw, part.pieces, part.is_done)
        except Exception as error:  # noqa: BLE001 (a defect of ours costs one request)
            _log.error("answer_failed", error=type(error).__name__)
            self.leave(seat)
            asker.failed(OwnDefect(OWN_DEFECT))

    def _hand_on(self) -> None:
        """The first has left, and nothing has come: the next takes its place."""
        self._first = seat = self._seats[0]
        if self._connection is not None and seat.asker is not None:
            seat.asker.connected(seat)

    def _give_up(self) -> None:
        self._is_over = True
        self._recording.spoil(Unfit.INCOMPLETE)
        self._land()
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.give_up()

    def _land(self) -> None:
        self.is_open = False
        if not self._has_landed:
            self._has_landed = True
            self._on_landed(self, self._recording)

    def _trim(self) -> None:
        """Forget what everybody has got, once nobody can come who needs it."""
        if self.is_open:
            return
        least = min((seat.place for seat in self._seats), default=self._dropped + len(self._parts))
        count = least - self._dropped
        if count > 0:
            self._waiting_bytes -= sum(len(part.raw) for part in self._parts[:count])
            del self._parts[:count]
            self._dropped = least


def _with(head: ResponseHead, result: Result) -> ResponseHead:
    """A head that says what the look brought, in the place of what the gateway says of its own."""
    lines = [*lines_without(head.passing, (STATUS_HEADER,)), result.header]
    return msgspec.structs.replace(head, passing=lines)
