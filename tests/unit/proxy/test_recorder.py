"""The recorder: names models in time, counts tokens as they pass, never raises."""

import json

import pytest
from prometheus_client import CollectorRegistry

from ollama_observe.metrics import catalogue as m
from proxy.headers import Headers
from proxy.labels import ModelLabels
from proxy.metrics import ProxyMetrics
from proxy.outcomes import Ending
from proxy.recorder import Recorder
from proxy.routing import Routing

NDJSON: Headers = [(b"Content-Type", b"application/x-ndjson")]


class Desk:
    """Recorders on one registry."""

    def __init__(self) -> None:
        self.metrics = ProxyMetrics(CollectorRegistry())
        self.models = ModelLabels(10, lambda: None)

    def begin(self, path: str = "/api/chat", method: str = "POST") -> Recorder:
        return Recorder(self.metrics, self.models, method, path, Routing.DIRECT, 0.0)

    def value(self, metric: m.Metric, suffix: str = "", **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"{metric.name}{suffix}", labels)

    def active(self, model: str, endpoint: str = "/api/chat") -> float | None:
        return self.value(m.ACTIVE, model=model, endpoint=endpoint, routing="direct")


def line(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def test_a_request_is_in_flight_under_the_name_that_is_known_of_its_model() -> None:
    desk = Desk()
    first = desk.begin()
    assert desk.active("other") == 1
    first.request_read(1.0, b'{"model":"m"}', 13)
    assert desk.active("other") == 1  # nobody has answered for m yet
    first.headers_received(200, NDJSON)
    assert (desk.active("other"), desk.active("m:latest")) == (0, 1)
    second = desk.begin()
    second.request_read(1.0, b'{"model":"m"}', 13)
    assert desk.active("m:latest") == 2
    for recorder in (first, second):
        recorder.finish(2.0, Ending.CLIENT_GONE)
    assert (desk.active("other"), desk.active("m:latest")) == (0, 0)


def test_generated_tokens_move_with_the_chunks_and_end_at_the_true_count() -> None:
    desk = Desk()
    recorder = desk.begin()
    recorder.request_read(1.0, b'{"model":"m"}', 13)
    recorder.headers_received(200, NDJSON)
    labels = {"model": "m:latest", "routing": "direct"}
    recorder.chunk_received(1.5, line(message={"content": "a"}))
    assert desk.value(m.GENERATED_TOKENS, **labels) == 1
    recorder.chunk_received(2.0, line(message={"content": "b"}))
    assert desk.value(m.GENERATED_TOKENS, **labels) == 2
    recorder.chunk_received(2.0, line(done=True, done_reason="stop", eval_count=7))
    recorder.finish(2.0, Ending.COMPLETE)
    assert desk.value(m.GENERATED_TOKENS, **labels) == 7
    assert desk.value(m.TTFT, "_sum", **labels) == 0.5
    duration = {**labels, "endpoint": "/api/chat"}
    assert desk.value(m.DURATION, "_sum", **duration) == 1.0
    # (last output - first output) / (tokens - 1)
    assert desk.value(m.TPOT, "_sum", **labels) == pytest.approx(0.5 / 6)


def test_a_model_that_the_request_did_not_name_is_read_from_the_answer() -> None:
    desk = Desk()
    recorder = desk.begin()
    recorder.request_read(1.0, None, 99_999_999)
    recorder.headers_received(200, NDJSON)
    recorder.chunk_received(1.5, line(model="m", message={"content": "a"}))
    assert desk.active("m:latest") == 1
    recorder.finish(2.0, Ending.COMPLETE)
    assert desk.active("m:latest") == 0


def test_a_full_table_of_models_is_counted_once_a_request() -> None:
    desk = Desk()
    overflows: list[int] = []
    desk.models = ModelLabels(1, lambda: overflows.append(1))
    desk.models.admit("first")
    recorder = desk.begin()
    recorder.request_read(1.0, None, 99_999_999)
    recorder.headers_received(200, NDJSON)
    for _ in range(5):
        recorder.chunk_received(1.5, line(model="second", message={"content": "a"}))
    recorder.finish(2.0, Ending.COMPLETE)
    assert overflows == [1]


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_model_that_was_refused_is_no_label(status: int) -> None:
    desk = Desk()
    recorder = desk.begin()
    recorder.request_read(1.0, b'{"model":"invented"}', 20)
    recorder.headers_received(status, [])
    recorder.finish(2.0, Ending.COMPLETE)
    assert desk.active("other") == 0
    assert desk.active("invented:latest") is None


def test_a_pull_that_answers_200_proves_no_model() -> None:
    desk = Desk()
    recorder = desk.begin("/api/pull")
    recorder.request_read(1.0, b'{"model":"invented"}', 20)
    recorder.headers_received(200, NDJSON)
    assert desk.active("other", "/api/pull") == 1


def test_an_openai_stream_without_usage_is_counted_as_such() -> None:
    desk = Desk()
    for asked in (False, True):
        recorder = desk.begin("/v1/chat/completions")
        body = json.dumps({"model": "m", "stream_options": {"include_usage": asked}}).encode()
        recorder.request_read(1.0, body, len(body))
        recorder.headers_received(200, [(b"content-type", b"text/event-stream")])
        recorder.chunk_received(1.5, b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n')
        recorder.chunk_received(1.6, b"data: [DONE]\n\n")
        recorder.finish(2.0, Ending.COMPLETE)
    labels = {"endpoint": "/v1/chat/completions", "routing": "direct"}
    assert desk.value(m.USAGE_MISSING, reason="not_asked", **labels) == 1
    assert desk.value(m.USAGE_MISSING, reason="absent", **labels) == 1
    assert desk.value(m.GENERATED_TOKENS, model="m:latest", routing="direct") is None


class Broken(ProxyMetrics):
    """Metrics of which one raises."""

    def move(self, metric: m.Metric, amount: float, *labels: str) -> None:
        raise RuntimeError("on purpose")


def test_a_mistake_in_measuring_is_swallowed_and_counted() -> None:
    desk = Desk()
    desk.metrics = Broken(CollectorRegistry())
    recorder = desk.begin()
    recorder.request_read(1.0, b'{"model":"m"}', 13)
    recorder.headers_received(200, NDJSON)
    recorder.chunk_received(1.0, line(message={"content": "a"}))
    recorder.finish(2.0, Ending.COMPLETE)
    labels = {"endpoint": "/api/chat", "reason": "exception", "routing": "direct"}
    assert (desk.value(m.EXTRACTION_ERRORS, **labels) or 0) >= 2


def test_requests_that_nobody_can_invent_a_series_with() -> None:
    desk = Desk()

    def series() -> int:
        return sum(len(family.samples) for family in desk.metrics.registry.collect())

    def one(number: int) -> None:
        recorder = desk.begin(f"/x/{number}", f"M{number}")
        recorder.request_read(1.0, json.dumps({"model": f"m{number}"}).encode(), 10)
        recorder.headers_received(404, [(b"x", b"y")])
        recorder.finish(1.0, Ending.COMPLETE)

    one(0)
    before = series()
    for number in range(10_000):
        one(number)
    assert series() == before
