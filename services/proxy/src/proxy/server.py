"""Listens for clients, keeps time for them, and drains at the end."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from proxy.backlog import take_waiting
from proxy.clients import ClientConnection
from proxy.hangup import HangupWatch
from proxy.relay import Relay
from proxy.settings import ProxySettings

# Time-outs are tens of seconds: one look a second at all connections costs less than a timer each.
TICK_SECONDS = 1.0
# What was cut still has to leave, and a client may not read.
CLOSE_SECONDS = 1.0
# At the end, an idle connection may have been made, or used, for a request that is on its way.
LAST_REQUEST_SECONDS = 0.5


class Server:
    """The connections of one relay process."""

    def __init__(self, relay: Relay, settings: ProxySettings) -> None:
        self._relay = relay
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._connections: set[ClientConnection] = set()
        self._someone_left = asyncio.Event()
        self._tick: asyncio.TimerHandle | None = None
        self.watch = HangupWatch(self._loop)

    def joined(self, connection: ClientConnection) -> None:
        """See House."""
        self._connections.add(connection)
        if self._tick is None:
            self._tick = self._loop.call_later(TICK_SECONDS, self._look_at_deadlines)

    def left(self, connection: ClientConnection) -> None:
        """See House."""
        self._connections.discard(connection)
        self._someone_left.set()

    @contextlib.asynccontextmanager
    async def serving(self, sock: socket.socket, drain_seconds: float) -> AsyncIterator[None]:
        """Serve on a bound socket while the block runs, then drain within `drain_seconds`."""
        server = await self._loop.create_server(self._connect, sock=sock, backlog=2048)
        try:
            yield
        finally:
            waiting = take_waiting(sock)
            server.close()
            self._relay.is_draining = True
            for one in waiting:
                await self._loop.connect_accepted_socket(self._connect, one)
            await self._drain(drain_seconds)
            self._relay.desk.settle()
            if self._tick is not None:
                self._tick.cancel()
            self.watch.close()

    def _connect(self) -> ClientConnection:
        return ClientConnection(self._relay, self._settings, self)

    async def _drain(self, drain_seconds: float) -> None:
        """One more request of each connection; those in flight finish within the bound.

        Then they are cut.
        """
        last_request_seconds = min(LAST_REQUEST_SECONDS, drain_seconds)
        await self._until_empty(last_request_seconds)
        self._relay.is_over = True
        for connection in list(self._connections):
            if connection.is_idle:
                connection.close()
        await self._until_empty(drain_seconds - last_request_seconds)
        for tell in self._relay.before_cut:
            tell()
        for connection in list(self._connections):
            connection.cut()
        await self._until_empty(CLOSE_SECONDS)
        for connection in list(self._connections):
            connection.abort()
        await self._until_empty(CLOSE_SECONDS)

    async def _until_empty(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._connections:
                    self._someone_left.clear()
                    await self._someone_left.wait()

    def _look_at_deadlines(self) -> None:
        self._tick = None
        if self._connections:
            self._tick = self._loop.call_later(TICK_SECONDS, self._look_at_deadlines)
        now = self._loop.time()
        for connection in [late for late in self._connections if late.deadline <= now]:
            connection.timed_out()
