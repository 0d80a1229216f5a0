"""The way by the cache: to a recorded answer, or else on by the way that was chosen."""

from typing import TYPE_CHECKING

import structlog

from ollama_observe.service.tasks import spawn
from proxy.cache.flights import Flight, Seat
from proxy.cache.results import Result
from proxy.heads import RequestHead
from proxy.routing import Bypass
from proxy.upstream import OWN_DEFECT, Asker, Cancellable, OwnDefect
from proxy.ways import Way
from proxy.witness import Witness

if TYPE_CHECKING:
    from proxy.cache.cache import AnswerCache, Look

_log = structlog.stdlib.get_logger("proxy.cache")


class CachedWay:
    """A Way, and its own Pool: asked for a connection, it looks first. `inner` is the way on."""

    def __init__(
        self, cache: "AnswerCache", inner: Way, head: RequestHead, witness: Witness
    ) -> None:
        self._cache = cache
        self._inner = inner
        self._head = head
        self._witness = witness
        self._body: bytes | None = None
        self._look: Look | None = None
        self._seat: Seat | None = None
        self.pool = self
        self.name = inner.name
        limit = cache.rules.request_limit_bytes
        self.body_limit_bytes = inner.body_limit_bytes or limit
        self.frames_anew = inner.frames_anew
        self.signature = inner.signature
        self.hides_breaks = inner.hides_breaks

    def head(self, request: RequestHead, length: int | None = None, plain: bool = False) -> bytes:
        """See Way."""
        return self._inner.head(request, length, plain)

    def body(self, body: bytes | None) -> bytes | None:
        """See Way."""
        is_short = body is not None and len(body) <= self._cache.rules.request_limit_bytes
        self._body = body if is_short else None
        return self._inner.body(body)

    @property
    def needs_own_chunks(self) -> bool:
        """See Way."""
        return self._inner.needs_own_chunks

    @property
    def is_broken(self) -> bool:
        """See Way."""
        return self._inner.is_broken

    def instead(self, reason: Bypass) -> Way | None:
        """See Way: what was looked for is not looked for again."""
        other = self._inner.instead(reason)
        if other is None:
            return None
        self._leave()
        way = CachedWay(self._cache, other, self._head, self._witness)
        way._look = self._look
        return way

    def close(self) -> None:
        """See Way."""
        self._leave()
        self._inner.close()

    def ask(self, asker: Asker) -> Cancellable | None:
        """See Pool."""
        if self._look is not None:
            self._depart(asker, self._look)
            return None
        return spawn(self._find(asker), name="look into the cache")

    async def _find(self, asker: Asker) -> None:
        self._look = look = await self._cache.look(
            self._head, self._witness.endpoint, self._body, self.signature
        )
        try:
            self._answer(asker, look)
        except Exception as error:  # noqa: BLE001 (nobody awaits this: the client would wait)
            _log.error("request_failed", error=type(error).__name__)
            asker.failed(OwnDefect(OWN_DEFECT))

    def _answer(self, asker: Asker, look: "Look") -> None:
        self._witness.looked_up(look.result, look.entry)
        if look.entry is not None:
            asker.connected(self._cache.replay(look.entry, look.result, self.needs_own_chunks))
        elif (flight := self._cache.flight_of(look)) is not None:
            self._seat = self._seat_of(flight, asker)
            flight.join(self._seat)
        else:
            self._depart(asker, look)

    def _depart(self, asker: Asker, look: "Look") -> None:
        """Ask the upstream."""
        self._witness.looked_up(look.result, None)
        flight = self._cache.open_flight(look, self._witness.endpoint, lambda: self.is_broken)
        self._seat = self._seat_of(flight, asker)
        flight.start(self._inner.pool, self._seat)

    def _seat_of(self, flight: Flight, asker: Asker) -> Seat:
        return Seat(flight, asker, lambda: self._witness.looked_up(Result.SHARED, None))

    def _leave(self) -> None:
        seat, self._seat = self._seat, None
        if seat is not None:
            seat.give_up()
