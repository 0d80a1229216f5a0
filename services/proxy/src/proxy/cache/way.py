"""The way by the cache: to a recorded answer, or else on by the way that was chosen."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from ollama_observe.service.tasks import spawn
from proxy.cache.entries import Entry
from proxy.cache.results import Result
from proxy.cache.seats import Seat
from proxy.connections import Asker, Cancellable, Pool
from proxy.detours import Onward
from proxy.failures import OWN_DEFECT, OwnDefect
from proxy.heads import RequestHead
from proxy.relay import Stoppable
from proxy.routing import Bypass
from proxy.ways import Trip, Way
from proxy.witness import Rest, Witness

if TYPE_CHECKING:
    from proxy.cache.cache import AnswerCache, Look

_log = structlog.stdlib.get_logger("proxy.cache")


class CachedWay(Onward):
    """A Way, and its own Pool: asked for a connection, it looks first. A Rider.

    `choose` gives the way on, whose upstream may hang: then what is given to it is called.
    """

    def __init__(
        self,
        cache: "AnswerCache",
        head: RequestHead,
        witness: Witness,
        exchange: Stoppable,
        choose: Callable[[Callable[[], None]], Trip],
    ) -> None:
        """Raises: Refusal, as `choose` does."""
        self._cache = cache
        self._head = head
        self._witness = witness
        self._exchange = exchange
        self._body: bytes | None = None
        self._look: Look | None = None
        self._seat: Seat | None = None
        super().__init__(choose(self._upstream_hangs))

    @property
    def pool(self) -> Pool:
        """See Way."""
        return self

    @property
    def body_limit_bytes(self) -> int:
        """See Way: as much is kept as the cache looks at."""
        return self.trip.body_limit_bytes or self._cache.rules.request_limit_bytes

    def body(self, body: bytes | None) -> bytes | None:
        """See Way."""
        is_short = body is not None and len(body) <= self._cache.rules.request_limit_bytes
        self._body = body if is_short else None
        return self.trip.body(body)

    @property
    def is_broken(self) -> bool:
        """See Way: of the way that brought the answer."""
        return self.trip.is_broken if self._seat is None else self._seat.flight.is_broken

    def instead(self, reason: Bypass) -> Way | None:
        """See Way: what was looked for is not looked for again, unless it is another answer."""
        other = self.trip.instead(reason)
        if other is None:
            return None
        self._leave()
        way = CachedWay(self._cache, self._head, self._witness, self._exchange, lambda _: other)
        way._look = self._look if other.signature == self.signature else None
        return way

    def close(self) -> None:
        """See Way: a way that others wait at the end of stays open for them."""
        self._leave()
        if self._seat is None or not self._seat.flight.goes_by(self.trip):
            self.trip.close()

    def ask(self, asker: Asker) -> Cancellable | None:
        """See Pool: never at once, so that the time until there is a connection is nobody's."""
        return spawn(self._find(asker), name="look into the cache")

    def shares(self, entry: Entry | None) -> None:
        """See Rider."""
        self._witness.looked_up(Result.SHARED, entry)

    def hands_on(self) -> None:
        """See Rider."""
        self._witness.hands_on()

    def takes_over(self, trip: Trip, sent_at: float) -> None:
        """See Rider. Its own way, which nothing went, is over."""
        self.trip.close()
        trip.claimed_by(self._witness)
        self._witness.takes_over(sent_at)

    def outlived(self) -> Rest | None:
        """See Rider."""
        return self._witness.outlived()

    def hangs(self) -> None:
        """See Rider."""
        self._exchange.upstream_hangs()

    def _upstream_hangs(self) -> None:
        if self._seat is not None and self._seat.flight.goes_by(self.trip):
            self._seat.flight.hang()
        else:
            self._exchange.upstream_hangs()

    async def _find(self, asker: Asker) -> None:
        if self._look is None:
            self._look = look = await self._cache.look(
                self._head, self._witness.endpoint, self._body, self.trip
            )
        else:
            look = replace(self._look, seconds=0.0)
        try:
            self._answer(asker, look)
        except Exception as error:  # noqa: BLE001 (nobody awaits this: the client would wait)
            _log.error("request_failed", error=type(error).__name__)
            asker.failed(OwnDefect(OWN_DEFECT))

    def _answer(self, asker: Asker, look: "Look") -> None:
        self._witness.looked_up(look.result, look.entry, look.seconds)
        if look.entry is not None:
            self.trip.yield_turn(None)
            asker.connected(self._cache.replay(look.entry, look.result, self.needs_own_chunks))
            return
        flight = self._cache.flight_of(look, self.trip.goal)
        if flight is not None and not flight.would_hold_up(self.trip):
            # it goes on by the way of another, which may itself wait for the turn that this one has
            self.trip.yield_turn(None)
            self._seat = Seat(flight, asker, self)
            flight.join(self._seat)
        else:
            flight = self._cache.open_flight(look, self._witness.endpoint, self.trip.goal)
            self._seat = Seat(flight, asker, self)
            flight.start(self.trip.pool, self._seat)

    def _leave(self) -> None:
        if self._seat is not None:
            self._seat.give_up()
