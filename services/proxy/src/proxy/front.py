"""The front door: takes clients' requests in, and chooses their way."""

from collections.abc import Callable, Sequence
from functools import partial

from proxy.admission import Refusal
from proxy.cache.cache import AnswerCache
from proxy.heads import RequestHead
from proxy.observer import Observer
from proxy.outcomes import Ending
from proxy.portkey.crossings import Crossing
from proxy.portkey.gateway import Gateway
from proxy.recorder import Recorder
from proxy.relay import Stoppable
from proxy.routing import ROUTE_HEADER, Bypass, Routing, UnknownRoute, bypass_of, wish_of
from proxy.ways import Direct, Trip, Way
from proxy.witness import Witness

Threshold = Callable[[RequestHead, Recorder], None]
"""Looks at who comes in, and may change what goes on of its head. Raises: Refusal."""

Bend = Callable[[Trip, RequestHead, Recorder], Trip]
"""Makes another trip of one that was chosen: one on which a request waits, or is looked at."""


class FrontDesk:
    """The front door of one process; without a gateway everything goes directly. A Desk."""

    def __init__(
        self,
        observer: Observer,
        direct: Direct,
        gateway: Gateway | None = None,
        cache: AnswerCache | None = None,
        thresholds: Sequence[Threshold] = (),
        bends: Sequence[Bend] = (),
    ) -> None:
        """`thresholds` and `bends` in their order; what the cache answers takes no bend's pool."""
        self.observer = observer
        self._direct = direct
        self._gateway = gateway
        self._cache = cache
        self._thresholds = tuple(thresholds)
        self._bends = tuple(bends)

    def observe(self, head: RequestHead, at: float) -> Recorder:
        """See Desk."""
        return self.observer.begin(head.method, head.target, head.headers, at)

    def way(self, head: RequestHead, witness: Witness, exchange: Stoppable) -> Way:
        """See Desk."""
        assert isinstance(witness, Recorder)
        for threshold in self._thresholds:
            threshold(head, witness)
        cache = self._cache
        if cache is None or not cache.takes(head, witness.endpoint):
            return self._way(head, witness, exchange.upstream_hangs)
        return cache.way(head, witness, exchange, partial(self._way, head, witness))

    def _way(self, head: RequestHead, witness: Recorder, give_up: Callable[[], None]) -> Trip:
        trip = self._chosen(head, witness, give_up)
        for bend in self._bends:
            trip = bend(trip, head, witness)
        return trip

    def _chosen(self, head: RequestHead, witness: Recorder, give_up: Callable[[], None]) -> Trip:
        gateway = self._gateway
        if gateway is not None and not gateway.is_used:
            gateway = None
        if gateway is None and ROUTE_HEADER not in head.headers:
            return self._direct
        try:
            wish = wish_of(head)
        except UnknownRoute as error:
            raise Refusal(Ending.UNSENDABLE, str(error)) from error
        if wish is Routing.DIRECT or (wish is None and gateway is None):
            return self._direct
        reason = self._reason_against(gateway, head, witness)
        if gateway is None or reason is not None:
            witness.rerouted(reason or Bypass.NOT_ENABLED)
            return self._direct
        crossing = Crossing(gateway, head, witness.endpoint, witness.request_id, give_up)
        crossing.claimed_by(witness)
        return crossing

    def _reason_against(
        self, gateway: Gateway | None, head: RequestHead, witness: Recorder
    ) -> Bypass | None:
        if gateway is None:
            return Bypass.NOT_ENABLED
        reason = bypass_of(head, witness.endpoint)
        if reason is None and not gateway.reads(head):
            return Bypass.HEAD
        if reason is None and gateway.is_down and not gateway.is_strict:
            return Bypass.GATEWAY_DOWN
        return reason

    def settle(self) -> None:
        """See Desk."""
        self.observer.closing.settle()

    def close(self) -> None:
        """See Desk."""
        self._direct.pool.close()
        if self._gateway is not None:
            self._gateway.pool.close()
