"""A hundred thousand requests of a whole cache, from body to store, against a plain model of it.

Only the upstream is on paper: what models there are, and what they answer.
"""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from ollama_observe.wire.endpoints import Endpoint, endpoint_of
from proxy.cache.asked import Reader
from proxy.cache.books import CacheBooks
from proxy.cache.cache import AnswerCache, Look
from proxy.cache.entries import Entry, Near, a_mark
from proxy.cache.kept import Kept
from proxy.cache.keys import Keys
from proxy.cache.recording import Unfit
from proxy.cache.results import Result
from proxy.cache.seats import Seat
from proxy.cache.stores.memory import MemoryStore
from proxy.cache.stores.store import Bounds
from proxy.connections import Asker, Cancellable
from proxy.heads import read_request, read_response
from tests.caches import NOW, Gone, Model
from tests.caching import RULES, Known
from tests.clock import Clock
from tests.flying import FIRST, HEAD, LAST, Guest, Path, chunk
from tests.ledgers import ReadLedger

pytestmark = pytest.mark.long

STEPS = 10_000
TARGETS = ("/api/chat", "/api/chat?x=1", "/api/generate")
CALLERS = (
    (),
    ("Authorization: Bearer a",),
    ("Authorization: Bearer b",),
    ("X-Api-Key: a",),
    ("Authorization: Bearer a", "X-Api-Key: a"),
)
ANY = 1e9
WISHES: tuple[tuple[tuple[str, ...], float, bool], ...] = (
    *(((), ANY, True),) * 16,
    (("Cache-Control: no-cache",), 0, True),
    (("Cache-Control: private", "cache-control: No-Cache"), 0, True),
    (("Cache-Control: max-age=0",), 0, True),
    (("x-portkey-cache-force-refresh: true",), 0, True),
    (("Cache-Control: max-age=3",), 3, True),
    (("Cache-Control: max-age=9", "Cache-Control: private"), 9, True),
    (("Cache-Control: no-store",), ANY, False),
    (("Cache-Control: max-stale", "Cache-Control: no-store"), ANY, False),
    (("Cache-Control: no-store, no-cache",), 0, False),
)
"""Lines of a head; how old the answer may be, in seconds, 0 for a new one; may it be kept."""
PARTS = (
    {"role": "user", "content": "Why: \u00fc?"},
    {"content": "Why: \u00fc?", "role": "user"},
    {"role": "user", "content": "Why?"},
)
OPTIONS = (None, {"seed": 1, "top_k": 2}, {"seed": 2, "top_k": 1})
SCHEMAS: tuple[dict[str, object] | None, ...] = (None, {"a": {}, "b": {}}, {"b": {}, "a": {}})
ENDINGS = ("whole",) * 8 + ("broken", "failed", "loaded", "endless")


class Tally(CacheBooks):
    """Books that can be read at once."""

    def __init__(self) -> None:
        super().__init__(ReadLedger().ledger)
        self.results: Counter[Result] = Counter()
        self.kept = 0
        self.reasons: Counter[Unfit] = Counter()

    def looked(self, result: Result, seconds: float) -> None:
        """See CacheBooks."""
        self.results[result] += 1

    def stored(self) -> None:
        """See CacheBooks."""
        self.kept += 1

    def not_kept(self, why: Unfit) -> None:
        """See CacheBooks."""
        self.reasons[why] += 1


class CountedStore(MemoryStore):
    """A store that counts what it was given."""

    puts = 0

    async def put(self, key: bytes, entry: Entry, near: Near | None, now: float) -> bool:
        """See Store."""
        self.puts += 1
        return await super().put(key, entry, near, now)


class Line:
    """A pool whose connection the test drives."""

    asker: Asker

    def ask(self, asker: Asker) -> Cancellable | None:
        """See Pool."""
        self.asker = asker
        return None


@dataclass
class World:
    """A cache, the model of it, and what happens to both."""

    seed: int
    epoch: int = 0
    expected: Counter[Result] = field(default_factory=Counter)
    kept: int = 0
    not_kept: int = 0

    def __post_init__(self) -> None:
        self.dice = dice = random.Random(self.seed)
        # at times there is less room than one answer takes
        size_bytes = dice.choice((3_000, 20_000, 100_000, 400_000))
        bounds = Bounds(dice.randint(5, 120), size_bytes, dice.choice((20.0, 90.0)))
        self.wall, self.clock = Clock(NOW), Clock()
        self.books, self.gone, self.known = Tally(), Gone(), Known()
        self.store, self.model = CountedStore(bounds, self.gone), Model(bounds)
        kept = Kept(self.store, lambda: pytest.fail("a store in memory failed"), self.wall)
        self.rules = replace(RULES, shares_flights=False)
        self.cache = AnswerCache(
            self.rules,
            Reader(Keys(b"secret"), self.rules, None),
            kept,
            self.known,
            self.books,
            epoch=lambda: self.epoch,
            wall_clock=self.wall,
            clock=self.clock,
        )

    async def step(self) -> None:
        """One request, after something has changed, or nothing."""
        await self._change()
        dice = self.dice
        target, caller = dice.choice(TARGETS), dice.choice(CALLERS)
        wish, oldest, stores = dice.choice(WISHES)
        asked = (dice.choice(PARTS), dice.choice(OPTIONS), dice.choice(SCHEMAS))
        body = self._spelled(*asked)
        is_certain = dice.random() > 0.02
        if not is_certain:
            body = body[:-1] + dice.choice((b',"model":"m"}', b',"MODEL":"m"}', b"", b',"x":NaN}'))
        lines = "\r\n".join((f"POST {target} HTTP/1.1", *caller, *wish))
        head = read_request(lines.encode())
        endpoint = endpoint_of(target.partition("?")[0])
        look = await self.cache.look(head, endpoint, body, Path())
        digest = (self.known.digests or {}).get("m:latest")
        key = json.dumps((target, caller, *asked, digest)).encode()
        result, found = Result.REFRESH, None
        if not (is_certain and digest):
            result = Result.DISABLED
        elif oldest:
            found = self.model.get(key, self.wall.now)
            result = Result.MISS if found is None else Result.HIT
            if found is not None and self.wall.now - found.stored_at > oldest:
                result, found = Result.REFRESH, None
        self.expected[result] += 1
        assert (look.result, look.entry) == (result, found)
        if found is None:
            await self._answer(look, endpoint, key, stores)

    async def _change(self) -> None:
        dice = self.dice
        self.wall.now += dice.choice((0, 0, 0, 0, 0, 0.25, 1, 3))
        chance = dice.random()
        if chance < 0.002:
            self.known.digests = dice.choice((None, {}, {"other:latest": "d1"}))
        elif chance < 0.02:
            self.known.digests = {"m:latest": dice.choice(("d1", "d2"))}
        elif chance < 0.022:
            self.epoch += 1  # the next look empties it
            self.model.clear()
        elif chance < 0.024:
            assert await self.cache.empty() == self.model.clear()
        elif chance < 0.03:
            self.wall.now += 100

    def _spelled(self, *asked: object) -> bytes:
        """A body that asks this, in one of its spellings."""
        message, options, schema = asked
        members: dict[str, object] = {
            "model": "m",
            "messages": [message],
        }
        if schema is not None:
            members["format"] = {"type": "object", "properties": schema}
        if isinstance(options, dict):
            members["options"] = dict(self.dice.sample(list(options.items()), len(options)))
        pairs = self.dice.sample(list(members.items()), len(members))
        indent, is_ascii = self.dice.choice((None, 1)), self.dice.random() < 0.5
        return json.dumps(dict(pairs), indent=indent, ensure_ascii=is_ascii).encode()

    async def _answer(self, look: Look, endpoint: Endpoint, key: bytes, stores: bool) -> None:
        """Have the upstream answer, and the answer kept if it may be."""
        ending = self.dice.choice(ENDINGS)
        head = HEAD.replace(b"200 OK", b"500 x") if ending == "failed" else HEAD
        padding = b"x" * (20_000 if ending == "endless" else self.dice.choice((1, 200, 5_000)))
        last = LAST.replace(b"stop", b"load") if ending == "loaded" else LAST
        reads = [chunk(FIRST.replace(b'"a"', b'"%s"' % padding)), chunk(last), b"0\r\n\r\n"]
        if ending == "broken":
            del reads[1]
        before = self.store.puts + self.books.reasons.total()
        self._fly(look, endpoint, head, reads)
        if look.result is Result.DISABLED:
            return
        async with asyncio.timeout(30):
            while self.store.puts + self.books.reasons.total() == before:
                await asyncio.sleep(0)
        if ending != "whole" or not stores:
            self.not_kept += 1
            return
        status, *lines = head.split(b"\r\n")
        body, marks = b"".join(reads), b"".join(a_mark(250, len(read)) for read in reads)
        entry = Entry(
            "m:latest", endpoint.template, status, lines, body, marks, self.wall.now, 0.25, 3, 2
        )
        self.kept += self.model.put(key, entry, None, self.wall.now)

    def _fly(self, look: Look, endpoint: Endpoint, head: bytes, reads: list[bytes]) -> None:
        line, guest = Line(), Guest()
        flight = self.cache.open_flight(look, endpoint, line)
        guest.seat = Seat(flight, guest, guest)
        flight.start(line, guest.seat)
        self.clock.now += 0.25
        line.asker.head_received(self.clock.now, read_response(head))
        for read in reads:
            line.asker.body_received(self.clock.now, read, [], read is reads[-1])


@pytest.mark.parametrize("seed", range(10))
async def test_it_does_what_the_model_does(seed: int) -> None:
    world = World(seed)
    for _ in range(STEPS):
        await world.step()
    await world.cache.close()
    assert await world.store.held(world.wall.now) == world.model.held(world.wall.now)
    assert world.books.results == world.expected
    assert +world.gone.counts == +world.model.gone
    assert world.books.kept == world.kept
    assert world.books.results.keys() == {
        *(Result.HIT, Result.MISS, Result.REFRESH, Result.DISABLED)
    }
