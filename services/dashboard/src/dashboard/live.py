"""Follows what the proxy says is in flight, for as long as the dashboard runs.

A stream that is lost is opened again, less and less often; until then the last table is shown with
the reason and its own time, so that a page can say since when it knows nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx2
import msgspec
import structlog

from dashboard.messages import Finished, Live, Request
from ollama_observe.service.addresses import without_credentials
from ollama_observe.wire.framing import EventSplitter

PATH = "/api/inflight/stream"
SILENCE_SECONDS = 5.0
"""There is a table each second; after so long without one, whatever comes, the stream is lost."""
CONNECT_SECONDS = 3.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
EVENT_LIMIT_BYTES = 8 * 1024 * 1024
MOST_ROWS = 200
"""The oldest: nobody reads more, and each viewer gets them each second."""
REMEDY = "make status says what runs"

_log = structlog.stdlib.get_logger("dashboard.live")


class _Table(msgspec.Struct, frozen=True):
    """What the proxy sends. Those of before it told of the ones that ended send no `finished`."""

    requests: list[Request]
    finished: list[Finished] = []


_table = msgspec.json.Decoder(_Table).decode


class StreamError(Exception):
    """The stream cannot be had, or it ended; the message says why, for a page to show."""


class LiveFeed:
    """The table of the requests in flight. `clock` is Unix time, in seconds."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        proxy_url: str,
        show: Callable[[Live], None],
        clock: Callable[[], float],
        first_pause_seconds: float = FIRST_PAUSE_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._http = http
        self._url = f"{proxy_url.rstrip('/')}{PATH}"
        self._shown_url = without_credentials(self._url)
        self._show = show
        self._clock = clock
        self._first_pause_seconds = first_pause_seconds
        self._silence_seconds = silence_seconds
        self.latest = Live(None, [], [], "the proxy was not asked yet")
        """What was shown last."""

    async def follow(self) -> None:
        """Follow the stream, without end."""
        pause = self._first_pause_seconds
        while True:
            seen = self.latest.at
            try:
                await self._follow_once()
            except StreamError as error:
                self._lost(str(error))
            if self.latest.at != seen:
                pause = self._first_pause_seconds
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def failed(self, reason: str) -> None:
        """It is followed no more, for now: a table that may be what failed is not shown again."""
        self._tell(Live(self.latest.at, [], [], reason))

    async def _follow_once(self) -> None:
        """Show what comes. Raises: StreamError, always: the stream has no end of its own."""
        timeout = httpx2.Timeout(self._silence_seconds, connect=CONNECT_SECONDS)
        try:
            async with self._http.stream("GET", self._url, timeout=timeout) as answer:
                if answer.status_code != httpx2.codes.OK:
                    raise StreamError(
                        f"{self._shown_url} answered {answer.status_code}, expected 200"
                    )
                await self._read(answer.aiter_raw())
        except (httpx2.TimeoutException, TimeoutError) as error:
            raise StreamError(f"the proxy says nothing at {self._shown_url}; {REMEDY}") from error
        except httpx2.HTTPError as error:
            why = str(error) or type(error).__name__
            raise StreamError(f"no proxy answers at {self._shown_url}: {why}; {REMEDY}") from error
        raise StreamError(f"the proxy ended its stream: it stops; {REMEDY}")

    async def _read(self, chunks: AsyncIterator[bytes]) -> None:
        """Raises: TimeoutError after too long without a table, StreamError."""
        splitter = EventSplitter(EVENT_LIMIT_BYTES)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._silence_seconds) as silence:
            async for chunk in chunks:
                events = splitter.feed(chunk)
                if splitter.overflows:
                    raise StreamError(
                        f"expected a table of at most {EVENT_LIMIT_BYTES // 2**20} MiB"
                        f" at {self._shown_url}, found a longer one"
                    )
                if events:
                    self._take(events)
                    silence.reschedule(loop.time() + self._silence_seconds)

    def _take(self, events: list[bytes]) -> None:
        try:
            table = _table(events[-1])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise StreamError(
                f"expected a table of requests at {self._shown_url}: {error}"
            ) from error
        if self.latest.error:
            _log.info("live_table_found", url=self._shown_url)
        left_out = max(0, len(table.requests) - MOST_ROWS)
        shown = table.requests[:MOST_ROWS]
        self._tell(Live(self._clock(), shown, table.finished[:MOST_ROWS], "", left_out))

    def _lost(self, reason: str) -> None:
        if reason == self.latest.error:
            return
        _log.warning("live_table_lost", detail=reason)
        self._tell(msgspec.structs.replace(self.latest, finished=[], error=reason))

    def _tell(self, live: Live) -> None:
        self.latest = live
        self._show(live)
