"""Asks the gateway again and again whether it is there, for all processes of a proxy.

Source: design notes "portkey", part 1: `GET /` is its health check.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import structlog

from ollama_observe.metrics.catalogue import portkey as m
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.service.http import Check
from ollama_observe.service.tasks import meanwhile
from ollama_observe.wire.portkey import GREETING
from proxy.failures import UpstreamError, sentence_of
from proxy.pool import UpstreamPool
from proxy.portkey.lookup import Lookup
from proxy.probe import TIMEOUT_SECONDS, fetch
from proxy.shared import GatewayState

INTERVAL_SECONDS = 2.0

_log = structlog.stdlib.get_logger("proxy.portkey.gateway")


class GatewayWatch:
    """What the latest question to the gateway showed. `is_strict`: nothing goes without it.

    One that is not known, by the state, is not missed: it is down only once it has greeted as
    Portkey does. `on_found`, called then, makes it known.
    """

    def __init__(
        self,
        pool: UpstreamPool,
        lookup: Lookup,
        state: GatewayState,
        ledger: Ledger,
        is_strict: bool,
        on_found: Callable[[], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._pool = pool
        self._lookup = lookup
        self._on_found = on_found
        self._state = state
        self._ledger = ledger
        self._is_strict = is_strict
        self._clock = clock
        self._was_up: bool | None = None
        self._found = Check(not is_strict, "Portkey was not asked yet")

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Ask while the block runs, at once and then in intervals."""
        with contextlib.closing(self._pool):
            async with meanwhile(self._keep_asking(), name="watch the gateway"):
                yield

    async def check(self) -> Check | None:
        """What was found last. A gateway that is down is no failure while requests go directly."""
        return self._found if self._state.is_known else None

    async def ask(self) -> None:
        """Ask once."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._lookup.found()
            status, body = await fetch(self._pool, b"/")
        except (UpstreamError, OSError, TimeoutError) as error:
            self._got_nothing(error)
        else:
            self._got(status, GREETING.encode() in body)

    def _got_nothing(self, error: Exception) -> None:
        if not self._state.is_known:
            return
        self._state.tell(self._clock(), is_up=False)
        reason = str(error) if isinstance(error, UpstreamError) else sentence_of(error)
        if isinstance(error, TimeoutError):
            reason = f"nothing within {TIMEOUT_SECONDS:g} s"
        self._say(False, f"Portkey at {self._pool.address} gave no answer: {reason}")

    def _got(self, status: int, greets: bool) -> None:
        is_portkey = status == 200
        if not self._state.is_known:
            # nobody said that there is one: something else on its port gets no requests
            if not (is_portkey and greets):
                return
            self._on_found()
        # anything that answers is tried; whether it is the gateway, its answers will show
        self._state.tell(self._clock(), is_up=True)
        if is_portkey:
            self._say(True, f"Portkey at {self._pool.address}")
        else:
            self._say(False, f"{self._pool.address} answered {status}, not as Portkey does")

    def _say(self, is_up: bool, detail: str) -> None:
        if is_up != self._was_up:
            self._was_up = is_up
            log = _log.info if is_up else _log.warning
            log("gateway_found" if is_up else "gateway_lost", detail=detail)
        self._ledger.put(m.UP, float(is_up))
        instead = "; requests go directly" if self._state.is_down and not self._is_strict else ""
        self._found = Check(is_up or not self._is_strict, detail + instead, is_up)

    async def _keep_asking(self) -> None:
        while True:
            await self.ask()
            await asyncio.sleep(INTERVAL_SECONDS)
