"""How a listener speaks HTTP: as uvicorn does, but the head of a request has to come in time.

Uvicorn closes a connection that is idle after an answer, and keeps one that never asked for ever.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class HttpProtocol(HttpToolsProtocol):
    """One connection, closed where no head is whole `head_seconds` after it could begin."""

    def __init__(self, *given: Any, head_seconds: float, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head_seconds = head_seconds
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The head may begin."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """No head will come."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Part of a request, or more."""
        super().data_received(data)
        # uvicorn takes any byte after an answer for a request that will come
        is_idle = self.cycle is not None and self.cycle.response_complete
        if is_idle and self._head_timer is None and self.transport.get_protocol() is self:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._stop_waiting()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(self._head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        # what waits to be sent to a peer that is gone would keep the connection
        self.transport.abort()
