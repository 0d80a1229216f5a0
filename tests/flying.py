"""A flight on paper: an upstream that is told what to do, and those who wait for its answer."""

from collections.abc import Callable

from ollama_observe.wire.endpoints import endpoint_of
from proxy.cache.entries import Entry
from proxy.cache.flights import Flight
from proxy.cache.patience import PATIENCE_SECONDS
from proxy.cache.recording import Recording
from proxy.cache.results import Result
from proxy.cache.seats import Seat
from proxy.connections import Asker, Connection
from proxy.failures import UpstreamError
from proxy.heads import ResponseHead, read_response
from proxy.outcomes import Ending
from proxy.pool import UpstreamPool
from proxy.ways import Direct, Trip
from proxy.witness import Witness
from tests.clock import Clock

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked"
FIRST = b'{"model":"m","message":{"role":"assistant","content":"a"},"done":false}\n'
LAST = (
    b'{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop",'
    b'"prompt_eval_count":3,"eval_count":2}\n'
)


def chunk(data: bytes) -> bytes:
    """A chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


class Line:
    """An upstream's connection: what it was asked. A Connection."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.sent = b""

    def begin(self, asker: Asker, method: bytes) -> None:
        """See Connection."""
        self.story.append("begin")

    def send(self, data: bytes) -> None:
        """See Connection."""
        self.sent += data

    def request_ended(self) -> None:
        """See Connection."""
        self.story.append("request ended")

    def send_end(self) -> bool:
        """See Connection."""
        self.story.append("end")
        return True

    def pause(self) -> None:
        """See Connection."""
        self.story.append("pause")

    def resume(self) -> None:
        """See Connection."""
        self.story.append("resume")

    def give_up(self) -> None:
        """See Connection."""
        self.story.append("give up")


class Connecting:
    """A connection in the making: whether it was stopped. A Pool that is asked by a flight."""

    is_cancelled = False

    def ask(self, asker: Asker) -> "Connecting":
        """See Pool."""
        return self

    def cancel(self) -> None:
        """See Cancellable."""
        self.is_cancelled = True


class Path(Direct):
    """A way out that notes what it is told. A Trip."""

    def __init__(self) -> None:
        super().__init__(UpstreamPool("http://gpu", 1.0))
        self.told: list[object] = []
        self.breaks = False

    @property
    def is_broken(self) -> bool:  # type: ignore[override]
        """See Way."""
        return self.breaks

    def claimed_by(self, witness: Witness) -> None:
        """See Trip."""
        self.told.append("claimed")

    def gave(self, at: float) -> None:
        """See Trip."""
        self.told.append(("gave", at))

    def keeps_up(self, at: float, is_so: bool) -> None:
        """See Trip."""
        self.told.append(("keeps up", is_so))

    def close(self) -> None:
        """See Way."""
        self.told.append("close")


class Remainder:
    """What comes of an answer after its first one has left. A Rest."""

    def __init__(self) -> None:
        self.payload = b""
        self.endings: list[Ending] = []

    def pieces_received(self, at: float, pieces: list[bytes]) -> None:
        """See Rest."""
        self.payload += b"".join(pieces)

    def ended(self, at: float, ending: Ending) -> None:
        """See Rest."""
        self.endings.append(ending)


class Guest:
    """An exchange that waits: all that it is told. An Asker, and a Rider.

    `takes` is how many parts it takes before it pauses; `defect` is raised at each part.
    """

    def __init__(self, takes: int = 1_000_000, defect: Exception | None = None) -> None:
        self.path = Path()
        self.takes = takes
        self.defect = defect
        self.seat: Seat | None = None
        self.connection: Connection | None = None
        self.statuses: list[str] = []
        self.passing: list[bytes] = []
        self.body = b""
        self.is_done = False
        self.instants: list[float] = []
        self.error: UpstreamError | None = None
        self.shared: list[Entry | None] = []
        self.taken_over: list[Trip] = []
        self.sent_at: float | None = None
        self.has_all = False
        """It has read the end of what it asked for, though not of its framing."""
        self.rest: Remainder | None = None
        self.told: list[str] = []
        self.does_at_failure: Callable[[], None] | None = None

    @property
    def trip(self) -> Trip:
        """See Rider."""
        return self.path

    def shares(self, entry: Entry | None) -> None:
        """See Rider."""
        self.shared.append(entry)

    def hands_on(self) -> None:
        """See Rider."""
        self.told.append("hands on")

    def takes_over(self, trip: Trip, sent_at: float) -> None:
        """See Rider."""
        self.taken_over.append(trip)
        self.sent_at = sent_at

    def outlived(self) -> Remainder | None:
        """See Rider."""
        self.rest = None if self.has_all else Remainder()
        return self.rest

    def hangs(self) -> None:
        """See Rider."""
        self.told.append("hangs")

    def connected(self, connection: Connection) -> None:
        """See Asker: asks at once, as an exchange whose request is whole."""
        self.connection = connection
        connection.begin(self, b"POST")
        connection.send(b"a request")
        connection.request_ended()

    def interim_received(self, head: ResponseHead) -> None:
        """See Asker."""
        self.told.append(str(head.status))

    def head_received(self, at: float, head: ResponseHead) -> None:
        """See Asker."""
        self.instants.append(at)
        self.passing = head.passing
        name = b"x-portkey-cache-status: "
        self.statuses += [x[len(name) :].decode() for x in head.passing if x.startswith(name)]

    def body_received(self, at: float, raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        """See Asker."""
        if self.defect is not None:
            raise self.defect
        self.instants.append(at)
        self.body += raw
        self.is_done = is_done
        self.takes -= 1
        if self.takes <= 0 and self.connection is not None:
            self.connection.pause()

    def failed(self, error: UpstreamError) -> None:
        """See Asker."""
        self.error = error
        if self.does_at_failure is not None:
            self.does_at_failure()

    def sending_paused(self) -> None:
        """See Asker."""
        self.told.append("paused")

    def sending_resumed(self) -> None:
        """See Asker."""
        self.told.append("resumed")

    def goes_on(self, takes: int = 1_000_000) -> None:
        """Take on."""
        self.takes = takes
        assert self.connection is not None
        self.connection.resume()


class Flown:
    """A flight, its upstream, and what became of its recording."""

    def __init__(
        self,
        is_open: bool = True,
        limit_bytes: int = 1 << 20,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.clock = Clock()
        self.line = Line()
        self.connecting = Connecting()
        self.landed: list[Recording] = []
        endpoint = endpoint_of("/api/chat")
        self.recording = Recording(
            endpoint, "m:latest", limit_bytes, self.clock(), b"x-request-id", lambda: 5.0
        )
        self.flight = Flight(
            self.recording,
            Result.MISS,
            self.clock,
            lambda _flight, recording: self.landed.append(recording),
            is_open,
            patience_seconds,
        )
        self.first = self.sits(Guest())
        self.flight.start(self.connecting, self.seat_of(self.first))

    def sits(self, guest: Guest) -> Guest:
        """Give a guest a seat."""
        guest.seat = Seat(self.flight, guest, guest)
        return guest

    def joins(self, guest: Guest | None = None) -> Guest:
        """One more waits."""
        found = self.sits(guest or Guest())
        self.flight.join(self.seat_of(found))
        return found

    @property
    def is_open(self) -> bool:
        """Whether others may join now."""
        return bool(self.flight.is_open)

    def seat_of(self, guest: Guest) -> Seat:
        """The guest's seat."""
        assert guest.seat is not None
        return guest.seat

    def leaves(self, guest: Guest) -> None:
        """A guest goes."""
        self.seat_of(guest).give_up()

    def connects(self) -> None:
        """There is a connection to the upstream."""
        self.flight.connected(self.line)

    def begins(self, head: bytes = HEAD) -> None:
        """The answer's head comes."""
        self.flight.head_received(self.clock(), read_response(head))

    def gives(self, payload: bytes, is_done: bool = False) -> None:
        """A chunk comes, perhaps with the end behind it."""
        raw = chunk(payload) + (b"0\r\n\r\n" if is_done else b"")
        self.flight.body_received(self.clock(), raw, [payload], is_done)

    def starts(self) -> None:
        """The answer begins: its head comes, and its first chunk."""
        self.connects()
        self.begins()
        self.gives(FIRST)

    def flies(self) -> None:
        """All of it, from the connection to the end."""
        self.starts()
        self.gives(LAST, is_done=True)


WHOLE = chunk(FIRST) + chunk(LAST) + b"0\r\n\r\n"
