"""The server's side of a client connection: uvicorn's HTTP/1.1 protocol, made a proxy's.

What a proxy needs and an application server does not give:

- A client that leaves is noticed at once, also while nothing is read from it: reading
  pauses while the upstream takes no more of a body, and while requests are pipelined.
- The request target as it was written; decoding and encoding again may change it.
- Fields that follow a chunked body (trailers) never become headers.
- An upgrade that nobody offers is ignored, body and all (RFC 9110, 7.8).
- A head without end, and what is no HTTP, is refused in its turn: never inside the answer to
  another request.
"""

import asyncio
import contextlib
import select
from collections.abc import Callable
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_LIMIT_BYTES = 256 * 1024
SCOPE_KEY = "proxy.connection"


class HangupWatch:
    """Tells that a peer has closed its side, whether or not it is read from.

    Linux only: elsewhere `watch` does nothing, and a hang-up shows at the next read.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._poll: select.epoll | None = None
        if hasattr(select, "epoll"):
            self._poll = select.epoll()
            loop.add_reader(self._poll.fileno(), self._some_hung_up)

    def watch(self, descriptor: int, hung_up: Callable[[], None]) -> None:
        """Call `hung_up` once when the peer of this socket has closed."""
        if self._poll is not None:
            self._poll.register(descriptor, select.EPOLLRDHUP | select.EPOLLONESHOT)
            self._callbacks[descriptor] = hung_up

    def forget(self, descriptor: int) -> None:
        """The socket is about to be closed."""
        if self._poll is not None and self._callbacks.pop(descriptor, None) is not None:
            with contextlib.suppress(OSError):  # closed already: then it is gone from here too
                self._poll.unregister(descriptor)

    def close(self) -> None:
        """Stop watching."""
        if self._poll is not None:
            self._loop.remove_reader(self._poll.fileno())
            self._poll.close()

    def _some_hung_up(self) -> None:
        assert self._poll is not None
        for descriptor, _ in self._poll.poll(0):
            if hung_up := self._callbacks.get(descriptor):
                hung_up()


_watches: dict[asyncio.AbstractEventLoop, HangupWatch] = {}


def _watch_of(loop: asyncio.AbstractEventLoop) -> HangupWatch:
    for ended in [known for known in _watches if known.is_closed()]:
        del _watches[ended]
    if loop not in _watches:
        _watches[loop] = HangupWatch(loop)
    return _watches[loop]


class ClientConnection(HttpToolsProtocol):
    """One connection of a client. The request in progress finds it in its ASGI scope."""

    when_gone: Callable[[], None] | None = None
    """Called once when the client has left; set by the exchange in progress."""
    is_malformed = False
    """The connection ends because the body of the request in progress could not be read."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch for the client's leaving."""
        super().connection_made(transport)
        self._running: RequestResponseCycle | None = None
        self._head_bytes = 0
        self._is_in_head = True
        self._is_hung_up = False
        self._is_refused = False
        self._raw_target = b""
        self._descriptor: int = transport.get_extra_info("socket").fileno()
        _watch_of(self.loop).watch(self._descriptor, self._hung_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the exchange in progress, which need not be the last that was read."""
        _watch_of(self.loop).forget(self._descriptor)
        self.pipeline.clear()
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)
        if self.when_gone is not None:
            self.when_gone()

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        self._unset_keepalive_if_required()
        while data and not self._is_refused:
            data = self._parse(data)
        if self._is_hung_up and self.flow.read_paused:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._raw_target = b""

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request target."""
        self._raw_target += url
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; a trailer comes here as well, and is left out."""
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole: start the exchange, unless it is to be read again."""
        self._is_in_head = False
        if self.parser.should_upgrade():
            self._method = self.parser.get_method()
            self._version = self.parser.get_http_version()
            return
        super().on_headers_complete()
        scope = cast("dict[str, Any]", self.scope)
        scope["extensions"] = {SCOPE_KEY: self}
        scope["raw_target"] = self._raw_target

    def on_message_complete(self) -> None:
        """The request is whole; the next one's head may follow."""
        if not self.parser.should_upgrade():
            super().on_message_complete()
        self._is_in_head = True
        self._head_bytes = 0

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _parse(self, data: bytes) -> bytes:
        """Read `data`; what is left of it is to be read anew."""
        if self._is_in_head:
            self._head_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(b"400 Bad Request", b"this is no HTTP request that could be read")
        if self._is_in_head and self._head_bytes > HEAD_LIMIT_BYTES:
            said = b"the request's head is longer than %d bytes" % HEAD_LIMIT_BYTES
            self._refuse(b"431 Request Header Fields Too Large", said)
        return b""

    def _without_upgrade(self, rest: bytes) -> bytes:
        """The request as if it had not asked, to be read again: the parser skipped its body."""
        if self._method == b"CONNECT":  # an upgrade by its nature
            self._refuse(b"400 Bad Request", b"a tunnel is not to be had here")
            return b""
        head = [b"%s %s HTTP/%s" % (self._method, self._raw_target, self._version.encode())]
        for name, value in self.headers:
            if name == b"connection":
                tokens = [token.strip() for token in value.split(b",")]
                value = b", ".join(token for token in tokens if token.lower() != b"upgrade")
            if name != b"upgrade":
                head.append(name + b": " + value)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
        self._is_in_head = True
        self._head_bytes = 0
        return b"\r\n".join(head) + b"\r\n\r\n" + rest

    def _refuse(self, status: bytes, said: bytes) -> None:
        """Say what is wrong when its turn has come, and end the connection."""
        self._is_refused = True
        running = self._running
        if running is not None and not running.response_complete:
            if running is not self.cycle or not running.more_body:
                # other answers are due first: the connection ends after the last of them
                last = self.pipeline[0][0] if self.pipeline else running
                last.keep_alive = False
                return
            self.is_malformed = True
            if running.response_started:
                self.transport.close()
                return
        head = b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n"
        self.transport.write(head % status + b"content-length: %d\r\n\r\n%s" % (len(said), said))
        self.transport.close()

    def _hung_up(self) -> None:
        self._is_hung_up = True
        if self.flow.read_paused:  # else its end is read like any other data
            self.transport.abort()
