"""Stories to metrics: what is booked for which ending."""

import dataclasses

import pytest
import structlog
from prometheus_client import CollectorRegistry

from ollama_observe.metrics import catalogue as m
from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from proxy.booking import Story, book, write_log_line
from proxy.metrics import ProxyMetrics
from proxy.outcomes import Ending
from proxy.routing import Routing

FINAL = (
    b'{"message":{"content":"secret answer"},"done":true,"done_reason":"stop",'
    b'"total_duration":4000000000,"load_duration":1000000000,"prompt_eval_count":8,'
    b'"prompt_eval_cached_count":6,"prompt_eval_duration":500000000,"eval_count":11,'
    b'"eval_duration":2000000000}\n'
)


def read(data: bytes) -> StreamMeter:
    endpoint = endpoint_of("/api/chat")
    meter = StreamMeter(endpoint.answer, Framing.NDJSON)
    meter.feed(3.0, data)
    meter.finish(3.0)
    return meter


def story(meter: StreamMeter | None = None, **changes: object) -> Story:
    plain = Story(
        method="POST",
        endpoint=endpoint_of("/api/chat"),
        model="m:latest",
        routing=Routing.DIRECT,
        ending=Ending.COMPLETE,
        upstream_status=200,
        started_at=0.0,
        read_at=1.0,
        ended_at=5.0,
        request_bytes=10,
        response_bytes=20,
        asked_for_usage=False,
        tokens_counted=0,
        meter=meter,
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def booked(told: Story, metric: m.Metric, suffix: str = "", **labels: str) -> float | None:
    metrics = ProxyMetrics(CollectorRegistry())
    book(metrics, told)
    return metrics.registry.get_sample_value(
        f"{metric.name}{suffix}", {"routing": "direct", **labels}
    )


@pytest.mark.parametrize(
    ("metric", "seconds"),
    [(m.LOAD, 1.0), (m.PREFILL, 0.5), (m.DECODE, 2.0), (m.WAIT, 0.5), (m.TOKENS_PER_SECOND, 5.0)],
)
def test_durations_are_those_that_the_upstream_reports(metric: m.Metric, seconds: float) -> None:
    assert booked(story(read(FINAL)), metric, "_sum", model="m:latest") == seconds


@pytest.mark.parametrize(
    ("metric", "tokens"), [(m.PROMPT_TOKENS, 8), (m.GENERATED_TOKENS, 11), (m.CACHED_TOKENS, 6)]
)
def test_tokens_are_those_that_the_upstream_counts(metric: m.Metric, tokens: int) -> None:
    assert booked(story(read(FINAL)), metric, model="m:latest") == tokens


def test_tokens_that_were_counted_on_the_way_are_not_counted_twice() -> None:
    counted = story(read(FINAL), tokens_counted=4)
    assert booked(counted, m.GENERATED_TOKENS, model="m:latest") == 7
    too_many = story(read(FINAL), tokens_counted=20)
    assert booked(too_many, m.GENERATED_TOKENS, model="m:latest") == 0


def test_an_answer_that_came_in_one_piece_has_no_time_per_token() -> None:
    whole = story(read(FINAL))
    assert booked(whole, m.TTFT, "_count", model="m:latest") == 1
    assert booked(whole, m.TPOT, "_count", model="m:latest") is None


def test_an_abort_is_booked_by_phase_and_is_no_error() -> None:
    gone = story(ending=Ending.CLIENT_GONE)
    assert booked(gone, m.ABORTS, model="m:latest", phase="streaming") == 1
    waiting = dataclasses.replace(gone, upstream_status=None)
    assert booked(waiting, m.ABORTS, model="m:latest", phase="waiting") == 1
    upload = dataclasses.replace(waiting, read_at=None)
    assert booked(upload, m.ABORTS, model="m:latest", phase="upload") == 1
    assert booked(gone, m.ERRORS, model="m:latest", error_type="client_gone") is None


def test_only_whole_answers_have_a_duration() -> None:
    labels = {"model": "m:latest", "endpoint": "/api/chat"}
    assert booked(story(), m.DURATION, "_sum", **labels) == 4.0
    assert booked(story(upstream_status=404), m.DURATION, "_sum", **labels) is None
    assert booked(story(ending=Ending.BROKE_OFF), m.DURATION, "_sum", **labels) is None


def test_an_answer_before_the_end_of_a_slow_request_has_no_negative_first_token() -> None:
    early = story(read(FINAL), read_at=4.0)
    assert early.first_token_seconds == 0.0


def test_a_reason_that_nobody_knows_is_other() -> None:
    odd = story(read(FINAL.replace(b'"stop"', b'"invented"')))
    assert booked(odd, m.DONE, model="m:latest", reason="other") == 1


def test_the_log_line_says_everything_but_what_was_said() -> None:
    with structlog.testing.capture_logs() as lines:
        write_log_line(story(read(FINAL)))
    (said,) = lines
    assert said["event"] == "request_finished"
    assert said["generated_tokens"] == 11
    assert said["time_to_first_token_seconds"] == 2.0
    assert "secret" not in repr(said)
