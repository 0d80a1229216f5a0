"""A connection to Ollama: a request goes out, its answer is told to who asked."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from proxy.bodies import BODILESS, Body, ChunkedBody, EndlessBody, LengthBody, MalformedBody
from proxy.connections import Asker
from proxy.failures import (
    BROKE_OFF,
    NO_HTTP,
    OWN_DEFECT,
    OwnDefect,
    UpstreamBrokeOff,
    UpstreamError,
    sentence_of,
)
from proxy.heads import END, MalformedHead, ResponseHead, read_response

HEAD_LIMIT_BYTES = 256 * 1024

_log = structlog.stdlib.get_logger("proxy.upstream")


class Keeper(Protocol):
    """What holds the connections."""

    @property
    def clock(self) -> Callable[[], float]:
        """Gives the instants of what is told."""

    def keep(self, connection: "UpstreamConnection") -> None:
        """Take back a connection whose answer has ended."""

    def forget(self, connection: "UpstreamConnection") -> None:
        """A connection is gone."""


class UpstreamConnection(asyncio.Protocol):
    """One connection: a request at a time."""

    def __init__(self, pool: Keeper) -> None:
        self._pool = pool
        self._asker: Asker | None = None
        self._transport: asyncio.Transport
        self._held = b""
        self._body: Body | None = None
        self._is_head_only = False
        self._may_be_kept = True
        self._is_request_whole = False
        self._is_paused = False
        self.idle_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The connection stands."""
        self._transport = transport

    def begin(self, asker: Asker, method: bytes) -> None:
        """Serve `asker` until its answer has ended, or it gives the connection up."""
        self._asker = asker
        self._is_head_only = method == b"HEAD"
        self._may_be_kept = True
        self._is_request_whole = False
        if self._is_paused:  # the last answer ended while its client did not keep up
            self.resume()

    def send(self, data: bytes) -> None:
        """Send bytes of the request."""
        self._transport.write(data)

    def request_ended(self) -> None:
        """The request was sent whole: after its answer the connection may serve another."""
        self._is_request_whole = True

    def send_end(self) -> bool:
        """Close the sending side: the client has closed its own. TLS has no way to say so."""
        self._may_be_kept = False
        if not self._transport.can_write_eof():
            return False
        self._transport.write_eof()
        return True

    def pause(self) -> None:
        """Read no more for now: the client does not keep up."""
        self._is_paused = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        self._is_paused = False
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def give_up(self) -> None:
        """Close at once, whatever is under way: the upstream stops working for nobody."""
        self._asker = None
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read the answer."""
        asker = self._asker
        try:
            self._take(self._pool.clock(), data)
        except Exception as error:  # noqa: BLE001 (a defect of ours costs one request)
            self._defect(asker, error)

    def _take(self, at: float, data: bytes) -> None:
        try:
            if self._body is None:
                data = self._read_heads(at, data)
                if self._body is None:
                    return
            pieces, used = self._body.feed(data) if data else ([], 0)
        except MalformedHead as error:
            sentence = BROKE_OFF if isinstance(error, MalformedBody) else NO_HTTP
            self._fail(UpstreamBrokeOff(sentence))
            return
        asker, body = self._asker, self._body
        if asker is None:
            return
        if used < len(data):  # nobody asked for what follows
            self._may_be_kept = False
            data = data[:used]
        is_done = body.is_done
        if is_done:
            self._release()
        asker.body_received(at, data, pieces, is_done)

    def eof_received(self) -> bool:
        """The upstream will send no more."""
        if isinstance(self._body, EndlessBody) and self._asker is not None:
            asker, self._asker = self._asker, None
            try:
                asker.body_received(self._pool.clock(), b"", [], True)
            except Exception as error:  # noqa: BLE001
                self._defect(asker, error)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._pool.forget(self)
        self._fail(UpstreamBrokeOff(BROKE_OFF if self._body else sentence_of(exc)))

    def pause_writing(self) -> None:
        """The upstream does not keep up."""
        if self._asker is not None:
            self._asker.sending_paused()

    def resume_writing(self) -> None:
        """The upstream keeps up again."""
        if self._asker is not None:
            self._asker.sending_resumed()

    def _read_heads(self, at: float, data: bytes) -> bytes:
        """Read up to the final answer's head; returns what follows it. Raises: MalformedHead."""
        if self._asker is None:  # nobody asked
            self._transport.abort()
            return b""
        if self._held:
            data, self._held = self._held + data, b""
        while (end := data.find(END)) >= 0:
            head = read_response(data[:end])
            data = data[end + 4 :]
            if head.status >= 200:
                self._body = self._body_of(head)
                self._asker.head_received(at, head)
                return data
            if head.status == 101:
                raise MalformedHead("switching protocols, which nobody asked for")
            self._asker.interim_received(head)
        if len(data) > HEAD_LIMIT_BYTES:
            raise MalformedHead("a head without end")
        self._held = data
        return b""

    def _body_of(self, head: ResponseHead) -> Body:
        self._may_be_kept = self._may_be_kept and head.keep_alive
        if self._is_head_only or head.status in BODILESS:
            return LengthBody(0)
        if head.is_chunked:
            return ChunkedBody()
        if head.length is not None:
            return LengthBody(head.length)
        self._may_be_kept = False
        head.is_endless = True
        return EndlessBody()

    def _release(self) -> None:
        self._asker = None
        self._body = None
        is_sent = self._is_request_whole and self._transport.get_write_buffer_size() == 0
        if self._may_be_kept and is_sent and not self._transport.is_closing():
            self._pool.keep(self)
        else:
            self._transport.abort()

    def _defect(self, asker: Asker | None, error: Exception) -> None:
        """Taking the answer failed here: who asked is told, also where all had come."""
        _log.error("answer_failed", error=type(error).__name__)
        self._asker = None
        self._transport.abort()
        if asker is not None:
            asker.failed(OwnDefect(OWN_DEFECT))

    def _fail(self, error: UpstreamError) -> None:
        asker, self._asker = self._asker, None
        self._transport.abort()
        if asker is not None:
            asker.failed(error)

    def is_usable(self) -> bool:
        """Whether an idle connection still stands."""
        return not self._transport.is_closing()

    def close(self) -> None:
        """Close an idle connection."""
        self._transport.close()
