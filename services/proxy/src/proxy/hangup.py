"""Finds out that a client has left, also while nothing is read from it.

Reading pauses while the upstream takes no more of a body, and while requests are pipelined:
then an end is not read, and would be noticed only when it no longer matters.
"""

import asyncio
import contextlib
import fcntl
import os
import select
import socket
import struct
import termios
from collections.abc import Callable

from proxy.bodies import Body, LengthBody
from proxy.heads import END


class HangupWatch:
    """Watches sockets whose reading is paused.

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
        if self._poll is not None and descriptor not in self._callbacks:
            self._poll.register(descriptor, select.EPOLLRDHUP | select.EPOLLONESHOT)
            self._callbacks[descriptor] = hung_up

    def forget(self, descriptor: int) -> None:
        """It is read from again, or about to be closed."""
        if self._poll is not None and self._callbacks.pop(descriptor, None) is not None:
            with contextlib.suppress(OSError):  # closed already: then it is gone from here too
                self._poll.unregister(descriptor)

    def close(self) -> None:
        """Stop watching."""
        if self._poll is not None:
            self._loop.remove_reader(self._poll.fileno())
            self._poll.close()
            self._poll = None

    def _some_hung_up(self) -> None:
        assert self._poll is not None
        for descriptor, _ in self._poll.poll(0):
            if hung_up := self._callbacks.get(descriptor):
                hung_up()


def may_be_whole(body: Body, sock: socket.socket) -> bool:
    """Whether the rest of a request's body is among what was not read yet."""
    unread = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.FIONREAD, b"\0\0\0\0"))[0]
    if isinstance(body, LengthBody):
        return bool(body.left <= unread)
    with socket.socket(fileno=os.dup(sock.fileno())) as copy:
        return bool(unread) and copy.recv(unread, socket.MSG_PEEK).endswith(END)


def probe_when_silent(sock: socket.socket) -> None:
    """A client that vanished without a word (a lid was closed) is found out within minutes."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15)
