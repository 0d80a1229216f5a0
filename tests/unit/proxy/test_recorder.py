"""The recorder: names models in time, counts tokens as they pass, never raises."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, cast

import pytest
import structlog

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import portkey as pk
from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.ledger import Ledger, Page
from ollama_observe.metrics.metric import Metric
from ollama_observe.wire.endpoints import Answer
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.requests import COPY_LIMIT_BYTES
from proxy.cache.results import Result
from proxy.inflight import InflightGauges
from proxy.insight.forecasts import Forecast
from proxy.insight.insight import Insight
from proxy.observer import Observer
from proxy.outcomes import Ending
from proxy.portkey.config import NO_CONFIG, PortkeyConfig
from proxy.portkey.passages import Passage
from proxy.queue.standing import Standing
from proxy.recorder import Recorder
from proxy.remainder import Remainder
from proxy.routing import Bypass
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.story import Phase, Story
from tests.ledgers import ReadLedger, nothing_loaded

NDJSON = {b"content-type": b"application/x-ndjson"}
SSE = {b"content-type": b"text/event-stream"}
NAMED = b'{"model":"m"}'


class Breakable(Ledger):
    """A ledger that raises for one metric, at every use."""

    broken: Metric | None = None

    def add(self, metric: Metric, amount: float, labels: tuple[str, ...] = ()) -> None:
        self.refuse(metric)
        super().add(metric, amount, labels)

    def page(self, shared: Mapping[str, str]) -> Page:
        return BreakablePage(self, shared)

    def refuse(self, metric: Metric) -> None:
        if metric is self.broken:
            raise RuntimeError("on purpose: a secret")


class BreakablePage(Page):
    """A page of it."""

    def __init__(self, ledger: Breakable, shared: Mapping[str, str]) -> None:
        super().__init__(ledger, shared)
        self._refuse = ledger.refuse

    def add(self, metric: Metric, amount: float, more: str = "") -> None:
        self._refuse(metric)
        super().add(metric, amount, more)

    def observe(self, metric: Metric, value: float, trace_id: str = "", more: str = "") -> None:
        self._refuse(metric)
        super().observe(metric, value, trace_id, more)


class Desk:
    """Recorders that write into one ledger."""

    def __init__(self, **settings: object) -> None:
        self.ledger = Breakable(catalogue.PROXY)
        self.read = ReadLedger(self.ledger)
        self.gauges = InflightGauges(self.ledger)
        self.lines: list[dict[str, object]] = []
        self.observer = Observer(
            ProxySettings.model_validate(settings),
            self.ledger,
            Shared(),
            lambda _, fields: self.lines.append(fields),
            nothing_loaded,
            lambda: 10.0,
        )

    def begin(
        self,
        target: bytes = b"/api/chat",
        body: bytes | None = NAMED,
        method: str = "POST",
        headers: dict[bytes, bytes] | None = None,
    ) -> Recorder:
        """A request that has been read and sent; not read when there is no body."""
        recorder = self.observer.begin(method.encode(), target, headers or {}, 0.0)
        if body is not None:
            recorder.body_piece(body)
            recorder.request_read(1.0)
            recorder.request_sent(1.25)
        return recorder

    def active(self, model: str, endpoint: str = "/api/chat") -> float | None:
        self.gauges.put(self.observer.inflight.entries())
        return self.read.value(m.ACTIVE, model=model, endpoint=endpoint)


def line(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def answer(recorder: Recorder, *lines: bytes, headers: dict[bytes, bytes] = NDJSON) -> None:
    """Lines a half second apart, from 1.5 on."""
    recorder.head_received(1.5, 200, headers)
    for number, said in enumerate(lines):
        at = 1.5 + number * 0.5
        recorder.pieces_received(at, [said], at + 0.125)


def test_a_request_is_in_flight_under_the_name_that_is_known_of_its_model() -> None:
    desk = Desk()
    first = desk.begin(body=None)
    assert desk.active("other") == 1
    first.body_piece(NAMED[:5])
    first.body_piece(NAMED[5:])
    first.request_read(1.0)
    assert desk.active("other") == 1  # nobody has answered for m yet
    first.head_received(1.5, 200, NDJSON)
    assert (desk.active("other"), desk.active("m:latest")) == (0, 1)
    second = desk.begin()
    assert desk.active("m:latest") == 2
    assert {entry.model for entry in desk.observer.inflight.entries()} == {"m:latest"}
    for recorder in (first, second):
        recorder.finish(2.0, Ending.CLIENT_GONE)
    assert (desk.active("other"), desk.active("m:latest")) == (0, 0)
    assert not desk.observer.inflight.entries()


def test_generated_tokens_move_with_the_chunks_and_end_at_the_true_count() -> None:
    desk = Desk()
    recorder = desk.begin()
    model = {"model": "m:latest"}
    answer(recorder, line(message={"content": "a"}))
    assert desk.read.value(m.GENERATED_TOKENS, **model) == 1
    recorder.pieces_received(2.0, [line(message={"content": "b"})], 2.0)
    assert desk.read.value(m.GENERATED_TOKENS, **model) == 2
    final = line(done=True, done_reason="stop", eval_count=7)
    recorder.pieces_received(2.0, [final[:9], final[9:]], 2.0)
    recorder.finish(2.0, Ending.COMPLETE)
    assert desk.read.value(m.GENERATED_TOKENS, **model) == 7
    assert desk.read.value(m.TTFT, "_sum", **model) == 0.5
    assert desk.read.value(m.DURATION, "_sum", endpoint="/api/chat", **model) == 1.0
    # (last output - first output) / (tokens - 1)
    assert desk.read.value(m.TPOT, "_sum", **model) == pytest.approx(0.5 / 6)
    # sent 0.25 s after it was read, and one piece of the answer held for 0.125 s
    assert desk.read.value(m.OVERHEAD, "_sum", endpoint="/api/chat") == 0.375


def test_a_model_that_the_request_did_not_name_is_read_from_the_answer() -> None:
    desk = Desk()
    recorder = desk.begin(body=b"x" * (COPY_LIMIT_BYTES // 2 + 1))
    assert recorder.facts.model is None
    answer(recorder, line(model="m", message={"content": "a"}))
    assert desk.active("m:latest") == 1
    recorder.finish(2.0, Ending.COMPLETE)
    assert desk.active("m:latest") == 0


def test_a_body_too_long_to_be_looked_into_is_counted_and_let_go() -> None:
    desk = Desk()
    recorder = desk.begin(body=None)
    kept = [recorder._pieces]
    recorder.body_piece(NAMED)
    recorder.body_piece(b" " * COPY_LIMIT_BYTES)
    kept.append(recorder._pieces)
    assert kept == [[NAMED], None]
    recorder.request_read(1.0)
    recorder.finish(2.0, Ending.COMPLETE)
    assert recorder.facts.model is None
    size = desk.read.value(m.REQUEST_BYTES, "_sum", endpoint="/api/chat")
    assert size == len(NAMED) + COPY_LIMIT_BYTES


def test_a_unary_answer_without_a_named_request_is_named_at_its_end() -> None:
    desk = Desk()
    recorder = desk.begin(body=b"{}")
    body = line(model="m", message={"content": "a"}, done=True, done_reason="stop", eval_count=3)
    answer(recorder, body, headers={b"content-type": b"application/json"})
    recorder.finish(2.0, Ending.COMPLETE)
    assert desk.read.value(m.GENERATED_TOKENS, model="m:latest") == 3


def test_a_full_table_of_models_is_counted_once_a_request() -> None:
    desk = Desk(model_label_limit=1)
    desk.observer.models.admit("first")
    recorder = desk.begin(body=b"{}")
    answer(recorder, *[line(model="second", message={"content": "a"})] * 5)
    recorder.finish(2.0, Ending.COMPLETE)
    assert desk.read.value(m.LABEL_OVERFLOW, label="model") == 1


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_model_that_was_refused_is_no_label(status: int) -> None:
    desk = Desk()
    recorder = desk.begin(body=b'{"model":"invented"}')
    recorder.head_received(1.5, status, {})
    recorder.finish(2.0, Ending.COMPLETE)
    assert desk.active("other") == 0
    assert "invented" not in desk.read.text() + repr(desk.lines)


def test_a_pull_names_its_model_once_its_size_is_known() -> None:
    desk = Desk()
    recorder = desk.begin(b"/api/pull")
    answer(recorder, line(status="pulling manifest"))
    assert desk.active("other", "/api/pull") == 1
    moved = line(status="pulling a", digest="a", total=100, completed=40)
    recorder.pieces_received(2.0, [moved], 2.0)
    recorder.pieces_received(2.5, [moved], 2.5)
    assert desk.active("m:latest", "/api/pull") == 1
    assert desk.read.value(m.PULL_PROGRESS, model="m:latest") == 0.4
    assert desk.read.value(m.TRANSFER_BYTES, operation="pull") == 40
    recorder.finish(3.0, Ending.CLIENT_GONE)
    assert desk.read.value(m.PULL_PROGRESS, model="m:latest") is None
    assert desk.read.value(m.ABORTS, model="m:latest", phase="answering") == 1


def test_a_blob_is_counted_while_it_is_uploaded_and_never_kept() -> None:
    desk = Desk()
    recorder = desk.begin(b"/api/blobs/sha256:1", body=None)
    assert recorder._pieces is None
    for _ in range(3):
        recorder.body_piece(b"x" * 1000)
    assert desk.read.value(m.TRANSFER_BYTES, operation="upload") == 3000
    recorder.finish(2.0, Ending.CLIENT_GONE)
    abort = desk.read.value(m.ABORTS, model="none", phase="upload")
    assert abort == 1


def test_an_openai_stream_without_usage_is_counted_as_such() -> None:
    desk = Desk()
    for asked in (False, True):
        body = json.dumps({"model": "m", "stream_options": {"include_usage": asked}}).encode()
        recorder = desk.begin(b"/v1/chat/completions", body=body)
        content = b'data: {"model":"m","choices":[{"delta":{"content":"a"}}]}\n\n'
        answer(recorder, content, b"data: [DONE]\n\n", headers=SSE)
        recorder.finish(2.5, Ending.COMPLETE)
    endpoint = {"endpoint": "/v1/chat/completions"}
    assert desk.read.value(m.USAGE_MISSING, reason="not_asked", **endpoint) == 1
    assert desk.read.value(m.USAGE_MISSING, reason="absent", **endpoint) == 1
    # nothing is guessed where no count was to come; where it did not come, the chunks remain
    assert desk.read.value(m.GENERATED_TOKENS, model="m:latest") == 1


def test_a_model_that_is_loaded_again_at_once_is_a_reload() -> None:
    desk = Desk()
    final = line(done=True, done_reason="stop", eval_count=2, load_duration=500_000_000)
    for _ in range(2):
        recorder = desk.begin()
        answer(recorder, line(message={"content": "a"}), final)
        recorder.finish(2.5, Ending.COMPLETE)
    assert desk.read.value(m.RELOADS, model="m:latest") == 1


def test_a_model_of_the_cloud_is_named_as_it_was_asked_for_and_never_loaded_again() -> None:
    desk = Desk()
    final = line(model="big:120b", done=True, eval_count=2, load_duration=500_000_000)
    for body in (b'{"model":"big:120b-cloud"}', b'{"model":"Big:120b:cloud"}'):
        recorder = desk.begin(body=body)
        (entry,) = desk.observer.inflight.entries()
        assert entry.location == "cloud"
        answer(recorder, line(model="big:120b", message={"content": "a"}), final)
        recorder.finish(2.5, Ending.COMPLETE)
    assert desk.observer.table().locations == {"big:120b-cloud": "cloud"}
    assert desk.read.value(m.GENERATED_TOKENS, model="big:120b-cloud") == 4
    assert desk.read.value(m.RELOADS, model="big:120b-cloud") is None
    assert desk.read.value(m.LOAD, "_count", model="big:120b-cloud") is None


def test_an_alias_is_of_the_cloud_from_the_first_answer_that_says_so() -> None:
    desk = Desk()
    remote = {"remote_model": "big:120b", "remote_host": "https://ollama.com:443"}
    final = line(model="m", **remote, done=True, eval_count=2, load_duration=500_000_000)
    for location in ("local", "cloud"):
        recorder = desk.begin()
        answer(recorder, line(model="m", **remote, message={"content": "a"}))
        (entry,) = desk.observer.inflight.entries()
        assert (entry.model, entry.location) == ("m:latest", location)
        recorder.pieces_received(2.0, [final], 2.1)
        recorder.finish(2.5, Ending.COMPLETE)
    assert desk.observer.table().locations == {"m:latest": "cloud"}
    assert desk.read.value(m.LOAD, "_count", model="m:latest") is None


def test_a_preflight_is_no_call_and_has_no_model() -> None:
    desk = Desk()
    recorder = desk.begin(method="OPTIONS", body=None)
    recorder.request_read(1.0)
    recorder.head_received(1.5, 204, {})
    recorder.finish(2.0, Ending.COMPLETE)
    counted = {"method": "OPTIONS", "endpoint": "/api/chat", "model": "none", "status": "204"}
    assert desk.read.value(m.REQUESTS, **counted) == 1


def test_a_request_ends_in_one_line_with_its_id_and_trace() -> None:
    desk = Desk(user_header="X-User")
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {
        b"x-request-id": b"mine-1",
        b"traceparent": f"00-{trace}-00f067aa0ba902b7-01".encode(),
        b"x-user": b"alice",
    }
    recorder = desk.begin(headers=headers)
    assert recorder.request_id == "mine-1"
    answer(recorder, line(message={"content": "secret"}, done=True, done_reason="stop"))
    recorder.finish(2.0, Ending.COMPLETE)
    (said,) = desk.lines
    assert (said["request_id"], said["trace_id"]) == ("mine-1", trace)
    assert "secret" not in repr(said)
    assert "alice" not in desk.read.text() + repr(said)
    assert desk.read.exemplars(m.TTFT) == {trace}
    assert "user_requests_total {'user': " in desk.read.text()


@pytest.mark.parametrize(
    "metric", [m.GENERATED_TOKENS, m.REQUESTS, m.DURATION, m.DONE, m.TTFT, m.RELOADS]
)
def test_a_mistake_in_measuring_is_swallowed_counted_once_and_the_rest_goes_on(
    metric: Metric,
) -> None:
    desk = Desk()
    warm = desk.begin()
    answer(warm, line(message={"content": "a"}))
    warm.finish(2.0, Ending.COMPLETE)
    desk.ledger.broken = metric
    with structlog.testing.capture_logs() as logged:
        recorder = desk.begin()
        final = line(done=True, done_reason="stop", eval_count=2, load_duration=500_000_000)
        content = line(message={"content": "a"})
        answer(recorder, content, content, final)
        recorder.finish(3.0, Ending.COMPLETE)
    failed = {"endpoint": "/api/chat", "reason": "exception"}
    assert desk.read.value(m.EXTRACTION_ERRORS, **failed) == 1
    assert [said["event"] for said in logged] == ["measuring_failed"]
    assert "secret" not in repr(logged)
    assert not desk.observer.inflight.entries()
    assert len(desk.lines) == 2
    assert desk.lines[1].get("generated_tokens") == (None if metric is m.GENERATED_TOKENS else 2)
    if metric is not m.REQUESTS:
        counted = {"method": "POST", "endpoint": "/api/chat", "model": "m:latest"}
        assert desk.read.value(m.REQUESTS, status="200", **counted) == 2


class Unreadable(dict[bytes, bytes]):
    """Headers of which one cannot be asked for."""

    def __init__(self, name: bytes) -> None:
        super().__init__(NDJSON)
        self._name = name

    def get(self, name: bytes, default: Any = None, /) -> Any:
        if name == self._name:
            raise RuntimeError("on purpose")
        return super().get(name, default)


def test_a_request_whose_beginning_could_not_be_measured_is_relayed_and_counted() -> None:
    desk = Desk()
    recorder = desk.begin(headers=Unreadable(b"traceparent"))
    answer(recorder, line(message={"content": "a"}))
    recorder.finish(2.0, Ending.COMPLETE)
    assert desk.read.value(m.EXTRACTION_ERRORS, endpoint="other", reason="exception") == 1
    counted = {"method": "other", "endpoint": "other", "model": "none", "status": "200"}
    assert desk.read.value(m.REQUESTS, **counted) == 1


def failed_and_booked(desk: Desk, template: str) -> tuple[float | None, int, int]:
    """Mistakes counted, requests in flight, lines written."""
    counted = desk.read.value(m.EXTRACTION_ERRORS, endpoint=template, reason="exception")
    return counted, len(desk.observer.inflight), len(desk.lines)


def test_headers_that_could_not_be_read_end_the_measuring_not_the_request() -> None:
    desk = Desk()
    unread = desk.begin(headers=Unreadable(b"content-type"))
    answer(unread, line(message={"content": "a"}, done=True, done_reason="stop"))
    unread.finish(2.0, Ending.COMPLETE)
    assert failed_and_booked(desk, "/api/chat") == (1, 0, 1)
    unanswered = desk.begin()
    answer(unanswered, line(message={"content": "a"}), headers=Unreadable(b"content-encoding"))
    unanswered.finish(2.0, Ending.COMPLETE)
    assert failed_and_booked(desk, "/api/chat") == (2, 0, 2)
    assert {said["outcome"] for said in desk.lines} == {"ok"}


def test_an_upload_that_could_not_be_counted_goes_on() -> None:
    desk = Desk()
    desk.ledger.broken = m.TRANSFER_BYTES
    recorder = desk.begin(b"/api/blobs/sha256:1")
    recorder.head_received(1.5, 201, {})
    recorder.finish(2.0, Ending.COMPLETE)
    assert failed_and_booked(desk, "/api/blobs/:digest") == (1, 0, 1)


def test_an_end_that_could_not_be_read_is_booked_by_its_status() -> None:
    desk = Desk(model_label_limit=1)
    desk.observer.models.admit("first")
    desk.ledger.broken = m.LABEL_OVERFLOW
    recorder = desk.begin(body=b"{}")
    body = line(model="second", message={"content": "a"}, done=True, done_reason="stop")
    answer(recorder, body, headers={b"content-type": b"application/json"})
    recorder.finish(2.0, Ending.COMPLETE)
    assert failed_and_booked(desk, "/api/chat") == (1, 0, 1)
    assert (desk.lines[0]["status"], desk.lines[0]["outcome"]) == (200, "ok")


def test_requests_that_nobody_can_invent_a_series_with() -> None:
    desk = Desk()

    def one(number: int) -> None:
        body = json.dumps({"model": f"m{number}"}).encode()
        for target in (f"/x/{number}".encode(), b"/api/chat"):
            recorder = desk.begin(target, body, f"M{number}")
            recorder.head_received(1.5, 404, {b"x": b"y"})
            recorder.finish(2.0, Ending.COMPLETE)

    one(0)
    before = desk.read.series()
    for number in range(10_000):
        one(number)
    assert desk.read.series() == before


def test_the_first_tokens_are_counted_under_the_name_that_comes_with_them() -> None:
    desk = Desk()
    recorder = desk.begin(body=b"{}")
    answer(recorder, line(model="m", message={"content": "a"}), line(message={"content": "b"}))
    assert desk.read.value(m.GENERATED_TOKENS, model="m:latest") == 2
    assert desk.read.value(m.GENERATED_TOKENS, model="other") is None


def test_the_wait_for_a_connection_is_not_what_the_proxy_adds() -> None:
    desk = Desk()
    recorder = desk.begin()  # read at 1.0, sent at 1.25
    recorder.connected(0.5, 1.125)
    recorder.head_received(1.5, 204, {})
    recorder.finish(2.0, Ending.COMPLETE)
    assert desk.read.value(m.OVERHEAD, "_sum", endpoint="/api/chat") == 0.125


def test_counts_that_were_asked_for_in_the_clients_name_are_due() -> None:
    desk = Desk()
    for path in (b"/v1/chat/completions", b"/v1/messages"):
        recorder = desk.begin(path)
        if path == b"/v1/chat/completions":
            recorder.usage_asked()
        answer(recorder, b"data: [DONE]\n\n", headers=SSE)
        recorder.story.meter.is_ended = True  # type: ignore[union-attr]
        recorder.finish(2.5, Ending.COMPLETE)
        labels = {"endpoint": path.decode(), "reason": "absent"}
        assert desk.read.value(m.USAGE_MISSING, **labels) == 1


class Unjudgeable(StreamMeter):
    """A meter that cannot be asked how the answer ended."""

    @property
    def is_ended(self) -> bool:  # type: ignore[override]
        raise RuntimeError("on purpose")


def test_an_end_that_could_not_be_judged_keeps_nothing_else_from_being_done() -> None:
    desk = Desk()
    recorder = desk.begin()
    recorder.head_received(1.5, 204, {})
    recorder.story.meter = Unjudgeable(Answer.CHAT, Framing.NDJSON)
    recorder.finish(2.0, Ending.CLIENT_GONE)
    assert failed_and_booked(desk, "/api/chat") == (1, 0, 1)


# behind the gateway

PORTKEY = {
    b"x-portkey-last-used-option-index": b"config",
    b"x-portkey-provider": b"openai",
    b"x-portkey-retry-attempt-count": b"0",
    b"x-portkey-cache-status": b"DISABLED",
}


def through(
    desk: Desk, config: PortkeyConfig = NO_CONFIG, has_leg: bool = True
) -> tuple[Recorder, Passage]:
    """A request that was read and handed to the gateway."""
    recorder = desk.begin(body=None)
    passage = Passage(b"token", has_leg, b"localhost", {}, lambda: None)
    recorder.crosses(passage, config)
    recorder.body_piece(NAMED)
    recorder.request_read(1.0)
    recorder.request_sent(1.25)
    return recorder, passage


def counted(desk: Desk, metric: Metric, **labels: str) -> float | None:
    return desk.read.value(metric, **labels)


def test_a_request_through_the_gateway_is_counted_as_such_and_so_is_all_of_it() -> None:
    desk = Desk()
    recorder, _ = through(desk)
    assert desk.active("other") is None
    answer(recorder, line(message={"content": "a"}), headers={**NDJSON, **PORTKEY})
    final = line(done=True, done_reason="stop", eval_count=3)
    recorder.pieces_received(2.0, [final], 2.0)
    recorder.finish(3.0, Ending.COMPLETE)
    way = {"routing": "portkey", "model": "m:latest"}
    assert counted(desk, m.GENERATED_TOKENS, **way) == 3
    labels = {"method": "POST", "endpoint": "/api/chat", "status": "200"}
    assert counted(desk, m.REQUESTS, **labels, **way) == 1
    asked = {"provider": "openai", "target": "0", "cache_status": "DISABLED", "status": "200"}
    assert counted(desk, pk.REQUESTS, **asked) == 1
    assert desk.lines[0]["routing"] == "portkey"


def test_a_request_that_takes_another_way_after_all_is_counted_by_that_way() -> None:
    desk = Desk()
    recorder, passage = through(desk)
    recorder.rerouted(Bypass.GATEWAY_DOWN)
    recorder.head_received(1.5, 204, PORTKEY)
    recorder.finish(2.0, Ending.COMPLETE)
    labels = {"method": "POST", "endpoint": "/api/chat", "model": "m:latest", "status": "204"}
    assert counted(desk, m.REQUESTS, **labels) == 1
    assert counted(desk, pk.BYPASSES, reason="gateway_down") == 1
    assert counted(desk, pk.FALLBACKS, reason="gateway_down") == 1
    assert "portkey_requests_total {'provider'" not in desk.read.text()
    assert passage.waits == 1.25  # nobody told it of the answer: it is over


def test_the_passage_is_told_what_the_gateway_got_and_gave() -> None:
    recorder, passage = through(Desk())
    recorder.request_sent(9.0)
    found = [passage.waits]
    passage.attempt_began(2.0, lambda: None)
    passage.gateway_got(3.0)
    recorder.head_received(4.0, 200, PORTKEY)
    found.append(passage.waits)
    passage.gateway_got(5.0)
    recorder.pieces_received(6.0, [], 6.0)  # framing alone
    found.append(passage.waits)
    recorder.pieces_received(7.0, [b"x"], 7.0)
    found.append(passage.waits)
    assert found == [1.25, None, 5.0, None]


def test_the_passage_is_told_whether_its_client_keeps_up() -> None:
    recorder, passage = through(Desk())
    recorder.client_keeps_up(2.0, False)
    found = [passage.is_paused]
    recorder.client_keeps_up(3.0, True)
    found.append(passage.is_paused)
    assert found == [True, False]
    Desk().begin().client_keeps_up(1.0, False)  # of a direct request nobody is told


OWN = b'{"status":"failure","message":"Something went wrong"}'


@pytest.mark.parametrize(
    ("status", "headers", "pieces", "is_own"),
    [
        (500, PORTKEY, [OWN], True),
        (500, PORTKEY, [b'{"error":"no"}'], False),
        (500, {}, [b'{"error":"no"}'], True),  # no target was asked
        (404, {}, [b"x"], True),
        (408, PORTKEY, [b"x"], True),
        (400, {**PORTKEY, b"x-portkey-gateway-exception": b"true"}, [b"x"], True),
        (404, PORTKEY, [OWN], False),  # an Ollama may say so: the gateway says it with 500
        (200, {}, [OWN], False),
        (500, PORTKEY, [b'{"error":"', OWN], False),
        (500, PORTKEY, [OWN[:30], OWN[30:]], True),
    ],
)
def test_the_gateways_own_failures_are_known_by_headers_or_words(
    status: int, headers: dict[bytes, bytes], pieces: list[bytes], is_own: bool
) -> None:
    desk = Desk()
    recorder, _ = through(desk)
    recorder.head_received(1.5, status, headers)
    recorder.pieces_received(1.5, pieces, 1.5)
    recorder.pieces_received(1.75, [OWN], 1.75)  # what comes later says nothing
    recorder.finish(2.0, Ending.COMPLETE)
    assert (desk.lines[0]["outcome"] == "gateway") is is_own


def test_an_answer_of_ours_is_none_of_the_gateways() -> None:
    desk = Desk()
    recorder, _ = through(desk)
    recorder.answered(40)
    recorder.finish(2.0, Ending.GATEWAY_HANGS)
    assert (desk.lines[0]["status"], desk.lines[0]["outcome"]) == (504, "gateway_timeout")
    labels = {"provider": "none", "target": "none", "cache_status": "none", "status": "504"}
    assert counted(desk, pk.REQUESTS, **labels) == 1


def test_headers_of_the_gateways_that_cannot_be_read_keep_nothing_else_from_being_done() -> None:
    desk = Desk()
    recorder, passage = through(desk)
    answer(recorder, line(message={"content": "a"}), headers=Unreadable(b"x-portkey-provider"))
    passage.attempt_began(2.0, lambda: None)
    recorder.finish(2.0, Ending.CLIENT_GONE)
    assert desk.lines[0]["outcome"] == "client_gone"
    assert not desk.observer.inflight.entries()


LAST = line(done=True, done_reason="stop", prompt_eval_count=3, eval_count=4)


def left(desk: Desk, routing: str = "direct") -> float:
    """How many requests are booked as ended because their clients left."""
    labels = {"method": "POST", "endpoint": "/api/chat", "status": "499", "routing": routing}
    found = [desk.read.value(m.REQUESTS, model=name, **labels) for name in ("m:latest", "other")]
    return sum(filter(None, found))


def outlived(desk: Desk) -> tuple[Recorder, Remainder]:
    """A request whose client leaves in mid-answer, while others wait for the rest."""
    recorder = desk.begin()
    answer(recorder, line(model="m", message={"content": "a"}))
    rest = recorder.outlived()
    assert rest is not None
    return recorder, rest


async def test_what_others_get_is_counted_once_and_wasted_by_nobody() -> None:
    desk = Desk()
    recorder, rest = outlived(desk)
    recorder.finish(3.0, Ending.CLIENT_GONE)
    rest.pieces_received(4.0, [line(model="m", message={"content": "b"})])
    assert left(desk) == 1
    assert desk.read.value(m.ABORTS, model="m:latest", phase="answering") == 1
    assert desk.read.value(m.GENERATED_TOKENS, model="m:latest") == 2
    (shown,) = desk.observer.table().requests  # the model works on
    assert (shown.phase, shown.tokens) == ("answering", 2)
    assert desk.observer.table().finished == []
    rest.pieces_received(5.0, [LAST])
    rest.ended(6.0, Ending.COMPLETE)
    desk.observer.closing.settle()
    assert desk.read.value(m.GENERATED_TOKENS, model="m:latest") == 4
    assert desk.read.value(m.PROMPT_TOKENS, model="m:latest") == 3
    assert desk.read.value(m.WASTED_TOKENS, model="m:latest") is None
    assert desk.read.value(m.WASTED_SECONDS, model="m:latest") is None
    assert left(desk) == 1
    table = desk.observer.table()
    assert table.requests == []
    assert [(one.outcome, one.tokens) for one in table.finished] == [("client_gone", 4)]
    assert len(desk.lines) == 1


async def test_what_all_have_left_is_wasted_to_the_last() -> None:
    desk = Desk()
    recorder, rest = outlived(desk)
    recorder.finish(3.0, Ending.CLIENT_GONE)
    rest.pieces_received(4.0, [line(model="m", message={"content": "b"})])
    rest.ended(6.25, Ending.CLIENT_GONE)
    desk.observer.closing.settle()
    assert desk.read.value(m.WASTED_TOKENS, model="m:latest") == 2
    assert desk.read.value(m.WASTED_SECONDS, model="m:latest") == 5.0
    assert desk.read.value(m.GENERATED_TOKENS, model="m:latest") == 2


async def test_a_rest_that_ends_before_its_request_is_booked_is_booked_after_it() -> None:
    desk = Desk()
    recorder, rest = outlived(desk)
    rest.pieces_received(2.5, [LAST])
    rest.ended(8.0, Ending.COMPLETE)
    recorder.ended(8.0, Ending.CLIENT_GONE)
    desk.observer.closing.settle()
    assert left(desk) == 1
    assert desk.read.value(m.GENERATED_TOKENS, model="m:latest") == 4
    assert desk.read.value(m.WASTED_TOKENS, model="m:latest") is None
    assert [one.status for one in desk.observer.table().finished] == [499]


async def test_who_had_everything_leaves_no_rest() -> None:
    recorder = Desk().begin()
    answer(recorder, line(model="m", message={"content": "a"}), LAST)
    assert recorder.outlived() is None
    assert not recorder.story.is_outlived


def test_one_request_by_the_gateway_is_one_whoever_it_is_handed_to() -> None:
    desk = Desk(enable_portkey=True)
    first, second = desk.begin(), desk.begin()
    passage = Passage(b"t", True, None, {}, lambda: None)
    first.crosses(passage, NO_CONFIG)
    second.crosses(Passage(b"u", True, None, {}, lambda: None), NO_CONFIG)
    first.hands_on()
    second.crosses(passage, NO_CONFIG)
    second.takes_over(1.0)
    first.finish(2.0, Ending.CLIENT_GONE)
    answer(second, line(model="m", message={"content": "a"}), LAST)
    second.finish(4.0, Ending.COMPLETE)
    counted = desk.read.text().count("ollama_proxy_portkey_requests_total {")
    assert counted == 1
    assert desk.read.value(m.WASTED_SECONDS, model="m:latest") is None
    assert left(desk, "portkey") == 1
    assert second.story.work_began_at == 1.0


def test_what_was_answered_from_the_cache_bypassed_nothing() -> None:
    desk = Desk()
    for result in (Result.HIT, Result.MISS):
        recorder = desk.begin()
        recorder.rerouted(Bypass.GATEWAY_DOWN)
        recorder.looked_up(result, None)
        recorder.finish(3.0, Ending.COMPLETE)
    assert desk.read.value(pk.BYPASSES, reason="gateway_down") == 1
    assert desk.read.value(pk.FALLBACKS, reason="gateway_down") == 1


LONG = json.dumps({"model": "m", "messages": [{"content": "word " * 1000}]}).encode()


def used(desk: Desk) -> Desk:
    """The same; its model has answered, and so is loaded."""
    recorder = desk.begin()
    answer(recorder, line(message={"content": "a"}), line(done=True, done_reason="stop"))
    recorder.finish(3.0, Ending.COMPLETE)
    return desk


def test_a_long_prompt_is_watched_from_when_it_is_sent_unless_nobody_foretells() -> None:
    def forecast(**settings: object) -> Forecast | None:
        return used(Desk(**settings)).begin(body=LONG).story.forecast

    watched = forecast()
    assert watched is not None
    assert watched.sent_at == 1.25
    assert forecast(insight="false") is None
    assert Desk().begin().story.forecast is None


class BrokenInsight(Insight):
    """It raises, at every use."""

    def __init__(self) -> None:
        pass

    def sent(self, story: Story, at: float) -> None:
        raise RuntimeError("on purpose: a secret")


def test_a_mistake_in_foretelling_is_counted_and_touches_nothing() -> None:
    desk = used(Desk())
    recorder = desk.begin(body=None)
    recorder.body_piece(LONG)
    recorder.request_read(1.0)
    recorder._books = dataclasses.replace(recorder._books, insight=BrokenInsight())
    recorder.request_sent(1.25)
    assert recorder.story.sent_at == 1.25
    labels = {"endpoint": "/api/chat", "reason": "exception"}
    assert desk.read.value(m.EXTRACTION_ERRORS, **labels) == 1


def test_a_wait_in_the_queue_is_none_for_a_connection() -> None:
    desk = Desk()
    recorder = desk.begin()
    recorder.request_read(1.0)
    standing = cast("Standing", object())
    recorder.queues(standing, 1.25)
    assert recorder.story.phase is Phase.QUEUED
    recorder.turn_came(4.25)
    recorder.connected(1.0, 4.5)
    assert recorder.story.standing is standing
    assert recorder.story.connecting_seconds == 0.5
    assert recorder.story.queued_seconds == 3.0
