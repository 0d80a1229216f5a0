"""Of a request's head one line is written anew, and all others stay as they were."""

import random

import pytest

from proxy.clients import _NO_REQUEST
from proxy.heads import RequestHead, read_request
from proxy.observer import Observer
from proxy.recorder import Recorder
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.telemetry.threshold import Tracing
from proxy.telemetry.traceparent import Contexts
from tests.ledgers import ReadLedger, nothing_loaded

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{PARENT}-01".encode()
OTHER = f"00-{TRACE[::-1]}-{PARENT}-01".encode()


def arrive(*lines: bytes, ratio: float = 1.0) -> tuple[RequestHead, Recorder]:
    """A request that has passed the threshold."""
    raw = b"\r\n".join([b"POST /api/chat HTTP/1.1", b"Host: h", b"Content-Length: 2", *lines])
    head = read_request(raw)
    observer = Observer(
        ProxySettings(), ReadLedger().ledger, Shared(), lambda *_: None, nothing_loaded
    )
    recorder = observer.begin(head.method, head.target, head.headers, 0.0)
    Tracing(Contexts(ratio, random.Random(1).randbytes))(head, recorder)
    return head, recorder


def traceparent(recorder: Recorder) -> bytes:
    trace = recorder.story.trace
    assert trace is not None
    return trace.traceparent


def test_without_a_trace_one_begins_and_its_line_is_the_last() -> None:
    head, recorder = arrive(b"X-A: 1")
    said = traceparent(recorder)
    assert head.passing == [
        b"Host: h",
        b"Content-Length: 2",
        b"X-A: 1",
        b"traceparent: " + said,
    ]
    assert head.headers[b"traceparent"] == said
    trace = recorder.story.trace
    assert trace is not None and trace.parent_id == ""
    assert recorder.story.trace_id == trace.trace_id


def test_a_trace_is_continued_in_its_own_line_and_its_state_goes_on() -> None:
    lines = (b"TraceParent:\t" + GIVEN, b"X-A: 1", b"tracestate: a=1", b"Tracestate:  b=2, c=3")
    head, recorder = arrive(*lines)
    said = traceparent(recorder)
    assert head.passing[2:] == [b"TraceParent: " + said, *lines[1:]]
    trace = recorder.story.trace
    assert trace is not None
    assert (trace.trace_id, trace.parent_id, trace.state) == (TRACE, PARENT, "a=1,b=2, c=3")
    assert said != GIVEN
    assert recorder.story.trace_id == TRACE


@pytest.mark.parametrize(
    "lines",
    [
        (b"traceparent: 00-nonsense", b"tracestate: a=1"),
        (b"traceparent: " + GIVEN, b"traceparent: " + OTHER, b"tracestate: a=1"),
        (b"tracestate: a=1",),
    ],
)
def test_what_is_not_valid_goes_no_further_and_neither_does_its_state(
    lines: tuple[bytes, ...],
) -> None:
    head, recorder = arrive(b"X-A: 1", *lines, b"X-B: 2")
    said = traceparent(recorder)
    passed = [line for line in head.passing[2:] if not line.startswith(b"traceparent")]
    assert passed == [b"X-A: 1", b"X-B: 2"]
    assert head.passing.count(b"traceparent: " + said) == 1
    assert head.headers[b"traceparent"] == said
    assert b"tracestate" not in head.headers
    assert TRACE not in said.decode()
    assert recorder.story.trace_id == said.decode().split("-")[1]


def test_one_that_belongs_to_the_connection_is_ours_and_goes_on_as_a_line_of_ours() -> None:
    head, recorder = arrive(b"Connection: traceparent", b"traceparent: " + GIVEN)
    assert recorder.story.trace_id == TRACE
    assert head.passing[2:] == [b"traceparent: " + traceparent(recorder)]


def test_a_trace_that_nobody_records_leaves_no_exemplar_and_says_so_to_the_upstream() -> None:
    head, recorder = arrive(ratio=0.0)
    assert recorder.story.trace_id == ""
    assert head.passing[-1].endswith(b"-02")


def test_one_that_is_not_sampled_by_its_client_is_continued_as_it_is() -> None:
    head, recorder = arrive(b"traceparent: " + GIVEN[:-2] + b"00")
    trace = recorder.story.trace
    assert trace is not None and not trace.is_sampled
    assert head.passing[-1].endswith(b"-00")
    assert recorder.story.trace_id == TRACE


def test_what_is_no_request_gets_a_span_and_its_head_is_left_alone() -> None:
    """It is one for all, and nothing of it goes on."""
    _, recorder = arrive()
    before = list(_NO_REQUEST.passing), dict(_NO_REQUEST.headers)
    Tracing(Contexts(1.0))(_NO_REQUEST, recorder)
    assert (_NO_REQUEST.passing, _NO_REQUEST.headers) == before
    assert recorder.story.trace is not None


def test_the_line_before_is_not_changed_in_place() -> None:
    """Lines that are read once may be kept for other requests."""
    raw = b"POST /api/chat HTTP/1.1\r\nHost: h\r\ntraceparent: " + GIVEN
    head = read_request(raw)
    lines, headers = head.passing, head.headers
    observer = Observer(
        ProxySettings(), ReadLedger().ledger, Shared(), lambda *_: None, nothing_loaded
    )
    recorder = observer.begin(head.method, head.target, head.headers, 0.0)
    Tracing(Contexts(1.0))(head, recorder)
    assert lines == [b"Host: h", b"traceparent: " + GIVEN]
    assert headers[b"traceparent"] == GIVEN
