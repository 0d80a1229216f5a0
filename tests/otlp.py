"""A collector of OpenTelemetry on loopback that decodes what it is sent, and answers as told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint, Metric, NumberDataPoint
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ollama_observe.metrics.catalogue import telemetry as m
from tests.fakes.server import Call, ScriptedServer
from tests.servers import RunningProxy

PROTOBUF = (b"Content-Type", b"application/x-protobuf")
WITHIN_SECONDS = 10.0

Attributes = dict[str, Any]
Point = HistogramDataPoint | NumberDataPoint


def value_of(value: AnyValue) -> Any:
    """What an attribute says, in Python's own types."""
    which = value.WhichOneof("value")
    if which == "array_value":
        return [value_of(one) for one in value.array_value.values]
    return None if which is None else getattr(value, which)


def attributes_of(pairs: Sequence[KeyValue]) -> Attributes:
    """Attributes by name, each of which is there once."""
    found = {pair.key: value_of(pair.value) for pair in pairs}
    assert len(found) == len(pairs), pairs
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """One answer, instead of 200. `seconds` it is waited for; `is_silent`: none ever comes."""

    status: str = "503 Service Unavailable"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    seconds: float = 0.0
    is_silent: bool = False


@dataclass(slots=True)
class Receiver:
    """The script of a ScriptedServer: takes what it understands, and keeps it."""

    spans: list[Span] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    schemas: list[str] = field(default_factory=list)
    metrics: list[ExportMetricsServiceRequest] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    instead: Callable[[str], Told | None] = lambda _signal: None
    """Asked for each request, `metrics` or `traces`, before it is taken."""
    rejects: int = 0
    """How many items of each request it says that it did not take."""
    url: str = ""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, call: Call) -> None:
        await call.is_read.wait()
        if not call.is_whole:
            return
        self.calls.append(call)
        signal = call.target.rpartition("/v1/")[2]
        told = self.instead(signal)
        if told is not None:
            if told.is_silent:
                await call.peer_gone.wait()
                return
            await asyncio.sleep(told.seconds)
            if not told.status.startswith("2"):
                await call.answer(told.status, told.headers, told.body)
                return
        assert call.method == "POST"
        assert call.header("content-type") == "application/x-protobuf"
        await call.answer("200 OK", [PROTOBUF], self._take(signal, call.body))
        self.arrived.set()

    def _take(self, signal: str, body: bytes) -> bytes:
        if signal == "traces":
            self._take_traces(ExportTraceServiceRequest.FromString(body))
            spans = ExportTraceServiceResponse()
            if self.rejects:
                spans.partial_success.rejected_spans = self.rejects
                spans.partial_success.error_message = "too many"
            return spans.SerializeToString()
        assert signal == "metrics"
        request = ExportMetricsServiceRequest.FromString(body)
        self.metrics.append(request)
        points = ExportMetricsServiceResponse()
        if self.rejects:
            points.partial_success.rejected_data_points = self.rejects
        return points.SerializeToString()

    def _take_traces(self, request: ExportTraceServiceRequest) -> None:
        for of_resource in request.resource_spans:
            self.resources.append(of_resource.resource)
            self.schemas.append(of_resource.schema_url)
            for of_scope in of_resource.scope_spans:
                self.scopes.append(of_scope.scope.name)
                self.spans.extend(of_scope.spans)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that came makes a condition true."""
        async with asyncio.timeout(WITHIN_SECONDS):
            while not condition():
                self.arrived.clear()
                await self.arrived.wait()

    async def some_spans(self, count: int) -> list[Span]:
        """The spans that came, once there are so many."""
        await self.until(lambda: len(self.spans) >= count)
        return self.spans

    async def span(self) -> Span:
        """The one that came."""
        (one,) = await self.some_spans(1)
        return one

    def latest(self) -> dict[str, Metric]:
        """The metrics that came last, by name."""
        return {metric.name: metric for metric in metrics_in(self.metrics[-1])}

    async def metric(self, name: str, condition: Callable[[list[Any]], bool]) -> Metric:
        """The latest metric of this name, once its points are as wanted."""

        def is_so() -> bool:
            found = self.latest().get(name) if self.metrics else None
            return found is not None and condition(points_of(found))

        await self.until(is_so)
        return self.latest()[name]


def metrics_in(request: ExportMetricsServiceRequest) -> Iterator[Metric]:
    """All metrics of a request."""
    for of_resource in request.resource_metrics:
        for of_scope in of_resource.scope_metrics:
            yield from of_scope.metrics


def points_of(metric: Metric) -> list[Any]:
    """The points of a metric of whatever kind."""
    kind = metric.WhichOneof("data")
    assert kind is not None
    return list(getattr(metric, kind).data_points)


def point_where(metric: Metric, **wanted: object) -> Any:
    """The one point whose attributes say this; `_` stands for `.` in their names' last part."""
    found = [point for point in points_of(metric) if _says(point, wanted)]
    assert len(found) == 1, [attributes_of(point.attributes) for point in points_of(metric)]
    return found[0]


def _says(point: Point, wanted: Mapping[str, object]) -> bool:
    said = attributes_of(point.attributes)
    short = {name.rpartition(".")[2]: value for name, value in said.items()}
    named = {"operation": said.get("gen_ai.operation.name"), **short}
    return all(named.get(name) == value for name, value in wanted.items())


def events_of(span: Span) -> dict[str, tuple[float, Attributes]]:
    """The events of a span: seconds since its start, and what is said of each."""
    return {
        event.name: (
            (event.time_unix_nano - span.start_time_unix_nano) / 1e9,
            attributes_of(event.attributes),
        )
        for event in span.events
    }


async def results_of(proxy: RunningProxy) -> set[tuple[str, str]]:
    """Signal and result of the requests that a proxy has made to its collector."""
    found = [dict(labels) for name, labels in await proxy.samples() if name == m.SENDS.name]
    return {(labels["signal"], labels["result"]) for labels in found}


@contextlib.asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver that listens while the block runs."""
    receiver = Receiver()
    async with ScriptedServer(receiver, port=port) as server:
        receiver.url = server.url
        yield receiver
