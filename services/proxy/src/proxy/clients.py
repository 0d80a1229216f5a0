"""The clients' side: connections that bring requests and take answers.

- One exchange at a time; requests that come ahead of their turn wait, a bounded number of bytes.
- A client that leaves is noticed at once, also while nothing is read from it.
- What is no request, and a head without end, is refused in its turn, never inside the answer
  to another.
"""

import asyncio
import math
import socket
import struct
from typing import Protocol

import structlog

from proxy.bodies import Body, ChunkedBody, LengthBody
from proxy.exchange import Exchange
from proxy.failures import OWN_DEFECT
from proxy.hangup import HangupWatch, may_be_whole, probe_when_silent
from proxy.heads import END, MalformedHead, RequestHead, read_request
from proxy.outcomes import Ending
from proxy.relay import Relay
from proxy.settings import ProxySettings

# Requests that came ahead of their turn, before the client is no longer read from.
AHEAD_LIMIT_BYTES = 64 * 1024
# How long a client may go on sending after an answer that did not wait for all of its request.
LINGER_SECONDS = 5.0
_log = structlog.stdlib.get_logger("proxy.relay")
_NO_REQUEST = RequestHead(b"", b"", b"HTTP/1.1", {}, [], 0, keep_alive=False)


class House(Protocol):
    """What holds the connections."""

    watch: HangupWatch

    def joined(self, connection: "ClientConnection") -> None:
        """A client has come."""

    def left(self, connection: "ClientConnection") -> None:
        """A client's connection is gone."""


class ClientConnection(asyncio.Protocol):
    """One connection of a client."""

    def __init__(
        self,
        relay: Relay,
        settings: ProxySettings,
        house: House,
    ) -> None:
        self._relay = relay
        self._settings = settings
        self._house = house
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._exchange: Exchange | None = None
        self._body: Body | None = None
        """Of the request in progress, until it has come whole."""
        self._ahead = b""
        """What was read and has to wait: a part of a head, or requests ahead of their turn."""
        self._is_eof = False
        self._is_closing = False
        """Nothing more is read as a request: what still comes is thrown away."""
        self._is_stopped = False
        """The exchange takes no more of its request for now."""
        self._is_unread = False
        """The client does not take what it was answered."""
        self._is_held_back = False
        self._peer = ""
        """The client's address, where somebody looks at it."""
        self._descriptor = -1
        self._is_head_timed = False
        self.deadline = math.inf
        """By the loop's clock: when `timed_out` is due."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        self._transport = transport
        if self._relay.needs_peers:
            peer = transport.get_extra_info("peername")  # none of one that has left already
            self._peer = str(peer[0]) if isinstance(peer, tuple) else ""
        self._house.joined(self)
        self._await_request()
        probe_when_silent(transport.get_extra_info("socket"))

    def connection_lost(self, _exc: Exception | None) -> None:
        """The client has left, or the connection was closed."""
        self._house.left(self)
        self._house.watch.forget(self._descriptor)
        self._is_closing = True
        self._ahead = b""
        if self._exchange is not None:
            self._exchange.client_gone()

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        if not self._is_closing:
            self._go_on(data)

    def eof_received(self) -> bool:
        """The client will send no more; it may still want its answer."""
        self._is_eof = True
        if self._exchange is None:
            if self._is_closing or not self._ahead:
                self._transport.close()
                return False
            self._loop.call_soon(self._go_on)  # whole requests may wait for their turn
            return True
        if self._body is not None:  # its request will never be whole
            self._transport.abort()
            return False
        self._exchange.half_closed(is_last=not self._ahead)
        return True

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self._is_unread = True
        if self._exchange is not None:
            self._exchange.answer_paused()

    def resume_writing(self) -> None:
        """The client keeps up again."""
        self._is_unread = False
        if self._exchange is not None:
            self._exchange.answer_resumed()
        elif self._is_eof and not self._ahead:
            self.close()
        elif not self._is_closing:
            self._await_request()
            self._go_on()

    # the client's side, as an exchange sees it

    def write(self, data: bytes) -> None:
        """See Client."""
        self._transport.write(data)

    def hold_back(self) -> None:
        """See Client."""
        self._is_stopped = True
        self._steer()

    def read_on(self) -> None:
        """See Client."""
        self._is_stopped = False
        self._steer()

    def exchange_ended(self, keep_alive: bool) -> None:
        """See Client."""
        self._exchange = None
        self._is_stopped = False
        if self._body is not None and not self._transport.is_closing():
            self._linger()
        elif not keep_alive or self._relay.is_over or (self._is_eof and not self._ahead):
            self.close()
        else:
            self._await_request()
            if self._ahead:
                # not from here: answers may come at once, and this would go ever deeper
                self._loop.call_soon(self._go_on)
            elif self._is_held_back:
                self._steer()

    def exchange_broke_off(self, with_reset: bool) -> None:
        """See Client."""
        self._exchange = None
        self._is_closing = True
        if with_reset and not self._transport.is_closing():
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.close()

    # the server's

    @property
    def is_idle(self) -> bool:
        """No request is in progress."""
        return self._exchange is None

    def close(self) -> None:
        """Close; nothing is in progress."""
        self._is_closing = True
        self._transport.close()

    def cut(self) -> None:
        """The proxy shuts down and waits no longer."""
        if self._exchange is not None:
            self._exchange.refuse(Ending.CUT_BY_SHUTDOWN, "the proxy is shutting down")
        self._transport.close()

    def abort(self) -> None:
        """Close at once, whatever has not left yet."""
        self._transport.abort()

    def timed_out(self) -> None:
        """The deadline has passed."""
        self.deadline = math.inf
        if self._is_closing and self._transport.get_write_buffer_size():
            self.deadline = self._loop.time() + LINGER_SECONDS  # it takes its answer, slowly
        elif self._is_closing:
            self._transport.abort()
        elif self._exchange is not None:
            self._exchange.refuse(Ending.TIMED_OUT, "the request's body did not come whole in time")
        elif self._ahead:
            self._refuse(Ending.TIMED_OUT, "the request's head did not come whole in time")
        else:
            self.close()

    # within

    def _go_on(self, data: bytes = b"") -> None:
        """Read what has arrived, and what had to wait."""
        try:
            if data and self._body is not None:
                data = self._read_body(data)
            self._ahead = self._ahead + data if self._ahead else data
            self._read_requests()
        except Exception as error:  # noqa: BLE001 (a defect of ours costs one connection)
            self._failed(error)

    def _read_requests(self) -> None:
        """Begin the next exchange, if its head is whole and the last answer was taken."""
        if self._is_closing or not self._ahead:
            return
        if self._exchange is None and not self._is_unread:
            self._read_request()
        if self._is_held_back or len(self._ahead) > AHEAD_LIMIT_BYTES:
            self._steer()

    def _read_request(self) -> None:
        at = self._relay.clock()
        data = self._ahead.lstrip(b"\r\n") if self._ahead[0] in b"\r\n" else self._ahead
        end = data.find(END)
        if end < 0 or end > self._settings.max_head_bytes:
            self._await_head(data)
            return
        try:
            head = read_request(data[:end])
        except MalformedHead as error:
            self._refuse(Ending.MALFORMED, str(error))
            return
        if self._peer:
            head.peer = self._peer
        exchange = self._exchange = Exchange(self._relay, self, head, at)
        rest = data[end + 4 :]
        if head.length == len(rest):  # all of the request is here, and nothing else
            self._ahead = b""
            exchange.request_arrived(rest, [rest] if rest else [], is_done=True)
        elif head.length == 0:
            self._ahead = rest
            exchange.request_arrived(b"", [], is_done=True)
        else:
            self._ahead = rest
            self._body = ChunkedBody() if head.length is None else LengthBody(head.length)
            if self._ahead:
                self._ahead = self._read_body(self._ahead)
        self._await_body()
        exchange.start()
        if self._is_eof and not exchange.is_over:
            exchange.half_closed(is_last=not self._ahead)

    def _read_body(self, data: bytes) -> bytes:
        """Read the body of the request in progress; returns what follows it."""
        body, exchange = self._body, self._exchange
        assert body is not None
        assert exchange is not None
        try:
            pieces, used = body.feed(data)
        except MalformedHead as error:
            exchange.refuse(Ending.UNSENDABLE, str(error))
            return b""
        if body.is_done:
            self._body = None
        exchange.request_arrived(data if used == len(data) else data[:used], pieces, body.is_done)
        self._await_body()
        return data[used:]

    def _await_head(self, data: bytes) -> None:
        if len(data) > self._settings.max_head_bytes:
            limit = self._settings.max_head_bytes
            self._refuse(Ending.HEAD_TOO_LONG, f"the request's head is longer than {limit} bytes")
        elif b"\n\n" in data or b"\n\r\n" in data:
            self._refuse(Ending.MALFORMED, "a line of the head ends with less than CR LF")
        elif self._is_eof:
            self._transport.close()
        else:
            if not self._is_head_timed:
                self._is_head_timed = True
                self.deadline = self._loop.time() + self._settings.head_timeout_seconds
            self._ahead = data

    def _await_request(self) -> None:
        self._is_head_timed = False
        seconds = math.inf if self._is_unread else self._settings.keep_alive_seconds
        self.deadline = self._loop.time() + seconds

    def _steer(self) -> None:
        """Read from the client while somebody takes what comes, and only then."""
        is_busy = self._exchange is not None or self._is_unread
        is_full = is_busy and len(self._ahead) > AHEAD_LIMIT_BYTES
        holds_back = self._is_stopped or is_full
        if holds_back == self._is_held_back or self._transport.is_closing():
            return
        self._is_held_back = holds_back
        if holds_back:
            self._transport.pause_reading()
            self.deadline = math.inf
            self._descriptor = self._transport.get_extra_info("socket").fileno()
            self._house.watch.watch(self._descriptor, self._hung_up)
        else:
            self._house.watch.forget(self._descriptor)
            self._transport.resume_reading()
            self._await_body()

    def _await_body(self) -> None:
        if self._body is not None and not self._is_held_back and not self._is_closing:
            self.deadline = self._loop.time() + self._settings.body_idle_seconds
        elif self._exchange is not None:
            self.deadline = math.inf

    def _refuse(self, ending: Ending, said: str) -> None:
        """Answer what is no request that could be read, and end the connection."""
        self._ahead = b""
        exchange = self._exchange = Exchange(self._relay, self, _NO_REQUEST, self._relay.clock())
        self._body = LengthBody(1)  # where it ends is not known: it is read on, and thrown away
        exchange.refuse(ending, said)

    def _failed(self, error: Exception) -> None:
        """A defect of ours: say so to this client, and go on with the others."""
        _log.error("relay_failed", error=type(error).__name__)
        if self._exchange is not None:
            self._exchange.refuse(Ending.FAILED, OWN_DEFECT)
        self.close()

    def _linger(self) -> None:
        """Throw away what still comes of the request, so that the answer is not lost with it."""
        self._is_closing = True
        self._ahead = b""
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._steer()
        self.deadline = self._loop.time() + LINGER_SECONDS

    def _hung_up(self) -> None:
        """Its end came while nothing is read: it has left, unless all of its request is here.

        What was not read yet may hold further requests.
        """
        if self._body is None:
            if self._exchange is not None:
                self._exchange.half_closed(is_last=False)
        elif not may_be_whole(self._body, self._transport.get_extra_info("socket")):
            self._transport.abort()
