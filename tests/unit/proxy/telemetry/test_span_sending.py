"""Spans on their way: in batches, again where it may help, and no more than there is room for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans

from ollama_observe.metrics.catalogue import genai
from ollama_observe.metrics.catalogue import telemetry as m
from ollama_observe.wire.endpoints import endpoint_of
from proxy.outcomes import Ending
from proxy.pages import Pages
from proxy.story import Story
from proxy.telemetry.backoff import Backoff
from proxy.telemetry.collector import Collector
from proxy.telemetry.resource import resource_of
from proxy.telemetry.span_sending import BATCH_SPANS, QUEUE_SPANS, Envelope, SpanSending
from proxy.telemetry.spans import Spans
from proxy.telemetry.traceparent import Contexts
from tests.ledgers import ReadLedger
from tests.otlp import Receiver, Told, receiving

SOON_SECONDS = 0.02


@dataclass
class World:
    """A sending, its receiver, and what is counted of both."""

    receiver: Receiver
    sending: SpanSending
    read: ReadLedger
    contexts: Contexts

    def book(self, count: int = 1, sampled: bool = True) -> None:
        page = Pages(self.read.ledger)
        for _ in range(count):
            story = Story("id", "", "", "GET", endpoint_of("/api/tags"), False, "none", 0.0)
            story.trace = self.contexts.of(None) if sampled else Contexts(0.0).of(None)
            story.end(1.0, Ending.COMPLETE)
            self.sending.book(page.of(story), story)

    def dropped(self, reason: str) -> float:
        return self.read.value(m.DROPPED, signal="traces", reason=reason) or 0

    @property
    def sent(self) -> float:
        return self.read.value(m.SENT, signal="traces") or 0


@contextlib.asynccontextmanager
async def world(
    seconds: float = 5.0,
    every: float = SOON_SECONDS,
    flush: float = 3.0,
    backoff: Callable[[], Backoff] = lambda: Backoff(lambda: 1.0),
) -> AsyncIterator[World]:
    """Nothing is running in it yet."""
    async with receiving() as receiver:
        read = ReadLedger()
        collector = Collector("traces", receiver.url, {}, seconds, read.ledger)
        sending = SpanSending(
            collector,
            Spans("h", 1),
            resource_of(1, {}),
            read.ledger,
            every,
            flush,
            backoff=backoff,
        )
        yield World(receiver, sending, read, Contexts(1.0))


async def test_spans_arrive_in_one_message_with_who_sent_them() -> None:
    async with world() as w:
        w.book(3)
        async with w.sending.running():
            spans = await w.receiver.some_spans(3)
        assert len({span.span_id for span in spans}) == 3
        assert len(w.receiver.calls) == 1
        assert w.receiver.scopes == ["ollama-observe-proxy"]
        assert w.receiver.schemas == [genai.SCHEMA_URL]
        assert w.receiver.resources == [resource_of(1, {})]
        assert w.sent == 3


async def test_one_that_is_not_sampled_or_has_no_trace_is_not_sent() -> None:
    async with world() as w:
        w.book(sampled=False)
        story = Story("id", "", "", "GET", endpoint_of("/api/tags"), False, "none", 0.0)
        w.sending.book(Pages(w.read.ledger).of(story), story)
        w.book()
        async with w.sending.running():
            await w.receiver.some_spans(1)
        assert len(w.receiver.spans) == 1


async def test_a_whole_batch_does_not_wait_for_its_time() -> None:
    async with world(every=60.0) as w:
        async with w.sending.running():
            w.book(BATCH_SPANS + 1)
            await w.receiver.some_spans(BATCH_SPANS)
            sizes = [_spans_in(call.body) for call in w.receiver.calls]
            assert sizes[0] == BATCH_SPANS
    assert sum(_spans_in(call.body) for call in w.receiver.calls) == BATCH_SPANS + 1


def _spans_in(body: bytes) -> int:
    request = ExportTraceServiceRequest.FromString(body)
    return sum(len(s.spans) for r in request.resource_spans for s in r.scope_spans)


async def test_what_came_while_others_were_sent_waits_for_its_time() -> None:
    async with world(every=0.2) as w:
        w.receiver.instead = lambda _signal: Told("200 OK", seconds=0.05)
        async with w.sending.running():
            for _ in range(30):
                w.book()
                await asyncio.sleep(0.02)
            await w.receiver.some_spans(30)
        assert len(w.receiver.calls) <= 6


async def test_where_too_many_wait_the_oldest_go_and_are_counted() -> None:
    async with world() as w:
        w.book(QUEUE_SPANS + 5)
        assert w.dropped("queue_full") == 5
        async with w.sending.running():
            await w.receiver.some_spans(QUEUE_SPANS)
        assert len({span.span_id for span in w.receiver.spans}) == QUEUE_SPANS
        assert w.sent == QUEUE_SPANS


async def test_what_was_not_taken_for_now_is_sent_again_and_arrives_once() -> None:
    async with world() as w:
        answers = [Told(), Told("429 Too Many Requests", ((b"Retry-After", b"1"),))]
        w.receiver.instead = lambda _signal: answers.pop() if answers else None
        w.book(2)
        loop = asyncio.get_running_loop()
        async with w.sending.running():
            began_at = loop.time()
            await w.receiver.some_spans(2)
        assert loop.time() - began_at >= 1.5  # a second that it asked for, then half of two
        assert len(w.receiver.spans) == 2
        assert (w.sent, w.dropped("refused")) == (2, 0)
        assert w.read.value(m.SENDS, signal="traces", result="busy") == 2


async def test_what_is_refused_for_good_is_given_up_and_the_next_is_sent() -> None:
    async with world() as w:
        answers = [Told("400 Bad Request")]
        w.receiver.instead = lambda _signal: answers.pop() if answers else None
        w.book(2)
        async with w.sending.running():
            async with asyncio.timeout(5):
                while w.dropped("refused") != 2:
                    await asyncio.sleep(0.01)
            w.book(1)
            await w.receiver.some_spans(1)
        assert (w.sent, w.dropped("refused")) == (1, 2)


async def test_some_that_were_rejected_are_counted_apart() -> None:
    async with world() as w:
        w.receiver.rejects = 2
        w.book(5)
        async with w.sending.running():
            await w.receiver.some_spans(5)
        assert (w.sent, w.dropped("rejected")) == (3, 2)


async def test_one_that_says_it_rejected_more_than_it_got_is_believed_no_further() -> None:
    async with world() as w:
        w.receiver.rejects = 1000
        w.book(5)
        async with w.sending.running():
            await w.receiver.some_spans(5)
        assert (w.sent, w.dropped("rejected"), w.dropped("shutdown")) == (0, 5, 0)


class Hurried(Backoff):
    """Counts as another does, and does not wait for it."""

    def wait(self, asked_seconds: float) -> float | None:
        found = super().wait(asked_seconds)
        return None if found is None else 0.01


async def test_how_many_wait_is_told_also_while_the_collector_takes_nothing() -> None:
    async with world() as w:
        w.receiver.instead = lambda _signal: Told(headers=((b"Retry-After", b"299"),))
        w.book(3)
        async with w.sending.running():
            async with asyncio.timeout(5):
                while not w.receiver.calls:
                    await asyncio.sleep(0.01)
            assert w.read.value(m.QUEUED) == 3
            w.book(QUEUE_SPANS + 5)
            assert w.read.value(m.QUEUED) == QUEUE_SPANS + 3
            assert w.dropped("queue_full") == 5
        assert w.dropped("shutdown") == QUEUE_SPANS + 3


async def test_none_waits_once_all_are_taken() -> None:
    async with world() as w, w.sending.running():
        w.book(BATCH_SPANS + 3)
        await w.receiver.some_spans(BATCH_SPANS + 3)
        async with asyncio.timeout(5):
            while w.read.value(m.QUEUED):
                await asyncio.sleep(0.01)
        assert w.sent == BATCH_SPANS + 3


async def test_what_is_tried_for_too_long_is_given_up() -> None:
    async with world(backoff=Hurried) as w:
        w.receiver.instead = lambda _signal: Told(headers=((b"Retry-After", b"299"),))
        w.book(1)
        async with w.sending.running(), asyncio.timeout(5):
            while w.dropped("gave_up") != 1:
                await asyncio.sleep(0.01)
        assert len(w.receiver.calls) == 2


async def test_at_the_end_what_waits_is_sent() -> None:
    async with world(every=60.0) as w:
        async with w.sending.running():
            w.book(3)
            await asyncio.sleep(0)
        assert len(w.receiver.spans) == 3
        assert w.sent == 3


async def test_at_the_end_nobody_waits_for_long() -> None:
    async with world(seconds=30.0, flush=0.2) as w:
        w.receiver.instead = lambda _signal: Told(is_silent=True)
        loop = asyncio.get_running_loop()
        async with w.sending.running():
            w.book(BATCH_SPANS + 3)
            await asyncio.sleep(3 * SOON_SECONDS)
            began_at = loop.time()
        assert loop.time() - began_at < 2
        assert (w.sent, w.dropped("shutdown")) == (0, BATCH_SPANS + 3)


async def test_at_the_end_a_collector_that_is_down_is_asked_once_more_and_not_for_each_batch() -> (
    None
):
    async with world() as w:
        w.receiver.instead = lambda _signal: Told("503 Service Unavailable")
        async with w.sending.running():
            w.book(2 * BATCH_SPANS)
            async with asyncio.timeout(5):
                while not w.receiver.calls:
                    await asyncio.sleep(0.01)
        assert len(w.receiver.calls) <= 2
        assert w.dropped("shutdown") == 2 * BATCH_SPANS


async def test_a_mistake_in_it_is_not_its_end() -> None:
    async with world() as w:
        w.sending._row.append("no bytes")  # type: ignore[arg-type]
        async with w.sending.running():
            await asyncio.sleep(3 * SOON_SECONDS)
            w.book(1)
            await w.receiver.some_spans(1)


@pytest.mark.parametrize("count", [0, 1, 3, 400])
def test_an_envelope_is_what_protobuf_itself_would_write(count: int) -> None:
    resource = resource_of(1, {"a": "b" * 200})
    batch = []
    for number in range(count):
        one = ScopeSpans()
        one.spans.add(name=f"span {number}", trace_id=bytes(16))
        batch.append(one.SerializeToString())
    read = ExportTraceServiceRequest.FromString(Envelope(resource).around(batch))
    (of_resource,) = read.resource_spans
    (of_scope,) = of_resource.scope_spans
    assert of_resource.resource == resource
    assert of_scope.scope.name == "ollama-observe-proxy"
    assert [span.name for span in of_scope.spans] == [f"span {n}" for n in range(count)]
    assert ExportTraceServiceRequest.FromString(read.SerializeToString()) == read
