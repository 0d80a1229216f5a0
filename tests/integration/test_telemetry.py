"""OpenTelemetry, from a real proxy to a collector that decodes what it is sent."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from ollama_observe.metrics.catalogue import genai
from ollama_observe.metrics.metric import Metric
from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer
from tests.otlp import (
    Receiver,
    Told,
    attributes_of,
    events_of,
    point_where,
    points_of,
    receiving,
)
from tests.ports import free_port
from tests.servers import RunningProxy, running_proxy
from tests.wires import Listener, Wire, listening, until

MODEL = "smollm2:135m"
SECRET = "canary-5f3a9c"
MESSAGES = [{"role": "user", "content": f"Why is the sky blue? {SECRET}"}]
USAGE = {"include_usage": True}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
STREAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "/api/chat": ("chat", {"messages": MESSAGES}),
    "/api/generate": ("text_completion", {"prompt": SECRET}),
    "/v1/chat/completions": ("chat", {"messages": MESSAGES, "stream_options": USAGE}),
    "/v1/completions": ("text_completion", {"prompt": SECRET, "stream_options": USAGE}),
    "/v1/messages": ("chat", {"messages": MESSAGES, "max_tokens": 64}),
    "/v1/responses": ("chat", {"input": SECRET}),
}
EMBEDDINGS: dict[str, dict[str, Any]] = {
    "/api/embed": {"input": SECRET},
    "/v1/embeddings": {"input": SECRET},
}
INTERVAL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class World:
    """A proxy that sends to a receiver, and the Ollama behind it."""

    ollama: ScriptedServer
    receiver: Receiver
    proxy: RunningProxy

    async def ask(
        self, path: str, body: dict[str, Any] | None = None, *headers: str
    ) -> tuple[int, bytes]:
        """Status and body of one exchange on a connection of its own."""
        method = "GET" if body is None else "POST"
        async with await RawClient.connect(self.proxy.url) as client:
            await client.request(method, path, body or b"", *headers)
            head = await client.head()
            return head.status, await client.body(head)

    async def chat(self, *headers: str, **more: object) -> None:
        """One chat that is streamed."""
        body = {"model": MODEL, "messages": MESSAGES, **more}
        status, _ = await self.ask("/api/chat", body, *headers)
        assert status == 200

    async def text(self) -> str:
        """A scrape with exemplars."""
        accept = {"Accept": "application/openmetrics-text"}
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.proxy.control_url}/metrics", headers=accept) as answer,
        ):
            return await answer.text()


@contextlib.asynccontextmanager
async def world(fake: FakeOllama | None = None, **settings: object) -> AsyncIterator[World]:
    async with ScriptedServer(fake or FakeOllama()) as ollama, receiving() as receiver:
        told: dict[str, Any] = {
            "otlp_endpoint": receiver.url,
            "otlp_interval_seconds": INTERVAL_SECONDS,
            **settings,
        }
        async with running_proxy(ollama.url, **told) as proxy:
            yield World(ollama, receiver, proxy)


def said(span: Span) -> dict[str, Any]:
    return attributes_of(span.attributes)


# spans, in every dialect


@pytest.mark.parametrize("path", STREAMS)
@pytest.mark.parametrize("streams", [True, False])
async def test_a_request_is_a_span_with_what_the_upstream_counted(path: str, streams: bool) -> None:
    operation, body = STREAMS[path]
    body = {"model": MODEL, "stream": streams, **body}
    if not streams:
        body.pop("stream_options", None)
    async with world(FakeOllama(faults=Faults(ttft_seconds=0.05))) as w:
        assert (await w.ask(path, body))[0] == 200
        span = await w.receiver.span()
        found = said(span)
        assert span.name == f"{operation} {MODEL}"
        assert span.kind == Span.SPAN_KIND_SERVER
        assert found["gen_ai.operation.name"] == operation
        assert found["gen_ai.provider.name"] == "ollama"
        assert found["gen_ai.request.model"] == found["gen_ai.response.model"] == MODEL
        assert (found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"]) == (15, 12)
        assert found["http.route"] == found["url.path"] == path
        assert found.get("gen_ai.request.stream", False) == streams
        assert found["http.response.status_code"] == 200
        assert found["server.port"] == w.ollama.port
        assert "error.type" not in found
        assert span.status.code == Status.STATUS_CODE_UNSET
        events = events_of(span)
        assert ("ollama.first_token" in events) == streams
        if streams:
            assert events["ollama.first_token"][0] >= 0.05
            assert found["gen_ai.response.time_to_first_chunk"] >= 0.05
        whole = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
        assert 0.05 <= whole < 5
        assert all(0 <= at <= whole + 5 for at, _ in events.values())
        assert not any(SECRET.encode() in call.body for call in w.receiver.calls)


async def test_the_native_format_tells_its_phases_one_after_the_other() -> None:
    async with world() as w:
        await w.chat()
        span = await w.receiver.span()
        assert said(span)["gen_ai.response.finish_reasons"] == ["stop"]
        events = events_of(span)
        assert {"ollama.load", "ollama.prefill", "ollama.decode"} <= set(events)
        load, prefill = events["ollama.load"], events["ollama.prefill"]
        assert prefill[0] >= load[0] + load[1]["ollama.duration"] - 1e-6


@pytest.mark.parametrize("path", EMBEDDINGS)
async def test_embeddings_have_input_tokens_alone(path: str) -> None:
    async with world() as w:
        await w.ask(path, {"model": MODEL, **EMBEDDINGS[path]})
        span = await w.receiver.span()
        assert span.name == f"embeddings {MODEL}"
        assert said(span)["gen_ai.usage.input_tokens"] > 0
        assert "gen_ai.usage.output_tokens" not in said(span)
        await w.receiver.metric("gen_ai.client.token.usage", lambda points: len(points) == 1)
        usage = w.receiver.latest()["gen_ai.client.token.usage"]
        assert point_where(usage, operation="embeddings", type="input").count == 1


async def test_what_asks_no_model_is_told_as_http() -> None:
    async with world() as w:
        await w.ask("/api/tags")
        await w.ask(f"/{SECRET}")
        names = {span.name for span in await w.receiver.some_spans(2)}
        assert names == {"GET /api/tags", "GET"}
        assert not any(SECRET.encode() in call.body for call in w.receiver.calls)


async def test_a_name_that_is_none_is_not_sent_however_long_it_is() -> None:
    async with world(FakeOllama(faults=Faults(status=404))) as w:
        for written in (f"{SECRET} {'x' * 1_000_000}", f"{SECRET}\nwhy?"):
            status, _ = await w.ask("/api/chat", {"model": written, "messages": MESSAGES})
            assert status == 404
        for span in await w.receiver.some_spans(2):
            assert span.name == "chat"
            assert "gen_ai.request.model" not in said(span)
        assert not any(SECRET.encode() in call.body for call in w.receiver.calls)


async def test_nothing_that_a_client_or_a_model_says_is_sent() -> None:
    said = {"messages": MESSAGES, "user": SECRET, "tools": [{"function": {"name": SECRET}}]}
    headers = (
        f"Authorization: Bearer {SECRET}",
        f"X-Api-Key: {SECRET}",
        f"Cookie: a={SECRET}",
        f"User-Agent: {SECRET}",
        f"Referer: http://x/{SECRET}",
        f"X-Forwarded-For: {SECRET}",
        f"X-{SECRET}: {SECRET}",
        f"traceparent: 00-{SECRET}-01",
        f"tracestate: a={SECRET}",
    )
    async with world(otlp_other_metrics=True) as w:
        answer = (await w.ask(f"/api/chat?{SECRET}", {"model": MODEL, **said}, *headers))[1]
        await w.ask(f"/v1/models/{SECRET}", None, *headers)
        await w.receiver.some_spans(2)
        name = "ollama_proxy_requests_total"
        await w.receiver.metric(name, lambda points: sum(p.as_double for p in points) == 2)
        sent = b"".join(call.body for call in w.receiver.calls)
        assert SECRET.encode() not in sent
        words = FakeOllama().words()
        assert any(word.encode() in answer for word in words)
        assert not any(word.strip().encode() in sent for word in words if len(word.strip()) > 5)


# how they end


@pytest.mark.parametrize(
    ("faults", "error", "is_error"),
    [
        (Faults(status=404), "upstream_4xx", False),
        (Faults(status=500), "upstream_5xx", True),
        (Faults(error_after=3), "mid_stream", True),
        (Faults(drop_after=3), "incomplete_stream", True),
        (Faults(end_without_done_after=3), "incomplete_stream", True),
    ],
)
async def test_a_failure_is_told_by_span_and_metric_alike(
    faults: Faults, error: str, is_error: bool
) -> None:
    async with world(FakeOllama(faults=faults)) as w:
        with contextlib.suppress(asyncio.IncompleteReadError):
            await w.ask("/api/chat", {"model": MODEL, "messages": MESSAGES})
        span = await w.receiver.span()
        assert said(span)["error.type"] == error
        assert (span.status.code == Status.STATUS_CODE_ERROR) == is_error
        name = "gen_ai.server.request.duration"
        metric = await w.receiver.metric(name, lambda points: len(points) == 1)
        (point,) = points_of(metric)
        assert attributes_of(point.attributes)["error.type"] == error
        assert point.count == 1


async def test_nobody_at_the_upstream_is_told_too() -> None:
    async with receiving() as receiver:
        url = f"http://127.0.0.1:{free_port()}"
        async with running_proxy(url, otlp_endpoint=receiver.url) as proxy:
            w = World(ScriptedServer(FakeOllama()), receiver, proxy)
            status, _ = await w.ask("/api/chat", {"model": MODEL, "messages": MESSAGES})
            assert status == 502
            span = await receiver.span()
            assert said(span)["error.type"] == "connect"
            assert said(span)["gen_ai.request.model"] == MODEL
            assert span.name == "chat"


async def test_a_client_that_leaves_is_no_error_and_has_its_first_token() -> None:
    async with world(FakeOllama(faults=Faults(hang_after=3))) as w:
        async with await RawClient.connect(w.proxy.url) as client:
            await client.request("POST", "/api/chat", {"model": MODEL, "messages": MESSAGES})
            await client.head()
            for _ in range(3):
                await client.chunk()
        span = await w.receiver.span()
        assert said(span)["ollama.proxy.outcome"] == "client_gone"
        assert said(span)["http.response.status_code"] == 499
        assert "error.type" not in said(span)
        assert span.status.code == Status.STATUS_CODE_UNSET
        assert [*events_of(span)] == ["ollama.first_token"]


async def test_what_is_no_request_is_a_span_as_well() -> None:
    async with world() as w:
        async with await RawClient.connect(w.proxy.url) as client:
            await client.send(b"NO REQUEST\r\n\r\n")
            assert (await client.head()).status == 400
        await w.chat()
        spans = await w.receiver.some_spans(2)
        assert {said(span)["ollama.proxy.outcome"] for span in spans} == {"bad_request", "ok"}
        assert len({span.trace_id for span in spans}) == 2


async def test_an_answer_from_the_cache_is_told_as_one_and_never_as_the_model_s() -> None:
    async with world(cache="simple") as w:
        await w.chat(options={"seed": 1, "temperature": 0})
        await w.receiver.some_spans(1)
        await w.chat(options={"seed": 1, "temperature": 0})
        _, hit = await w.receiver.some_spans(2)
        assert said(hit)["ollama.proxy.cache"] == "hit"
        assert said(hit)["ollama.proxy.routing"] == "cache"
        assert events_of(hit) == {}
        assert len(w.ollama.calls) <= 2  # the other is the cache's question for digests
        name = "gen_ai.server.request.duration"
        metric = await w.receiver.metric(name, lambda points: len(points) == 1)
        await asyncio.sleep(2 * INTERVAL_SECONDS)
        assert points_of(w.receiver.latest()[metric.name])[0].count == 1


# the trace that goes on


async def test_a_client_s_trace_is_continued_to_the_upstream() -> None:
    async with world() as w:
        await w.chat(f"traceparent: 00-{TRACE}-{PARENT}-01", "tracestate: vendor=1")
        span = await w.receiver.span()
        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
        assert span.trace_state == "vendor=1"
        call = w.ollama.calls[0]
        assert call.header("traceparent") == f"00-{TRACE}-{span.span_id.hex()}-01"
        assert call.header("tracestate") == "vendor=1"


async def test_a_trace_that_begins_here_is_the_upstream_s_and_the_exemplar_s() -> None:
    async with world() as w:
        await w.chat()
        span = await w.receiver.span()
        trace = span.trace_id.hex()
        assert span.parent_span_id == b""
        assert w.ollama.calls[0].header("traceparent") == f"00-{trace}-{span.span_id.hex()}-03"
        name = "gen_ai.server.request.duration"
        await w.receiver.metric(name, lambda points: points[0].count == 1)
        exemplars = {
            exemplar.trace_id.hex()
            for request in w.receiver.metrics
            for metric in request.resource_metrics[0].scope_metrics[0].metrics
            for point in points_of(metric)
            for exemplar in point.exemplars
        }
        assert exemplars == {trace}
        assert f'trace_id="{trace}"' in await w.text()


async def test_a_trace_that_its_client_does_not_sample_is_continued_and_not_sent() -> None:
    async with world() as w:
        await w.chat(f"traceparent: 00-{TRACE}-{PARENT}-00")
        await w.chat()
        span = await w.receiver.span()
        assert span.trace_id.hex() != TRACE
        told = w.ollama.calls[0].header("traceparent")
        assert told is not None and told.startswith(f"00-{TRACE}-") and told.endswith("-00")
        assert PARENT not in told


async def test_with_a_ratio_of_none_only_those_that_a_client_samples_are_sent() -> None:
    async with world(otlp_trace_ratio=0) as w:
        await w.chat()
        await w.chat(f"traceparent: 00-{TRACE}-{PARENT}-01")
        span = await w.receiver.span()
        assert span.trace_id.hex() == TRACE
        told = w.ollama.calls[0].header("traceparent")
        assert told is not None and told.endswith("-02")


async def test_an_invalid_trace_goes_no_further() -> None:
    async with world() as w:
        await w.chat("traceparent: 00-nonsense", "tracestate: vendor=1")
        span = await w.receiver.span()
        call = w.ollama.calls[0]
        sent = [value for name, value in call.headers if name.lower() == b"traceparent"]
        assert sent == [f"00-{span.trace_id.hex()}-{span.span_id.hex()}-03".encode()]
        assert call.header("tracestate") is None


GIVEN = f"TraceParent:   00-{TRACE}-{PARENT}-01"
HEAD = (
    "POST /api/chat?x=%2F HTTP/1.1\r\nhOST: localhost:11434\r\nX-Odd:\t a  b \r\n"
    "{given}Accept: */*\r\nAccept: text/x\r\nTransfer-Encoding: chunked\r\n\r\n"
)
BODY = b'5;ext=1\r\n{"mod\r\n3\r\nel"\r\n0\r\n\r\n'


async def raw_at_upstream(given: str, **settings: Any) -> bytes:
    """The bytes of a request as they come to the upstream."""
    moved = asyncio.Event()
    async with listening(moved) as upstream:
        async with running_proxy(upstream.url, **settings) as proxy:
            client = await Wire.connect(proxy.url, moved)
            client.send(HEAD.format(given=given).encode() + BODY)
            assert await until(moved, lambda: _has_all(upstream), 5)
            found = next(bytes(wire.received) for wire in upstream.wires if wire.received)
            client.close()
    return found


def _has_all(upstream: Listener) -> bool:
    return any(wire.received.endswith(b"0\r\n\r\n") for wire in upstream.wires)


@pytest.mark.parametrize("given", [GIVEN + "\r\n", ""])
async def test_of_all_bytes_that_go_on_one_line_alone_is_another(given: str) -> None:
    async with receiving() as receiver:
        off = await raw_at_upstream(given)
        on = await raw_at_upstream(given, otlp_endpoint=receiver.url)
        without = await raw_at_upstream(given, otlp_endpoint=receiver.url, otlp_signals="metrics")
    assert without == off
    lines = {what: raw.split(b"\r\n") for what, raw in (("off", off), ("on", on))}
    changed = [line for line in lines["on"] if line not in lines["off"]]
    (line,) = changed
    if given:
        assert line.startswith(f"TraceParent: 00-{TRACE}-".encode()) and PARENT.encode() not in line
        assert on.replace(line, GIVEN.encode()) == off
    else:
        assert line.startswith(b"traceparent: 00-")
        assert on.replace(line + b"\r\n", b"") == off


# metrics


async def test_metrics_are_those_of_metrics_under_other_names() -> None:
    async with world(otlp_signals="metrics") as w:
        for path, (_, body) in STREAMS.items():
            await w.ask(path, {"model": MODEL, **body})
            await w.ask(path, {"model": MODEL, **body, "stream": False} | _no_options(body))
        await w.ask("/api/embed", {"model": MODEL, "input": "a"})
        total = 2 * len(STREAMS) + 1
        name = "gen_ai.server.request.duration"
        await w.receiver.metric(name, lambda points: sum(p.count for p in points) == total)
        latest = w.receiver.latest()
        for metric, twin in genai.TWINS.items():
            assert _numbers(latest[metric.name].histogram.data_points, metric) == (
                await _scraped(w.proxy, twin)
            )
        assert w.receiver.spans == []
        assert "gen_ai" not in await w.text()


def _no_options(body: dict[str, Any]) -> dict[str, Any]:
    return {"stream_options": None} if "stream_options" in body else {}


def _numbers(points: Any, metric: Metric) -> tuple[float, Any, list[float]]:
    """Count, sum, and the counts up to each bucket, over all points."""
    counts = [sum(column) for column in zip(*(p.bucket_counts for p in points), strict=True)]
    up_to = [float(sum(counts[: place + 1])) for place in range(len(metric.buckets))]
    return float(sum(counts)), pytest.approx(sum(p.sum for p in points)), up_to


async def _scraped(proxy: RunningProxy, metric: Metric) -> tuple[float, float, list[float]]:
    samples = await proxy.samples()

    def total(suffix: str, le: float | None = None) -> float:
        return sum(
            value
            for (name, labels), value in samples.items()
            if name == metric.name + suffix
            and (le is None or any(k == "le" and float(v) == le for k, v in labels))
        )

    buckets = [total("_bucket", le) for le in metric.buckets]
    return total("_count"), total("_sum"), buckets


async def test_what_has_no_genai_name_is_sent_where_somebody_asks_for_it() -> None:
    async with world(otlp_other_metrics=True) as w:
        await w.chat()
        name = "ollama_proxy_requests_total"
        metric = await w.receiver.metric(name, lambda points: points[0].as_double == 1)
        assert metric.sum.is_monotonic
        assert attributes_of(points_of(metric)[0].attributes)["endpoint"] == "/api/chat"
        latest = set(w.receiver.latest())
        assert {"ollama_proxy_active_requests", "gen_ai.server.request.duration"} <= latest
        assert not latest & {twin.name for twin in genai.TWINS.values()}


async def test_what_became_of_it_is_at_metrics() -> None:
    async with world() as w:
        await w.chat()
        await w.receiver.span()
        name = "gen_ai.server.request.duration"
        await w.receiver.metric(name, lambda points: points[0].count == 1)
        await asyncio.sleep(INTERVAL_SECONDS)
        sent = "ollama_proxy_otlp_sent_total"
        assert await w.proxy.value(sent, signal="traces") == 1
        assert await w.proxy.value(sent, signal="metrics") >= 5
        assert await w.proxy.value("ollama_proxy_otlp_sends_total", result="ok") >= 2
        assert await w.proxy.value("ollama_proxy_otlp_dropped_total") == 0


# the relay and the collector


async def test_with_it_off_nothing_of_it_is_there_and_a_trace_passes_as_it_came() -> None:
    given = f"00-{TRACE}-{PARENT}-01"
    async with world(otlp_endpoint="") as w:
        await w.chat(f"traceparent: {given}")
        assert w.ollama.calls[0].header("traceparent") == given
        names = {name for name, _ in await w.proxy.samples()}
        assert not [name for name in names if "otlp" in name or "gen_ai" in name]
        assert w.receiver.calls == []


@pytest.mark.parametrize(
    "told",
    [
        Told("429 Too Many Requests", ((b"Retry-After", b"1"),)),
        Told("500 Internal Server Error"),
        Told(is_silent=True),
    ],
)
async def test_a_collector_that_takes_nothing_is_nothing_to_a_client(told: Told) -> None:
    async with world(otlp_timeout_seconds=0.2) as w:
        w.receiver.instead = lambda _signal: told
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        for _ in range(20):
            await w.chat()
        assert loop.time() - began_at < 2
        assert w.receiver.spans == []
        await asyncio.sleep(0.5)
        w.receiver.instead = Receiver().instead
        if told.status.startswith("500"):
            await w.chat()
        await w.receiver.some_spans(1)


async def test_a_collector_that_comes_later_gets_what_waited_for_it() -> None:
    port = free_port()
    async with ScriptedServer(FakeOllama()) as ollama:
        url = f"http://127.0.0.1:{port}"
        async with running_proxy(ollama.url, otlp_endpoint=url) as proxy:
            w = World(ollama, Receiver(), proxy)
            await w.chat()
            async with asyncio.timeout(5):
                while not await proxy.value(
                    "ollama_proxy_otlp_sends_total", signal="traces", result="unreachable"
                ):
                    await asyncio.sleep(0.02)
            async with receiving(port) as receiver:
                span = await receiver.span()
                assert said(span)["http.route"] == "/api/chat"


async def test_at_the_end_all_that_was_booked_is_sent() -> None:
    async with world(otlp_interval_seconds=60) as w:
        receiver = w.receiver
        for _ in range(5):
            await w.chat()
    assert len(receiver.spans) == 5
    (point,) = points_of(receiver.latest()["gen_ai.server.request.duration"])
    assert point.count == 5


async def test_a_slow_answer_has_spans_and_metrics_of_the_same_seconds() -> None:
    fake = FakeOllama(Model(output_tokens=6), Faults(ttft_seconds=0.2, tokens_per_second=50))
    async with world(fake) as w:
        await w.chat()
        span = await w.receiver.span()
        metric = await w.receiver.metric(
            "gen_ai.server.time_to_first_token", lambda points: points[0].count == 1
        )
        first_token = events_of(span)["ollama.first_token"][0]
        assert points_of(metric)[0].sum == pytest.approx(first_token, abs=0.02)
        assert first_token >= 0.2
