"""What a collector's answer means, by OTLP's own rules."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from proxy.heads import ResponseHead
from proxy.telemetry.verdicts import LONGEST_WAIT_SECONDS, Result, Verdict, judge

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def verdict(status: int, body: bytes = b"", signal: str = "traces", **headers: str) -> Verdict:
    named = {"content_type": "application/x-protobuf", **headers}
    raw = {name.replace("_", "-").encode(): value.encode() for name, value in named.items()}
    head = ResponseHead(b"HTTP/1.1", status, b"", raw, [], len(body), False, True)
    return judge(signal, head, body, NOW)


def rejecting(signal: str, count: int, message: str) -> bytes:
    if signal == "traces":
        spans = ExportTraceServiceResponse()
        spans.partial_success.rejected_spans = count
        spans.partial_success.error_message = message
        return spans.SerializeToString()
    points = ExportMetricsServiceResponse()
    points.partial_success.rejected_data_points = count
    points.partial_success.error_message = message
    return points.SerializeToString()


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize("body", [b"", rejecting("traces", 0, "")])
def test_a_200_is_that_all_was_taken(status: int, body: bytes) -> None:
    assert verdict(status, body) == Verdict(Result.OK)


@pytest.mark.parametrize("signal", ["metrics", "traces"])
def test_some_that_were_not_taken_are_counted_and_not_sent_again(signal: str) -> None:
    found = verdict(200, rejecting(signal, 3, "too\nold"), signal)
    assert (found.result, found.rejected) == (Result.PARTIAL, 3)
    assert found.said == "it rejected 3: too old"
    assert not found.result.may_be_repeated


@pytest.mark.parametrize("signal", ["metrics", "traces"])
@pytest.mark.parametrize(("told", "believed"), [(3, 3), (9, 5), (-1, 0)])
def test_no_more_is_rejected_than_was_sent_and_no_less_than_nothing(
    signal: str, told: int, believed: int
) -> None:
    assert verdict(200, rejecting(signal, told, ""), signal).rejected_of(5) == believed


@pytest.mark.parametrize("kind", ["Application/X-Protobuf", "application/x-protobuf ; v=1"])
def test_what_kind_of_answer_it_is_may_be_written_in_several_ways(kind: str) -> None:
    found = verdict(200, rejecting("traces", 3, ""), content_type=kind)
    assert found.result is Result.PARTIAL


def test_a_warning_of_a_collector_that_took_all_is_told() -> None:
    found = verdict(200, rejecting("traces", 0, "soon no more"))
    assert (found.result, found.rejected) == (Result.OK, 0)
    assert "soon no more" in found.said


@pytest.mark.parametrize("body", [b"{}", b"\xff\xff", b"<html>"])
@pytest.mark.parametrize("content_type", ["application/json", "application/x-protobuf"])
def test_a_200_with_a_body_of_another_kind_is_a_200(body: bytes, content_type: str) -> None:
    assert verdict(200, body, content_type=content_type) == Verdict(Result.OK)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_be_sent_again_is_what_the_protocol_says(status: int) -> None:
    found = verdict(status)
    assert (found.result, found.wait_seconds) == (Result.BUSY, 0.0)
    assert found.result.may_be_repeated


@pytest.mark.parametrize("status", [301, 400, 401, 404, 408, 413, 500, 501])
def test_all_else_is_refused_for_good(status: int) -> None:
    found = verdict(status, retry_after="5")
    assert (found.result, found.said) == (Result.REFUSED, f"it answered {status}")
    assert not found.result.may_be_repeated


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("99999999999", LONGEST_WAIT_SECONDS),
        ("Mon, 23 Nov 2037 12:00:00 GMT", LONGEST_WAIT_SECONDS),
        ("-1", 0.0),
        ("soon", 0.0),
        ("1.5", 0.0),
        ("\u0661", 0.0),
        ("", 0.0),
    ],
)
def test_how_long_it_wants_to_be_left_alone_is_read(told: str, seconds: float) -> None:
    raw = {b"retry-after": told.encode("utf-8")}
    head = ResponseHead(b"HTTP/1.1", 503, b"", raw, [], 0, False, True)
    assert judge("traces", head, b"", NOW).wait_seconds == seconds


def test_a_date_is_compared_with_now() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    raw = {b"retry-after": soon.encode()}
    head = ResponseHead(b"HTTP/1.1", 503, b"", raw, [], 0, False, True)
    assert 50 < judge("traces", head, b"").wait_seconds <= 60
