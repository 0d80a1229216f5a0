"""Sends spans: a bounded row of them, in batches, again where the collector asks for it.

Nobody waits for it: a request's span is put into the row when all of its bytes have left, and
where the row is full the oldest goes.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence

import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

from ollama_observe.metrics.catalogue import genai
from ollama_observe.metrics.catalogue import telemetry as m
from ollama_observe.metrics.ledger import Ledger, Page
from ollama_observe.service.tasks import spawn
from proxy.story import Story
from proxy.telemetry.backoff import Backoff
from proxy.telemetry.collector import Collector
from proxy.telemetry.encoding import field
from proxy.telemetry.resource import SCOPE
from proxy.telemetry.spans import Spans
from proxy.telemetry.verdicts import Result

QUEUE_SPANS = 2048
BATCH_SPANS = 512
EVERY_SECONDS = 1.0
FLUSH_SECONDS = 3.0
"""How long at most a shutdown waits for what was not sent yet."""

_RESOURCE_SPANS = ExportTraceServiceRequest.RESOURCE_SPANS_FIELD_NUMBER
_log = structlog.stdlib.get_logger("proxy.telemetry")


class SpanSending:
    """The spans of one process, on their way. Units: seconds, by the event loop's clock."""

    def __init__(
        self,
        collector: Collector,
        spans: Spans,
        resource: Resource,
        ledger: Ledger,
        every_seconds: float = EVERY_SECONDS,
        flush_seconds: float = FLUSH_SECONDS,
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        self._collector = collector
        self._spans = spans
        self._envelope = Envelope(resource)
        self._ledger = ledger
        self._every_seconds = every_seconds
        self._flush_seconds = flush_seconds
        self._backoff = backoff
        self._row: deque[bytes] = deque()
        self._on_the_way = 0
        """Spans of the batch that is being sent, for as often as it takes."""
        self._is_wanted = asyncio.Event()
        """There is a batch, or no more will come."""
        self._is_stopping = asyncio.Event()

    def book(self, _page: Page, story: Story) -> None:
        """A Step: the span of a request that has ended."""
        trace = story.trace
        if trace is None or not trace.is_sampled:
            return
        if len(self._row) >= QUEUE_SPANS:
            self._row.popleft()
            self._collector.lacks(1, "queue_full")
        self._row.append(self._spans.of(story, trace))
        self._tell()
        if len(self._row) >= BATCH_SPANS:
            self._is_wanted.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send while the block runs, and then what is left, as far as there is time for it."""
        sending = spawn(self._send_on(), name="send spans")
        try:
            yield
        finally:
            self._is_stopping.set()
            self._is_wanted.set()
            await asyncio.wait([sending], timeout=self._flush_seconds)
            sending.cancel()
            await asyncio.wait([sending])
            self._collector.lacks(len(self._row), "shutdown")
            self._collector.close()

    async def _send_on(self) -> None:
        while not self._is_stopping.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every_seconds):
                    await self._is_wanted.wait()
            self._is_wanted.clear()
            try:
                await self._send_what_waits()
            except Exception as error:  # noqa: BLE001 (the next time it may work)
                _log.error("otlp_failed", signal="traces", error=type(error).__name__)

    async def _send_what_waits(self) -> None:
        """One batch, and further ones only while they are whole: else each would be of the few
        that came while the last was sent."""
        while self._row and await self._send(self._batch()):
            if len(self._row) < BATCH_SPANS and not self._is_stopping.is_set():
                return

    def _tell(self) -> None:
        self._ledger.put(m.QUEUED, len(self._row) + self._on_the_way)

    def _batch(self) -> list[bytes]:
        count = min(len(self._row), BATCH_SPANS)
        return [self._row.popleft() for _ in range(count)]

    async def _send(self, batch: Sequence[bytes]) -> bool:
        """Whether it makes sense to go on with the next one."""
        collector, backoff = self._collector, self._backoff()
        self._on_the_way = count = len(batch)
        why = ""  # as long as it is not known: this may be cancelled, or fail
        try:
            body = self._envelope.around(batch)
            while True:
                verdict = await collector.send(body)
                if not verdict.result.may_be_repeated:
                    why = "refused"
                    if verdict.result is not Result.REFUSED:
                        rejected = verdict.rejected_of(count)
                        collector.took(count - rejected)
                        why, count = "rejected", rejected
                    return True
                if self._is_stopping.is_set():
                    return False
                wait = backoff.wait(verdict.wait_seconds)
                if wait is None:
                    return True
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._is_stopping.wait()
                if self._is_stopping.is_set() and verdict.result is Result.BUSY:
                    return False  # which asked for none so soon
        finally:
            self._on_the_way = 0
            self._tell()
            collector.lacks(count, why or ("shutdown" if self._is_stopping.is_set() else "gave_up"))


class Envelope:
    """What is around the spans of a request to the collector.

    Bytes of a repeated field may stand one after the other, whoever wrote them; what they lie in
    has their length before it. Source: protocol buffers, "Encoding".
    """

    def __init__(self, resource: Resource) -> None:
        schema = genai.SCHEMA_URL
        self._scope = ScopeSpans(scope=SCOPE, schema_url=schema).SerializeToString()
        self._resource = ResourceSpans(resource=resource, schema_url=schema).SerializeToString()

    def around(self, batch: Sequence[bytes]) -> bytes:
        """An ExportTraceServiceRequest of these, each a ScopeSpans with one span."""
        scope_spans = field(ResourceSpans.SCOPE_SPANS_FIELD_NUMBER, self._scope, *batch)
        return field(_RESOURCE_SPANS, self._resource, scope_spans)
