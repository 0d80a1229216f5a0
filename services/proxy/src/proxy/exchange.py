"""One request and its answer: joins a client's connection to an upstream's.

Nothing here waits: bytes are handed on where they arrive, and who cannot keep up stops the
other side from being read. The bytes go on as they came; what is measured is told to the
recorder after they have gone.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from ollama_observe.wire.endpoints import dialect_of, path_of_target
from proxy.admission import Refusal
from proxy.answers import own_answer
from proxy.connections import Cancellable, Connection
from proxy.failures import (
    OwnDefect,
    TurnedAway,
    UpstreamBrokeOff,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from proxy.heads import RequestHead, ResponseHead
from proxy.injector import Injector
from proxy.outcomes import WHOLE, Ending
from proxy.outgoing import Outgoing
from proxy.reframing import LAST_CHUNK, Reframing, reframing_of
from proxy.relay import Relay
from proxy.routing import Bypass
from proxy.ways import Way

# What waits for a connection to the upstream before the client is no longer read from.
OUTBOX_LIMIT_BYTES = 64 * 1024
# A client that closes its sending side has left, or waits for its answer: while there is no
# connection to pass the end on to, this long.
PATIENCE_SECONDS = 1.0
_GO_AHEAD = b"HTTP/1.1 100 Continue\r\n\r\n"
_NOTHING_SENT = (UpstreamUnreachable, UpstreamTimeout)


class Client(Protocol):
    """The client's side, as an exchange sees it."""

    def write(self, data: bytes) -> None:
        """Send bytes of the answer."""

    def hold_back(self) -> None:
        """Read no more of the request for now."""

    def read_on(self) -> None:
        """Read the request again."""

    def exchange_ended(self, keep_alive: bool) -> None:
        """The answer is out, whole; the connection stays open only if `keep_alive`."""

    def exchange_broke_off(self, with_reset: bool) -> None:
        """The answer cannot be made whole: the connection must not end as if it were."""


class Exchange:
    """One request and its answer."""

    _asked_at = 0.0
    _connecting: Cancellable | None = None
    _connection: Connection | None = None
    _outgoing: Outgoing | None = None
    """None for a request that is refused by its head."""
    _injector: Injector | None = None
    _is_request_read = False
    _is_half_closed = False
    _is_end_passed_on = False
    _pending_head = b""
    """The answer's head, which leaves with the first bytes of its body."""
    _is_started = False
    _is_endless = False
    _reframing: Reframing | None = None
    """What makes other chunks of the answer; None while its bytes go on as they come."""
    _is_sending_paused = False
    _is_admitted = False
    _is_over = False
    _refusal: Refusal | None = None

    def __init__(self, relay: Relay, client: Client, head: RequestHead, at: float) -> None:
        self._relay = relay
        self._client = client
        self._head = head
        self._clock = relay.clock
        self._witness = witness = relay.desk.observe(head, at)
        self._keep_alive = head.keep_alive and head.version == b"HTTP/1.1"
        if relay.injects_into(witness.endpoint, head):
            self._injector = Injector()
        try:
            way = relay.desk.way(head, witness, self)
            self._outgoing = Outgoing(head, way, witness, self._injector)
        except Refusal as refusal:
            self._refusal = refusal

    def start(self) -> None:
        """Let the request in and find a connection for it, or refuse."""
        if self._is_over:  # what came of its body with its head was enough to refuse it
            return
        refusal = self._refusal or self._relay.admission.enter()
        if refusal is not None:
            self._refuse(refusal)
            return
        self._is_admitted = True
        assert self._outgoing is not None
        if not self._outgoing.is_held:
            self._ask(self._outgoing.way)
        elif b"expect" in self._head.headers:
            self._client.write(_GO_AHEAD)

    @property
    def is_over(self) -> bool:
        """Nothing more will come of it."""
        return self._is_over

    # the request

    def request_arrived(self, raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        """Bytes of the request's body as they came, perhaps none, and the payload in them."""
        if self._is_over:
            return
        for piece in pieces:
            self._witness.body_piece(piece)
        if is_done:
            self._is_request_read = True
            self._witness.request_read(self._clock())
        if self._outgoing is not None:
            self._hand_on(self._outgoing, raw, pieces, is_done)

    def half_closed(self, is_last: bool) -> None:
        """The client closed its sending side: so is the upstream's, which decides what it means.

        `is_last`: no further request of this client waits.
        """
        if self._is_over:
            return
        self._keep_alive = self._keep_alive and not is_last
        if self._is_half_closed:
            return
        self._is_half_closed = True
        self._pass_end_on()
        if not self._is_end_passed_on:
            asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._has_it_left)

    def client_gone(self) -> None:
        """The client has left: stop, be it connecting, waiting or streaming."""
        self._end(Ending.CLIENT_GONE)

    def withdraw(self) -> None:
        """See Stoppable."""
        self.refuse(Ending.CLIENT_GONE, "the client has left")

    def upstream_hangs(self) -> None:
        """See Stoppable."""
        self.refuse(Ending.GATEWAY_HANGS, f"{self._way.name} hangs: it keeps what it was sent")

    def answer_paused(self) -> None:
        """The client does not keep up."""
        self._witness.client_keeps_up(self._clock(), False)
        if self._connection is not None:
            self._connection.pause()

    def answer_resumed(self) -> None:
        """The client keeps up again."""
        self._witness.client_keeps_up(self._clock(), True)
        if self._connection is not None:
            self._connection.resume()

    # the upstream

    def connected(self, connection: Connection) -> None:
        """See Asker."""
        if self._is_over:
            connection.give_up()
            return
        if self._connecting is not None:
            self._connecting = None
            self._witness.connected(self._asked_at, self._clock())
        self._connection = connection
        connection.begin(self, self._head.method)
        assert self._outgoing is not None
        self._flush(self._outgoing)

    def interim_received(self, head: ResponseHead) -> None:
        """See Asker."""
        if self._head.version == b"HTTP/1.1":
            self._client.write(b"\r\n".join([head.status_line, *head.passing]) + b"\r\n\r\n")

    def head_received(self, at: float, head: ResponseHead) -> None:
        """See Asker."""
        self._witness.head_received(at, head.status, head.headers)
        self._is_endless = head.is_endless
        if head.is_endless or not self._is_request_read:
            self._keep_alive = False
        lines = [head.status_line, *head.passing]
        needs_own_chunks = self._way.needs_own_chunks and self._head.method != b"HEAD"
        reframing = reframing_of(self._head.version, head, self._injector, needs_own_chunks)
        if reframing is not None:
            self._reframing = reframing
            self._keep_alive = self._keep_alive and reframing.is_chunked
            lines = reframing.lines(lines)
        self._keep_alive = self._keep_alive and not self._relay.is_draining
        lines += self._own_lines(head)
        self._pending_head = b"\r\n".join(lines) + b"\r\n\r\n"

    def body_received(self, at: float, raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        """See Asker."""
        is_broken = False
        if self._reframing is not None:
            is_broken = is_done and self._way.is_broken
            raw = self._reframing.feed(pieces, is_done and not is_broken)
            raw += self._reframing.broken_off() if is_broken else b""
        if self._pending_head:
            raw, self._pending_head = self._pending_head + raw, b""
            self._is_started = True
        if is_done:
            self._connection = None  # it may serve another already
        if raw:
            self._client.write(raw)
        self._witness.pieces_received(at, pieces, self._clock())
        if is_broken:
            self._end(Ending.BROKE_OFF)
        elif is_done:
            self._end(Ending.HALF_CLOSED if self._is_half_closed else Ending.COMPLETE)

    def failed(self, error: UpstreamError) -> None:
        """See Asker."""
        self._connection = None
        if self._is_over:
            return
        self._connecting = None
        assert self._outgoing is not None
        if isinstance(error, TurnedAway):
            self._refuse(error.refusal)
            return
        if isinstance(error, _NOTHING_SENT) and self._outgoing.reroute(Bypass.GATEWAY_DOWN):
            self._ask(self._way)
            return
        is_ours = isinstance(error, OwnDefect)
        if self._reframing is not None and self._is_started and not is_ours:
            self._client.write(self._reframing.broken_off())
        if self._is_end_passed_on and isinstance(error, UpstreamBrokeOff):
            self._end(Ending.CLIENT_GONE)  # so the upstream took the end
            return
        blamed = "" if is_ours else f"{self._way.name} gave no answer: "
        self.refuse(_ending_of(error), f"{blamed}{error}")

    def sending_paused(self) -> None:
        """See Asker."""
        self._is_sending_paused = True
        self._client.hold_back()

    def sending_resumed(self) -> None:
        """See Asker."""
        self._is_sending_paused = False
        self._client.read_on()

    def refuse(self, ending: Ending, said: str, lines: Sequence[bytes] = ()) -> None:
        """End with an answer of our own; in mid-answer there is no way to but breaking off."""
        if self._is_over:
            return
        if not self._is_started:
            understood = ending is not Ending.UNSENDABLE
            self._keep_alive = self._keep_alive and self._is_request_read and understood
            self._is_started = True
            own = [*self._own_lines(None), *lines]
            dialect = dialect_of(self._witness.endpoint, path_of_target(self._head.target))
            head, body = own_answer(ending, said, dialect, own)
            body = b"" if self._head.method == b"HEAD" else body
            self._client.write(head + body)
            self._witness.answered(len(body))
            self._end(ending, is_answered=True)
        else:
            self._end(ending)

    # within

    def _refuse(self, refusal: Refusal) -> None:
        self.refuse(refusal.ending, str(refusal), refusal.lines)

    def _has_it_left(self) -> None:
        """Nobody works for ever for a client whose end could not be passed on."""
        if not self._is_end_passed_on:
            self._end(Ending.CLIENT_GONE)

    def _pass_end_on(self) -> None:
        if self._connection is not None and self._connection.send_end():
            self._is_end_passed_on = True

    @property
    def _way(self) -> Way:
        """The way of a request that was not refused by its head."""
        assert self._outgoing is not None
        return self._outgoing.way

    def _ask(self, way: Way) -> None:
        """Find a connection for the request."""
        self._asked_at = self._clock()
        self._connecting = way.pool.ask(self)

    def _hand_on(self, outgoing: Outgoing, raw: bytes, pieces: list[bytes], is_done: bool) -> None:
        """Put bytes of the body with those that go out, and find out by which way, if it is due."""
        was_held = outgoing.is_held
        try:
            outgoing.add(raw, pieces, is_done)
        except Refusal as refusal:  # by what the body says
            self._refuse(refusal)
            return
        if was_held and not outgoing.is_held and self._is_admitted:
            self._ask(outgoing.way)
        self._flush(outgoing)

    def _flush(self, outgoing: Outgoing) -> None:
        """Hand what waits to the upstream, if there is a connection."""
        connection = self._connection
        is_much = outgoing.size > OUTBOX_LIMIT_BYTES
        if connection is None:
            if is_much:
                self._client.hold_back()
            return
        data = outgoing.take()
        if data:
            connection.send(data)
            if is_much and not self._is_sending_paused:
                self._client.read_on()
        if self._is_request_read:
            connection.request_ended()
            self._witness.request_sent(self._clock())
            if self._is_half_closed:
                self._pass_end_on()

    def _own_lines(self, head: ResponseHead | None) -> list[bytes]:
        """What is added to an answer: its id, and that it is the connection's last."""
        lines = []
        name = self._relay.request_id_header
        if name and (head is None or name.lower() not in head.headers):
            lines.append(name + b": " + self._witness.request_id.encode())
        if self._outgoing is not None and self._outgoing.way.own_lines:
            lines += self._outgoing.way.own_lines
        if not self._keep_alive:
            lines.append(b"Connection: close")
        return lines

    def _end(self, ending: Ending, is_answered: bool = False) -> None:
        """Let go of the upstream, record the ending, and say how the client's side goes on."""
        if self._is_over:
            return
        self._is_over = True
        if self._is_admitted:
            self._relay.admission.leave()
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is not None:
            self._connection.give_up()
            self._connection = None
        if self._reframing is not None and not is_answered:
            self._witness.withheld(self._reframing.withheld_bytes)
        if self._outgoing is not None:
            self._outgoing.way.close()
        self._witness.ended(self._clock(), ending)
        self._leave(is_whole=is_answered or ending in WHOLE)

    def _leave(self, is_whole: bool) -> None:
        """Tell the client's side that the exchange is over."""
        if is_whole:
            self._client.exchange_ended(self._keep_alive and self._is_request_read)
        elif self._reframing is not None and self._is_started and self._way.hides_breaks:
            self._client.write(LAST_CHUNK)
            # kept as it was said to be: who takes it may have sent the next request already
            self._client.exchange_ended(self._keep_alive and self._is_request_read)
        else:
            self._client.exchange_broke_off(with_reset=self._is_endless)


def _ending_of(error: UpstreamError) -> Ending:
    if isinstance(error, OwnDefect):
        return Ending.FAILED
    if isinstance(error, UpstreamUnreachable):
        return Ending.UNREACHABLE
    return Ending.CONNECT_TIMEOUT if isinstance(error, UpstreamTimeout) else Ending.BROKE_OFF
