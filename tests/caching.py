"""An answer cache whose upstream is on paper: models have the digests that a test says."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from proxy.cache.asked import Guard, Reader
from proxy.cache.books import CacheBooks
from proxy.cache.cache import AnswerCache, Nearest
from proxy.cache.digests import Digests
from proxy.cache.entries import Entry, a_mark
from proxy.cache.keeping import Vector
from proxy.cache.kept import Kept
from proxy.cache.keys import Keys
from proxy.cache.rules import Rules
from proxy.cache.stores.memory import MemoryStore
from proxy.cache.stores.store import Bounds
from proxy.heads import RequestHead, read_request
from proxy.upstreams import MAIN
from tests.clock import Clock
from tests.ledgers import ReadLedger

RULES = Rules(
    request_limit_bytes=1000,
    answer_limit_bytes=10_000,
    is_shared_by_callers=False,
    shares_flights=True,
    keeps_pace=False,
    user_header=b"",
    request_id_header=b"x-request-id",
)
BOUNDS = Bounds(100, 1 << 20, 60.0)
BODY = b'{"model":"m","messages":[{"role":"user","content":"Why?"}]}'


def head_of(*lines: bytes, method: bytes = b"POST", path: bytes = b"/api/chat") -> RequestHead:
    """A request's head."""
    length = b"Content-Length: %d" % len(BODY)
    return read_request(b"\r\n".join([b"%s %s HTTP/1.1" % (method, path), *lines, length]))


class Known(Digests):
    """Digests that a test says; None: the lists are not to be had."""

    def __init__(self) -> None:
        super().__init__({})
        self.digests: dict[str, str] | None = {"m:latest": "d1"}
        self.defect: Exception | None = None
        self.asked: list[tuple[str, ...]] = []

    async def of(self, model: str, upstreams: Iterable[str] = (MAIN,)) -> str | None:
        """See Digests."""
        self.asked.append(tuple(upstreams))
        if self.defect is not None:
            raise self.defect
        return None if self.digests is None else self.digests.get(model, "")


class Told(Vector):
    """An embedding that is there."""

    def __init__(self, found: bytes | None) -> None:
        self.found = found

    async def ready(self) -> bytes | None:
        """See Vector."""
        return self.found


class Means(Nearest):
    """Says what means the same: what a test put into `found`."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.found: bytes | None = None
        self.vector: bytes | None = b"\0\0\x80?"

    def begin(self, text: str) -> Vector:
        """See Nearest."""
        self.begun.append(text)
        return Told(self.vector)

    async def find(self, bucket: bytes, vector: Vector) -> bytes | None:
        """See Nearest."""
        return self.found


class CacheHouse:
    """A cache in memory, and what it counts."""

    def __init__(
        self,
        nearest: Means | None = None,
        epoch: Callable[[], int] = lambda: 0,
        is_own: bool = True,
        bounds: Bounds = BOUNDS,
        **rules: object,
    ) -> None:
        self.clock, self.wall = Clock(), Clock(5000.0)
        self.read = ReadLedger()
        self.books = CacheBooks(self.read.ledger)
        self.digests = Known()
        self.store = MemoryStore(bounds, self.books.gone)
        self.kept = Kept(self.store, lambda: self.books.failed("store"), self.wall, self.clock)
        chosen = replace(RULES, **rules)  # type: ignore[arg-type]
        guard: Guard | None = (lambda _text: b"") if nearest is not None else None
        self.reader = Reader(Keys(b"secret"), chosen, guard)
        self.cache = AnswerCache(
            chosen,
            self.reader,
            self.kept,
            self.digests,
            self.books,
            nearest,
            epoch,
            is_own,
            wall_clock=self.wall,
            clock=self.clock,
        )


def entry(body: bytes = b"x", stored_at: float = 5000.0) -> Entry:
    """A recorded answer of a byte."""
    lines = [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
    line = b"HTTP/1.1 200 OK"
    return Entry(
        "m:latest", "/api/chat", line, lines, body, a_mark(1, len(body)), stored_at, 1.0, 3, 2
    )
