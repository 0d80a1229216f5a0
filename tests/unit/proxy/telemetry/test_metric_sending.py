"""Metrics on their way: what the ledgers say at each interval, once more at the end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import genai as g
from ollama_observe.metrics.catalogue import proxy as p
from ollama_observe.metrics.catalogue import telemetry as m
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.ledger import Ledger
from proxy.telemetry.backoff import Backoff
from proxy.telemetry.collector import Collector
from proxy.telemetry.metric_sending import MetricSending, Readings
from proxy.telemetry.resource import resource_of
from proxy.telemetry.values import attribute
from tests.ledgers import ReadLedger, observe
from tests.otlp import Receiver, Told, attributes_of, points_of, receiving

SOON_SECONDS = 0.02
CHAT = ("chat", "m:latest", "m:latest")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
NAME = "gen_ai.server.time_to_first_token"


@dataclass
class World:
    """A sending, its receiver, and the ledger whose values it sends."""

    receiver: Receiver
    sending: MetricSending
    ledger: Ledger
    read: ReadLedger
    refreshed: list[int]

    def observe(self, value: float, trace_id: str = "") -> None:
        observe(self.ledger, g.TIME_TO_FIRST_TOKEN, value, CHAT, trace_id)

    def dropped(self, reason: str) -> float:
        return self.read.value(m.DROPPED, signal="metrics", reason=reason) or 0

    @property
    def sent(self) -> float:
        return self.read.value(m.SENT, signal="metrics") or 0

    async def count(self, wanted: int) -> None:
        """Wait until so many observations have arrived."""
        await self.receiver.metric(NAME, lambda points: points[0].count == wanted)


@contextlib.asynccontextmanager
async def world(
    interval: float = SOON_SECONDS, others: bool = False, flush: float = 3.0, seconds: float = 5.0
) -> AsyncIterator[World]:
    """Nothing is running in it yet."""
    async with receiving() as receiver:
        read, refreshed = ReadLedger(), list[int]()
        ledger = Ledger((*catalogue.PROXY, *catalogue.GENAI))
        ledgers = LedgerCollector(catalogue.PROXY, {}, catalogue.GENAI)
        ledgers.include(ledger.memory)

        async def refresh() -> None:
            refreshed.append(1)

        readings = Readings(
            ledgers,
            [p.ERRORS] if others else [],
            resource_of(1, {}),
            [attribute("server.port", 1)],
        )
        collector = Collector("metrics", receiver.url, {}, seconds, read.ledger)
        sending = MetricSending(
            collector, readings, interval, refresh, flush, backoff=lambda: Backoff(lambda: 1.0)
        )
        yield World(receiver, sending, ledger, read, refreshed)


async def test_values_go_at_each_interval_and_grow_from_one_start() -> None:
    async with world() as w, w.sending.running():
        w.observe(0.3)
        await w.count(1)
        w.observe(0.4)
        await w.count(2)
        starts, instants = set(), []
        for request in w.receiver.metrics:
            (point,) = points_of(request.resource_metrics[0].scope_metrics[0].metrics[0])
            starts.add(point.start_time_unix_nano)
            instants.append(point.time_unix_nano)
            assert attributes_of(point.attributes)["server.port"] == 1
        assert len(starts) == 1
        assert instants == sorted(set(instants))
        assert w.refreshed
        assert w.sent >= 2


async def test_nothing_is_sent_while_there_is_nothing() -> None:
    async with world() as w:
        async with w.sending.running():
            await asyncio.sleep(5 * SOON_SECONDS)
        assert w.receiver.calls == []
        assert len(w.refreshed) > 1


async def test_an_exemplar_goes_once() -> None:
    async with world() as w, w.sending.running():
        w.observe(0.3, TRACE)
        await w.count(1)
        w.observe(0.4)
        await w.count(2)
        w.observe(60.0, TRACE[::-1])
        await w.count(3)
        traces = [
            exemplar.trace_id.hex()
            for request in w.receiver.metrics
            for point in points_of(request.resource_metrics[0].scope_metrics[0].metrics[0])
            for exemplar in point.exemplars
        ]
        assert traces == [TRACE, TRACE[::-1]]


async def test_one_that_was_not_taken_goes_again_with_its_exemplar() -> None:
    async with world() as w:
        answers = [Told(), Told()]
        w.receiver.instead = lambda _signal: answers.pop() if answers else None
        async with w.sending.running():
            w.observe(0.3, TRACE)
            await w.count(1)
        (point,) = points_of(w.receiver.metrics[0].resource_metrics[0].scope_metrics[0].metrics[0])
        assert [exemplar.trace_id.hex() for exemplar in point.exemplars] == [TRACE]
        assert w.dropped("unsent") == 2


async def test_others_go_under_their_own_names_where_they_are_asked_for() -> None:
    async with world(others=True) as w, w.sending.running():
        w.observe(0.3)
        w.ledger.add(p.ERRORS, 2, ("m:latest", "connect", "direct"))
        await w.receiver.metric(p.ERRORS.name, lambda points: points[0].as_double == 2)
        latest = w.receiver.latest()
        assert set(latest) == {NAME, p.ERRORS.name}
        (point,) = points_of(latest[p.ERRORS.name])
        assert "server.port" not in attributes_of(point.attributes)


async def test_who_is_busy_is_left_alone_as_long_as_it_asks_for() -> None:
    async with world() as w:
        answers = [Told("503 Service Unavailable", ((b"Retry-After", b"1"),))]
        w.receiver.instead = lambda _signal: answers.pop() if answers else None
        w.observe(0.3)
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        async with w.sending.running():
            await w.count(1)
        assert loop.time() - began_at >= 1
        assert len(w.receiver.calls) <= 4


async def test_after_a_failure_it_is_tried_again_before_a_long_interval_is_over() -> None:
    async with world(interval=1.0) as w:
        answers = [Told("502 Bad Gateway")]
        w.receiver.instead = lambda _signal: answers.pop() if answers else None
        w.observe(0.3)
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        async with w.sending.running():
            await w.count(1)
            assert 1.4 <= loop.time() - began_at < 2  # the interval, then half a second


async def test_what_is_refused_or_rejected_is_counted() -> None:
    async with world() as w:
        answers = [Told("400 Bad Request")]
        w.receiver.instead = lambda _signal: answers.pop() if answers else None
        w.receiver.rejects = 1
        w.observe(0.3)
        async with w.sending.running():
            await w.count(1)
        assert w.dropped("refused") == 1
        assert w.dropped("rejected") >= 1
        assert w.sent == 0


async def test_one_that_says_it_rejected_more_than_it_got_is_believed_no_further() -> None:
    async with world(interval=60.0) as w:
        w.receiver.rejects = 1000
        async with w.sending.running():
            w.observe(0.3)
        assert (w.sent, w.dropped("rejected")) == (0, 1)


async def test_at_the_end_the_latest_values_are_sent() -> None:
    async with world(interval=60.0) as w:
        async with w.sending.running():
            w.observe(0.3)
        await w.count(1)
        assert len(w.receiver.calls) == 1


async def test_at_the_end_nobody_waits_for_long() -> None:
    async with world(interval=60.0, flush=0.2, seconds=30.0) as w:
        w.receiver.instead = lambda _signal: Told(is_silent=True)
        loop = asyncio.get_running_loop()
        async with w.sending.running():
            w.observe(0.3)
            began_at = loop.time()
        assert loop.time() - began_at < 2


async def test_a_mistake_in_it_is_not_its_end() -> None:
    async with world() as w:
        fails = [True]

        async def refresh() -> None:
            if fails:
                fails.clear()
                raise ValueError("a defect")

        w.sending._refresh = refresh
        w.observe(0.3)
        async with w.sending.running():
            await w.count(1)
