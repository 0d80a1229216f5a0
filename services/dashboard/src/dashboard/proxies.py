"""The requests in flight in all proxies, as one table: each knows its own alone."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import httpx2

from dashboard.live import FIRST_PAUSE_SECONDS, MOST_ROWS, LiveFeed
from dashboard.messages import Live
from dashboard.replicas import Replicas
from ollama_observe.service.tasks import spawn

LOOK_SECONDS = 5.0


class ProxyFeeds:
    """Follows each proxy. `clock` is Unix time, in seconds."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        replicas: Replicas,
        show: Callable[[Live], None],
        clock: Callable[[], float],
        look_seconds: float = LOOK_SECONDS,
        first_pause_seconds: float = FIRST_PAUSE_SECONDS,
    ) -> None:
        self._http = http
        self._replicas = replicas
        self._show = show
        self._clock = clock
        self._look_seconds = look_seconds
        self._first_pause_seconds = first_pause_seconds
        self._told: dict[str, Live] = {}
        """What each proxy has told last, by its address."""
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def follow(self) -> None:
        """Follow all that there are, without end."""
        try:
            while True:
                self._follow_those(await self._replicas.now())
                tasks = self._tasks.values()
                done, _ = await asyncio.wait(
                    tasks, timeout=self._look_seconds, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()  # a defect of one ends all: who keeps this begins again
        finally:
            self._follow_those(())

    def failed(self, reason: str) -> None:
        """They are followed no more, for now: what may be what failed is not shown again."""
        seen = together(list(self._told.values())).at if self._told else None
        self._told.clear()
        self._show(Live(seen, [], [], reason))

    def _follow_those(self, urls: Sequence[str]) -> None:
        for url in set(self._tasks) - set(urls):
            self._tasks.pop(url).cancel()
            self._told.pop(url, None)
        for url in urls:
            if url not in self._tasks:
                show = partial(self._hear, url)
                feed = LiveFeed(self._http, url, show, self._clock, self._first_pause_seconds)
                self._tasks[url] = spawn(feed.follow(), name="follow a proxy")

    def _hear(self, url: str, live: Live) -> None:
        if url in self._tasks:
            self._told[url] = live
            self._show(together(list(self._told.values())))


def together(told: Sequence[Live]) -> Live:
    """One table of all; of those that tell nothing now only where no other does. Pure."""
    if len(told) == 1:
        return told[0]
    heard = [live for live in told if not live.error] or told
    # a machine with two addresses tells the same twice
    requests = {one.request_id: one for live in heard for one in live.requests}
    finished = {one.request_id: one for live in heard for one in live.finished}
    oldest = sorted(requests.values(), key=lambda one: -one.age_seconds)
    latest = sorted(finished.values(), key=lambda one: one.ago_seconds)
    left_out = sum(live.left_out for live in heard) + max(0, len(oldest) - MOST_ROWS)
    return Live(
        at=max((live.at for live in heard if live.at is not None), default=None),
        requests=oldest[:MOST_ROWS],
        finished=latest[:MOST_ROWS],
        error=heard[0].error,
        left_out=left_out,
    )
