"""Stories as spans: what they were, how they ended, and when their phases began."""

import tracemalloc

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status

from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.requests import RequestFacts
from proxy.cache.results import Result
from proxy.outcomes import Ending
from proxy.story import Story
from proxy.telemetry.spans import Spans
from proxy.telemetry.traceparent import Context
from tests.otlp import Attributes, attributes_of, events_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OURS, PARENT = "00f067aa0ba902b7", "b7ad6b7169203331"
CONTEXT = Context(TRACE, OURS, PARENT, 1, "a=1")
THINKING = b'{"model":"m","message":{"thinking":"secret thought"}}\n'
CONTENT = b'{"model":"m","message":{"content":"secret answer"}}\n'
FINAL = (
    b'{"model":"m","message":{"content":""},"done":true,"done_reason":"stop",'
    b'"total_duration":4500000000,"load_duration":1000000000,"prompt_eval_count":8,'
    b'"prompt_eval_cached_count":6,"prompt_eval_duration":500000000,"eval_count":11,'
    b'"eval_duration":2000000000}\n'
)
NOW, WALL = 100.0, 1_795_435_200_000_000_000


def read(*lines: bytes, framing: Framing = Framing.NDJSON) -> StreamMeter:
    meter = StreamMeter(endpoint_of("/api/chat").answer, framing)
    for number, line in enumerate(lines):
        meter.feed(4.0 + number, line)
    meter.finish(4.0 + len(lines))
    return meter


def story(
    meter: StreamMeter | None = None,
    ending: Ending = Ending.COMPLETE,
    path: str = "/api/chat",
    method: str = "POST",
    model: str = "m:latest",
    **facts: object,
) -> Story:
    told = Story("id-1", TRACE, "", method, endpoint_of(path), method == "POST", model, 1.0)
    usual = {"read_at": 1.25, "sent_at": 1.5, "upstream_status": 200, "meter": meter}
    for name, value in {**usual, **facts}.items():
        setattr(told, name, value)
    told.end(8.0, ending)
    return told


def span_of(told: Story, context: Context = CONTEXT) -> Span:
    spans = Spans("gpu-box", 11434, lambda: NOW, lambda: WALL)
    (span,) = ScopeSpans.FromString(spans.of(told, context)).spans
    return span


def said(told: Story) -> Attributes:
    return attributes_of(span_of(told).attributes)


def test_a_span_is_the_server_s_and_lies_where_its_instants_were() -> None:
    span = span_of(story(read(CONTENT, FINAL)))
    assert (span.trace_id.hex(), span.span_id.hex()) == (TRACE, OURS)
    assert (span.parent_span_id.hex(), span.trace_state) == (PARENT, "a=1")
    assert span.kind == Span.SPAN_KIND_SERVER
    assert span.flags == 0x301
    assert span.start_time_unix_nano == WALL - 99_000_000_000
    assert span.end_time_unix_nano == WALL - 92_000_000_000
    assert span.status.code == Status.STATUS_CODE_UNSET


def test_one_whose_trace_begins_here_has_no_parent() -> None:
    span = span_of(story(), Context(TRACE, OURS, "", 3, "x" * 1000))
    assert (span.parent_span_id, span.flags, span.trace_state) == (b"", 0x103, "")


def test_an_answer_is_told_in_the_conventions_names_and_nothing_of_it_is() -> None:
    told = story(read(THINKING, CONTENT, FINAL), facts=RequestFacts(model="m"))
    span = span_of(told)
    assert span.name == "chat m:latest"
    assert attributes_of(span.attributes) == {
        "http.request.method": "POST",
        "http.route": "/api/chat",
        "url.scheme": "http",
        "url.path": "/api/chat",
        "http.response.status_code": 200,
        "ollama.proxy.routing": "direct",
        "ollama.proxy.outcome": "ok",
        "ollama.proxy.request_id": "id-1",
        "server.address": "gpu-box",
        "server.port": 11434,
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "ollama",
        "gen_ai.request.model": "m:latest",
        "gen_ai.request.stream": True,
        "gen_ai.response.model": "m",
        "gen_ai.response.time_to_first_chunk": 2.75,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 8,
        "gen_ai.usage.cache_read.input_tokens": 6,
        "gen_ai.usage.output_tokens": 11,
    }
    assert b"secret" not in span.SerializeToString()


def test_what_the_cache_answered_says_so_and_has_no_phases() -> None:
    told = story(cached=Result.HIT, routing="cache")
    assert said(told)["ollama.proxy.cache"] == "hit"
    assert said(told)["ollama.proxy.routing"] == "cache"
    assert events_of(span_of(told)) == {}


@pytest.mark.parametrize(
    ("told", "error", "is_error"),
    [
        (story(upstream_status=404), "upstream_4xx", False),
        (story(ending=Ending.MALFORMED, upstream_status=None), "bad_request", False),
        (story(upstream_status=500), "upstream_5xx", True),
        (story(ending=Ending.UNREACHABLE, upstream_status=None), "connect", True),
        (story(read(CONTENT), ending=Ending.BROKE_OFF), "incomplete_stream", True),
        (story(read(CONTENT, b'{"error":"secret"}\n')), "mid_stream", True),
        (story(read(CONTENT), ending=Ending.CLIENT_GONE), None, False),
    ],
)
def test_an_error_has_its_kind_and_a_client_s_own_is_no_error_of_the_server(
    told: Story, error: str | None, is_error: bool
) -> None:
    span = span_of(told)
    assert attributes_of(span.attributes).get("error.type") == error
    assert (span.status.code == Status.STATUS_CODE_ERROR) == is_error
    assert b"secret" not in span.SerializeToString()


def test_what_is_kept_of_requests_does_not_grow_with_what_clients_write() -> None:
    spans = Spans("gpu-box", 11434)
    told = [
        story(model="other", facts=RequestFacts(model=f"{n}{'x' * 500_000}"), upstream_status=404)
        for n in range(20)
    ]
    tracemalloc.start()
    try:
        for one in told:
            spans.of(one, CONTEXT)
        told.clear()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 500_000
