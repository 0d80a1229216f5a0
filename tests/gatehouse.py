"""A gate on paper: entries that a test writes, requests that come, and what is counted."""

from collections.abc import Sequence
from hashlib import sha256

from ollama_observe.metrics.catalogue import access as m
from ollama_observe.metrics.metric import Metric
from proxy.access.counts import Counts
from proxy.access.entries import Entry
from proxy.access.gate import Gate
from proxy.access.ring import KeyRing
from proxy.access.trust import Trust
from proxy.heads import RequestHead, read_request
from proxy.observer import Observer
from proxy.outcomes import Ending
from proxy.recorder import Recorder
from proxy.settings import ProxySettings
from proxy.shared import Shared
from tests.clock import Clock
from tests.ledgers import ReadLedger, nothing_loaded

USER_HEADER = b"X-OpenWebUI-User-Email"
TRUSTED = "10.0.0.7"


def key_of(alias: str) -> bytes:
    """The key that an alias has here."""
    return b"oo-key-of-" + alias.encode()


def an_entry(alias: str, **told: object) -> Entry:
    """An entry with a key."""
    digests = (sha256(key_of(alias)).digest(),)
    return Entry(alias, **{"digests": digests, **told})  # type: ignore[arg-type]


class Gatehouse:
    """A gate, the observer whose recorders it sees, and clocks that are moved by hand."""

    def __init__(
        self, *entries: Entry, trusted: str = TRUSTED, gateway_reads_headers: bool = False
    ) -> None:
        self.read = ReadLedger()
        self.clock, self.wall = Clock(), Clock(1_795_435_200.0)
        self.counts = Counts(clock=self.clock, wall_clock=self.wall)
        self.ring = KeyRing(entries)
        trust = Trust(trusted, USER_HEADER.decode())
        self.gate = Gate(
            lambda: self.ring, trust, self.counts, self.read.ledger, 1, gateway_reads_headers
        )
        told = {"api_keys_file": "keys.toml", "trusted_addresses": trusted}
        self.observer = Observer(
            ProxySettings.model_validate(told),
            self.read.ledger,
            Shared(),
            lambda *_: None,
            nothing_loaded,
            lambda: 0.0,
            counts=self.counts,
        )

    def head(
        self,
        *lines: bytes,
        key: str = "",
        user: str = "",
        peer: str = TRUSTED,
        asked: bytes = b"POST /api/chat",
    ) -> RequestHead:
        """A request that brings an alias's key, or names a user, from an address."""
        given = [asked + b" HTTP/1.1", b"Host: localhost", *lines]
        given += [b"Authorization: Bearer " + key_of(key)] if key else []
        given += [USER_HEADER + b": " + user.encode()] if user else []
        head = read_request(b"\r\n".join(given))
        head.peer = peer
        return head

    def comes(self, head: RequestHead) -> Recorder:
        """A request comes to the gate. Raises: Refusal."""
        recorder = self.observer.begin(head.method, head.target, head.headers, 0.0)
        try:
            self.gate(head, recorder)
        except Exception:
            recorder.finish(1.0, Ending.REFUSED_KEY)
            raise
        return recorder

    def in_flight(self, *aliases: str) -> list[int]:
        """How many requests of these are in flight."""
        return [self.counts.in_flight(self.counts.place(alias)) for alias in aliases]

    def refused(self, **labels: str) -> float | None:
        """How often requests were refused."""
        return self.value(m.REFUSALS, **labels)

    def value(self, metric: Metric, **labels: str) -> float | None:
        """What a metric of access says."""
        return self.read.value(metric, **labels)


def lines_of(head: RequestHead) -> Sequence[bytes]:
    """The names of the fields that go on, in lower case."""
    return [line.partition(b":")[0].lower() for line in head.passing]
