"""Tells that a client has closed its side while nothing is read from it.

Reading pauses while the upstream takes no more of a body, and while requests are pipelined:
then an end is not read, and would be noticed only when it no longer matters.
"""

import asyncio
import contextlib
import select
from collections.abc import Callable


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
