"""The cache of one process: looks for what is asked, and keeps what was answered."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from ollama_observe.wire.endpoints import Answer, Endpoint
from proxy.cache.asked import Asked, Parsed, Reader, parse
from proxy.cache.books import CacheBooks
from proxy.cache.digests import Digests
from proxy.cache.entries import Entry
from proxy.cache.flights import Flight
from proxy.cache.keeping import Keeper, Vector
from proxy.cache.kept import Kept
from proxy.cache.recording import Recording, Unfit
from proxy.cache.replay import Replay
from proxy.cache.results import Result
from proxy.cache.rules import Rules
from proxy.cache.way import CachedWay
from proxy.cache.wishes import NOTHING_SAID, Wish, wish_of
from proxy.connections import Pool
from proxy.headers import is_plain
from proxy.heads import RequestHead
from proxy.relay import Stoppable
from proxy.ways import Trip, Way
from proxy.witness import Witness

RECORDABLE = frozenset(Answer) - {Answer.NONE, Answer.PROGRESS, Answer.TRANSCRIPTION}
"""Answers of models to JSON: a recording that is transcribed is a form."""

_log = structlog.stdlib.get_logger("proxy.cache")


class Nearest(Protocol):
    """Finds what means the same."""

    def begin(self, text: str) -> Vector:
        """Have a question's embedding made."""

    async def find(self, bucket: bytes, vector: Vector) -> bytes | None:
        """The key of what means the same, within the time that a request may wait; else None."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look into the cache brought."""

    result: Result
    asked: Asked | None = None
    entry: Entry | None = None
    wish: Wish = NOTHING_SAID
    seconds: float = 0.0
    """How long it took."""
    vector: Vector | None = field(default=None, compare=False)


class AnswerCache:
    """What the front door asks. `wall_clock` gives Unix time, `clock` is the relay's.

    `epoch` counts how often the cache was to be emptied; `is_own`: each process has answers of
    its own, and empties them itself.
    """

    def __init__(
        self,
        rules: Rules,
        reader: Reader,
        kept: Kept,
        digests: Digests,
        books: CacheBooks,
        nearest: Nearest | None = None,
        epoch: Callable[[], int] = lambda: 0,
        is_own: bool = True,
        wall_clock: Callable[[], float] = time.time,  # noqa: TID251 (an instant, no interval)
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.rules = rules
        self.digests = digests
        self.kept = kept
        self._reader = reader
        self._books = books
        self._nearest = nearest
        self._epoch = epoch
        self._is_own = is_own
        self._seen_epoch = epoch()
        self._wall_clock = wall_clock
        self._clock = clock
        self._flights: dict[tuple[bytes, Pool], Flight] = {}
        self._keeper = Keeper(kept, books, epoch)

    def takes(self, head: RequestHead, endpoint: Endpoint) -> bool:
        """Whether a request is one to look for, as far as its head tells."""
        is_call = head.method == b"POST" and endpoint.answer in RECORDABLE
        if not is_call or b"expect" in head.headers:  # whose body waits for the upstream's go-ahead
            return False
        return is_plain(head.headers) and head.length != 0

    def way(
        self,
        head: RequestHead,
        witness: Witness,
        exchange: Stoppable,
        choose: Callable[[Callable[[], None]], Trip],
    ) -> Way:
        """The way of a request by the cache, see CachedWay. Raises: Refusal."""
        return CachedWay(self, head, witness, exchange, choose)

    async def look(
        self, head: RequestHead, endpoint: Endpoint, body: bytes | None, trip: Trip
    ) -> Look:
        """Look for what is asked, and would be by this way. Never raises."""
        began = self._clock()
        try:
            look = await self._look(head, endpoint, body, trip)
        except Exception as error:  # noqa: BLE001 (fail open: the upstream answers)
            _log.error("cache_failed", error=type(error).__name__)
            look = Look(Result.DISABLED)
        seconds = self._clock() - began
        self._books.looked(look.result, seconds)
        return replace(look, seconds=seconds)

    def flight_of(self, look: Look, goal: Pool) -> Flight | None:
        """The same question on its way to the same upstream, if it may be joined."""
        if look.asked is None or not self._is_shared(look):
            return None
        flight = self._flights.get((look.asked.key, goal))
        return flight if flight is not None and flight.is_open else None

    def open_flight(self, look: Look, endpoint: Endpoint, goal: Pool) -> Flight:
        """Take a question to the upstream, by a way whose goal is this."""
        asked, rules, epoch = look.asked, self.rules, self._epoch()
        recording = Recording(
            endpoint,
            asked.model if asked is not None else "",
            rules.answer_limit_bytes,
            self._clock(),
            rules.request_id_header,
            self._wall_clock,
        )

        def landed(flight: Flight, recording: Recording) -> None:
            if asked is None:
                return
            if self._flights.get((asked.key, goal)) is flight:
                del self._flights[asked.key, goal]
            self._keeper.keep(asked, look.vector, recording, epoch)

        if asked is None or not look.wish.stores:
            recording.spoil(Unfit.NOT_WANTED)
        is_open = self._is_shared(look)
        flight = Flight(recording, look.result, self._clock, landed, is_open)
        if asked is not None and is_open:
            self._flights[asked.key, goal] = flight
        return flight

    def replay(self, entry: Entry, result: Result, keeps_parts: bool) -> Replay:
        """A recorded answer as a connection."""
        age = max(0, int(self._wall_clock() - entry.stored_at))
        lines = [result.header, b"Age: %d" % age]
        return Replay(entry, lines, self._clock, self.rules.keeps_pace, keeps_parts)

    async def follow_epoch(self) -> None:
        """Empty what is this process's own, if that was asked of all meanwhile."""
        epoch = self._epoch()
        if self._is_own and epoch != self._seen_epoch:
            self._seen_epoch = epoch
            await self.kept.clear()

    async def empty(self) -> int:
        """Empty the store; how many answers there were. Raises: StoreError."""
        self._seen_epoch = self._epoch()
        return await self.kept.clear()

    async def close(self) -> None:
        """Finish what is being kept, and let go of the store."""
        await self._keeper.close()
        await self.kept.close()
        self.digests.close()

    def _is_shared(self, look: Look) -> bool:
        # who wants a new answer, or none kept, shares it with nobody
        return self.rules.shares_flights and look.result is Result.MISS and look.wish.stores

    async def _look(
        self, head: RequestHead, endpoint: Endpoint, body: bytes | None, trip: Trip
    ) -> Look:
        await self.follow_epoch()
        parsed = parse(body) if body else None
        digest = await self._digest_of(parsed, trip) if parsed is not None else ""
        if parsed is None or not digest:
            return Look(Result.DISABLED)
        asked = self._reader.read(head, endpoint, parsed, digest, trip.signature)
        wish = wish_of(head.headers)
        entry = None if wish.refreshes else await self.kept.get(asked.key)
        if entry is not None and self._will_do(entry, wish):
            return Look(Result.HIT, asked, entry)
        if wish.refreshes or entry is not None:
            return Look(Result.REFRESH, asked, wish=wish, vector=self._vector_of(asked))
        look = Look(Result.MISS, asked, wish=wish)
        if self.flight_of(look, trip.goal) is not None:
            return look
        return await self._look_near(look, asked)

    async def _look_near(self, look: Look, asked: Asked) -> Look:
        vector = self._vector_of(asked)
        if self._nearest is None or vector is None:
            return look
        key = await self._nearest.find(asked.bucket, vector)
        entry = await self.kept.get(key) if key is not None else None
        if entry is not None and self._will_do(entry, look.wish):
            return Look(Result.SEMANTIC_HIT, asked, entry)
        return replace(look, vector=vector)

    def _will_do(self, entry: Entry, wish: Wish) -> bool:
        return wish.takes(self._wall_clock() - entry.stored_at)

    def _vector_of(self, asked: Asked) -> Vector | None:
        return self._nearest.begin(asked.text) if self._nearest and asked.text else None

    async def _digest_of(self, parsed: Parsed, trip: Trip) -> str:
        digest = await self.digests.of(parsed.model, trip.reaches)
        if digest is None:
            self._books.failed("digest")
        return digest or ""
