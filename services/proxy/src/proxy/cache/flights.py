"""One question to the upstream, and those who wait for its answer.

The flight owns the connection; whoever waits has a seat. The first has its request sent, and what
is measured is measured of it. Others, who asked the same meanwhile, get the same answer: from its
beginning, each as fast as it takes it. A first one that leaves before the answer began hands its
place on, and one that is turned away is so alone. Of one that leaves later the rest is measured all
the same, as long as the upstream works, which is given up only when nobody waits.
"""

import asyncio
from collections.abc import Callable

import msgspec
import structlog

from proxy.cache.estates import Estate
from proxy.cache.parts import Part, Parts
from proxy.cache.patience import PATIENCE_SECONDS, Patience
from proxy.cache.recording import Recording, Unfit
from proxy.cache.results import Result
from proxy.cache.seats import Seat
from proxy.connections import Asker, Cancellable, Connection, Pool
from proxy.failures import OWN_DEFECT, OwnDefect, TurnedAway, UpstreamBrokeOff, UpstreamError
from proxy.headers import lines_without
from proxy.heads import ResponseHead
from proxy.outcomes import Ending
from proxy.portkey.fields import CACHE_STATUS
from proxy.ways import Trip

_log = structlog.stdlib.get_logger("proxy.cache")

BACKLOG_BYTES = 1024 * 1024
"""What may wait in memory for those who are slower than the fastest."""
_ALL_WAITED = Ending.QUEUE_TIMEOUT
"""Who joins waits no longer than the first: else it might for ever, behind one after another."""
_LAGGED = "it was too far behind the others"


class Flight:
    """An Asker of the upstream.

    `result` is what the first one's look brought. Others may join while it `is_open`. `on_landed`
    is told once of the recording: when the answer has ended, or when it will not be kept.
    """

    _first: Seat | None = None
    """Who is measured; None once it has left in mid-answer."""
    _was_given = False
    """Somebody else has got all of it."""
    _sender: Seat | None = None
    """Whose request is sent."""
    _sent_at = 0.0
    _connecting: Cancellable | None = None
    _connection: Connection | None = None
    _head: ResponseHead | None = None
    _is_paused = False
    _has_landed = False
    _is_over = False
    """Nothing more comes."""
    _ended_as = Ending.COMPLETE
    _error: UpstreamError | None = None
    """Why nothing more comes, to those who have got all that came."""

    def __init__(
        self,
        recording: Recording,
        result: Result,
        clock: Callable[[], float],
        on_landed: Callable[["Flight", Recording], None],
        is_open: bool,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._recording = recording
        self._result = result
        self._clock = clock
        self._on_landed = on_landed
        self.is_open = is_open
        self._seats: list[Seat] = []
        self._parts = Parts()
        self._estate = Estate(clock)
        self._patience = Patience(self._cut_laggards, clock, patience_seconds)

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

    @property
    def is_broken(self) -> bool:
        """Whether an answer that came whole is not: see Way."""
        return self._sender is not None and self._sender.rider.trip.is_broken

    def goes_by(self, trip: Trip) -> bool:
        """Whether it is still on this way, and will close it."""
        return not self._is_over and self._sender is not None and self._sender.rider.trip is trip

    def would_hold_up(self, trip: Trip) -> bool:
        """Whether who joins would wait for longer than by its own way."""
        return self._first is not None and self._first.rider.trip.would_hold_up(trip)

    # what seats say

    def begin(self, seat: Seat, method: bytes) -> None:
        """The seat's exchange is ready."""
        if self._connection is not None and self._may_send(seat):
            self._connection.begin(self, method)

    def send(self, seat: Seat, data: bytes) -> None:
        """Bytes of its request: the same as everybody's."""
        if self._connection is not None and self._may_send(seat):
            self._connection.send(data)

    def request_ended(self, seat: Seat) -> None:
        """Its request is whole."""
        if self._connection is not None and self._may_send(seat):
            self._sender = seat
            self._sent_at = self._clock()
            self._connection.request_ended()

    def send_end(self) -> bool:
        """A client has closed its sending side."""
        if len(self._seats) > 1 or self._connection is None:
            return True
        self.is_open = False  # the upstream may take it for leaving
        return self._connection.send_end()

    def leave(self, seat: Seat) -> None:
        """Its exchange is over."""
        seat.asker = None
        if seat not in self._seats:
            return
        self._seats.remove(seat)
        if seat is self._first:
            self._first = None
            if self._head is not None:
                self._leave_behind(seat)
            elif self._seats and self._error is None:
                seat.rider.hands_on()
                self._hand_on(seat, self._seats[0])
        if not self._seats:
            self._give_up(Ending.CLIENT_GONE)
            return
        self._balance()

    def hang(self) -> None:
        """The upstream keeps what it got: nobody waits for it any longer."""
        seats = self._seats.copy()
        self._seats.clear()
        self._give_up(Ending.GATEWAY_HANGS)
        for seat in seats:
            seat.rider.hangs()

    # what the upstream says

    def connected(self, connection: Connection) -> None:
        """See Asker."""
        self._connecting = None
        first = self._first
        if self._is_over or first is None or first.asker is None:
            connection.give_up()
            return
        self._connection = connection
        first.asker.connected(first)

    def interim_received(self, head: ResponseHead) -> None:
        """See Asker."""
        if self._first is not None and self._first.asker is not None:
            self._first.asker.interim_received(head)

    def head_received(self, at: float, head: ResponseHead) -> None:
        """See Asker."""
        self._note(at)
        self._head = head
        self._recording.begin(head)
        if self._recording.unfit is not None:
            self._land()
        for seat in self._seats.copy():
            self._give_head(seat, at, head)

    def body_received(self, at: float, raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        """See Asker."""
        self._note(at)
        self._recording.add(at, raw)
        self._estate.pieces_received(at, pieces)
        if is_done:
            if self.is_broken:
                self._ended_as = Ending.BROKE_OFF
                self._recording.spoil(Unfit.INCOMPLETE)
            self._end()
        elif self._recording.unfit is not None:
            self._land()
        first, part = self._first, Part(at, raw, pieces, is_done)
        if self._is_alone and first is not None and first.asker is not None:
            self._give_part(first, first.asker, part, is_late=False)
            return
        self._parts.add(part)
        for seat in self._seats.copy():
            self._give(seat)
        self._balance()

    def failed(self, error: UpstreamError) -> None:
        """See Asker: each gets what came before. Who is turned away is so alone."""
        self._connecting = None
        is_firsts_own = isinstance(error, TurnedAway) and error.refusal.ending is not _ALL_WAITED
        if is_firsts_own and self._first is not None and len(self._seats) > 1:
            self._turn_away(self._first, error)
            return
        self._error, self._ended_as = error, Ending.BROKE_OFF
        self._recording.spoil(Unfit.INCOMPLETE)
        self._end()
        for seat in self._seats.copy():
            self._give(seat)

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
        self._give(seat)
        self._balance()

    def govern(self) -> None:
        """Stop the upstream while nobody takes what it brings, or somebody is too far behind."""
        if self._connection is None:
            return
        slow = [seat for seat in self._seats if seat.is_paused]
        are_all = bool(slow) and len(slow) == len(self._seats)
        has_laggard = any(map(self._is_far_behind, slow))
        if has_laggard and not are_all:
            self._patience.begin()
        else:
            self._patience.end()
        is_paused = are_all or has_laggard
        if is_paused == self._is_paused:
            return
        self._is_paused = is_paused
        if self._sender is not None:
            self._sender.rider.trip.keeps_up(self._clock(), not is_paused)
        if is_paused:
            self._connection.pause()
        else:
            self._connection.resume()

    @property
    def _is_alone(self) -> bool:
        """Only the first is there, nobody can come, and it takes what comes."""
        if self.is_open or self._parts or len(self._seats) != 1:
            return False
        return self._seats[0] is self._first and not self._seats[0].is_paused

    def _may_send(self, seat: Seat) -> bool:
        return seat is self._first and self._sender is None

    def _note(self, at: float) -> None:
        """Tell the way of what came by it, where its own exchange does not."""
        if self._sender is not None and self._sender is not self._first:
            self._sender.rider.trip.gave(at)

    def _give(self, seat: Seat) -> None:
        """Give a seat the head, the parts that it takes, and the error behind them."""
        if self._head is not None and not seat.has_head:
            self._give_head(seat, self._clock(), self._head)
        while seat.asker is not None:
            if seat.place == self._parts.end:
                if self._error is not None:
                    self._fail(seat, seat.asker, self._error)
                return
            if seat.is_paused:
                return
            part = self._parts.at(seat.place)
            seat.place += 1
            self._give_part(seat, seat.asker, part, is_late=seat.place < self._parts.end)

    def _give_head(self, seat: Seat, at: float, head: ResponseHead) -> None:
        asker = seat.asker
        if asker is None:
            return
        seat.has_head = True
        is_first = seat is self._first
        try:
            if not is_first:
                seat.rider.shares(None)
                asker.connected(seat)
            if seat.asker is not None:
                asker.head_received(at, _with(head, self._result if is_first else Result.SHARED))
        except Exception as error:  # noqa: BLE001 (a defect of ours costs one request)
            self._defect(seat, asker, error)

    def _give_part(self, seat: Seat, asker: Asker, part: Part, is_late: bool) -> None:
        is_first = seat is self._first
        if part.is_done:
            self._seats.remove(seat)
            seat.asker = None
            if not is_first:
                self._was_given = True
                seat.rider.shares(None if self._estate.pay() else self._recording.entry())
        at = part.at if is_first and not is_late else self._clock()
        try:
            asker.body_received(at, part.raw, part.pieces, part.is_done)
        except Exception as error:  # noqa: BLE001
            self._defect(seat, asker, error)

    def _defect(self, seat: Seat, asker: Asker, error: Exception) -> None:
        _log.error("answer_failed", error=type(error).__name__)
        self._fail(seat, asker, OwnDefect(OWN_DEFECT))

    def _fail(self, seat: Seat, asker: Asker, error: UpstreamError) -> None:
        self.leave(seat)
        try:
            asker.failed(error)
        except Exception as defect:  # noqa: BLE001 (the others are to be told as well)
            _log.error("request_failed", error=type(defect).__name__)

    def _leave_behind(self, seat: Seat) -> None:
        """The first has left in mid-answer: what it has not got is read on, to the end."""
        missed = self._parts.since(seat.place)
        if not missed and (self._is_over or not self._seats):
            return
        rest = seat.rider.outlived()
        if rest is None:
            return
        self._estate.left(rest, missed)
        if self._is_over:
            is_anybodys = self._seats or self._was_given
            self._estate.ended(self._ended_as if is_anybodys else Ending.CLIENT_GONE)

    def _is_far_behind(self, seat: Seat) -> bool:
        return self._parts.bytes_since(seat.place) > BACKLOG_BYTES

    def _cut_laggards(self) -> None:
        """Nobody waits any longer for those who are far behind: to them the answer breaks off."""
        for seat in self._seats.copy():
            if seat.is_paused and seat.asker is not None and self._is_far_behind(seat):
                self._fail(seat, seat.asker, UpstreamBrokeOff(_LAGGED))
        self.govern()

    def _hand_on(self, left: Seat, seat: Seat) -> None:
        """The first has left, and nothing has come: the next takes its place."""
        self._first = seat
        if self._sender is None:  # it may wait for a turn, or have it
            left.rider.trip.yield_turn(seat.rider.trip)
        if self._connection is not None and seat.asker is not None:
            seat.asker.connected(seat)
        if self._sender is not None and self._sender is not seat:
            seat.rider.takes_over(self._sender.rider.trip, self._sent_at)

    def _turn_away(self, left: Seat, error: UpstreamError) -> None:
        """The first is refused, which is its own affair: another asks by its own way."""
        self._first = None
        asker = left.asker
        if asker is not None:
            self._fail(left, asker, error)
        if not self._seats:
            return
        first = self._seats[0]
        for seat in self._seats:
            if first.rider.trip.would_hold_up(seat.rider.trip):
                first = seat
        self._first = first
        try:
            self._connecting = first.rider.trip.pool.ask(self)
        except Exception as defect:  # noqa: BLE001 (all the others wait for it)
            _log.error("request_failed", error=type(defect).__name__)
            self.failed(OwnDefect(OWN_DEFECT))

    def _give_up(self, ending: Ending) -> None:
        connecting, connection = self._connecting, self._connection
        self._ended_as = ending
        self._recording.spoil(Unfit.INCOMPLETE)
        self._end()
        if connecting is not None:
            connecting.cancel()
        if connection is not None:
            connection.give_up()

    def _end(self) -> None:
        """Nothing more comes."""
        self._connecting = self._connection = None
        self._land()
        if not self._is_over and self._sender is not None:
            self._sender.rider.trip.close()
        self._is_over = True
        self._patience.end()
        self._estate.ended(self._ended_as)

    def _land(self) -> None:
        self.is_open = False
        if not self._has_landed:
            self._has_landed = True
            self._on_landed(self, self._recording)

    def _balance(self) -> None:
        """Go on as fast as the seats do, and forget what nobody needs who is there or may come."""
        if not self.is_open:
            self._parts.forget(min((seat.place for seat in self._seats), default=self._parts.end))
        self.govern()


def _with(head: ResponseHead, result: Result) -> ResponseHead:
    """A head that says what the look brought, in the place of what the gateway says of its own."""
    lines = [*lines_without(head.passing, (CACHE_STATUS,)), result.header]
    return msgspec.structs.replace(head, passing=lines)
