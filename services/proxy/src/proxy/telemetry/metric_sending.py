"""Sends metrics: what the ledgers of all processes say, at each interval, and once at the end.

What was not taken is not kept: the values only grow, so that the next ones hold these as well.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import structlog
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import ResourceMetrics, ScopeMetrics
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from ollama_observe.metrics.catalogue import genai
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.metric import Metric
from ollama_observe.service.tasks import spawn
from proxy.telemetry.backoff import Backoff
from proxy.telemetry.collector import Collector
from proxy.telemetry.points import Times, metrics_of
from proxy.telemetry.resource import SCOPE
from proxy.telemetry.verdicts import Result, Verdict

FLUSH_SECONDS = 2.0
"""How long at most a shutdown waits for the last metrics, after the last spans: whoever stops a
proxy gives it ten seconds beside its drain."""

_log = structlog.stdlib.get_logger("proxy.telemetry")


class Readings:
    """What the ledgers say, as a request to the collector. `wall_clock`: nanoseconds since 1970."""

    def __init__(
        self,
        ledgers: LedgerCollector,
        others: Sequence[Metric],
        resource: Resource,
        always: Sequence[KeyValue],
        wall_clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """`others` are sent under their own names; `always` are attributes of all GenAI points."""
        self._ledgers = ledgers
        self._others = others
        self._resource = resource
        self._always = always
        self._wall_clock = wall_clock
        self._began = self._taken = wall_clock()

    def take(self) -> tuple[bytes, int, int]:
        """A request, how many points are in it, and the instant that they are of."""
        times = Times(self._began, self._taken, self._wall_clock())
        series = self._ledgers.read((*genai.METRICS, *self._others))
        ours = [one for one in series if one.metric in genai.TWINS]
        named, count = metrics_of(ours, times, genai.ATTRIBUTES, self._always)
        others, more = metrics_of(series[len(ours) :], times, {}, ())
        schema = genai.SCHEMA_URL
        scope = ScopeMetrics(scope=SCOPE, schema_url=schema, metrics=[*named, *others])
        of_resource = ResourceMetrics(
            resource=self._resource, scope_metrics=[scope], schema_url=schema
        )
        request = ExportMetricsServiceRequest(resource_metrics=[of_resource])
        return request.SerializeToString(), count + more, times.now

    def taken(self, at: int) -> None:
        """The collector has what was there at that instant."""
        self._taken = at


class MetricSending:
    """The metrics of a proxy, on their way; one process sends those of all."""

    def __init__(
        self,
        collector: Collector,
        readings: Readings,
        interval_seconds: float,
        refresh: Callable[[], Awaitable[None]] | None = None,
        flush_seconds: float = FLUSH_SECONDS,
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        """`refresh` is awaited before each reading: what must be asked of other processes."""
        self._collector = collector
        self._readings = readings
        self._interval_seconds = interval_seconds
        self._refresh = refresh
        self._flush_seconds = flush_seconds
        self._backoff = backoff

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send while the block runs, and once more at its end."""
        sending = spawn(self._send_on(), name="send metrics")
        try:
            yield
        finally:
            sending.cancel()
            await asyncio.wait([sending])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._flush_seconds):
                    await self._try_to_send()
            self._collector.close()

    async def _send_on(self) -> None:
        backoff = self._backoff()
        seconds = self._interval_seconds
        while True:
            await asyncio.sleep(seconds)
            seconds = self._interval_seconds
            verdict = await self._try_to_send()
            if verdict.result.may_be_repeated:
                asked = verdict.wait_seconds
                seconds = max(asked, min(seconds, backoff.wait(asked) or seconds))
            else:
                backoff = self._backoff()

    async def _try_to_send(self) -> Verdict:
        try:
            return await self._send()
        except Exception as error:  # noqa: BLE001 (the next time it may work)
            _log.error("otlp_failed", signal="metrics", error=type(error).__name__)
            return Verdict(Result.OK)

    async def _send(self) -> Verdict:
        """Send what there is now."""
        if self._refresh is not None:
            await self._refresh()
        # in a thread: it may be long, and the event loop is a relay's
        body, count, at = await asyncio.to_thread(self._readings.take)
        if not count:
            return Verdict(Result.OK)
        collector = self._collector
        verdict = await collector.send(body)
        if verdict.result.may_be_repeated:
            collector.lacks(count, "unsent")
        elif verdict.result is Result.REFUSED:
            collector.lacks(count, "refused")
        else:
            rejected = verdict.rejected_of(count)
            collector.took(count - rejected)
            collector.lacks(rejected, "rejected")
            self._readings.taken(at)
        return verdict
