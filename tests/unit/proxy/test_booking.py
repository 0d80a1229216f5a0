"""Stories to metrics: what is booked for which ending."""

import pytest

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.metric import Metric
from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from proxy.booking import (
    book_answer,
    book_reload,
    book_request,
    book_user,
    book_user_tokens,
    book_waste,
    tokens_by_type,
    tokens_of,
)
from proxy.outcomes import Ending
from proxy.pages import Pages
from proxy.reloads import Reloads
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.story import Story
from proxy.users import Users
from tests.ledgers import ReadLedger

FINAL = (
    b'{"message":{"content":"an answer"},"done":true,"done_reason":"stop",'
    b'"total_duration":4000000000,"load_duration":1000000000,"prompt_eval_count":8,'
    b'"prompt_eval_cached_count":6,"prompt_eval_duration":500000000,"eval_count":11,'
    b'"eval_duration":2000000000}\n'
)
THINKING = b'{"message":{"thinking":"hmm"}}\n'
CONTENT = b'{"message":{"content":"a"}}\n'
UNLOADED = b'{"message":{"content":""},"done":true,"done_reason":"unload"}\n'
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def read(*lines: bytes, path: str = "/api/chat", framing: Framing = Framing.NDJSON) -> StreamMeter:
    meter = StreamMeter(endpoint_of(path).answer, framing)
    for number, line in enumerate(lines):
        meter.feed(3.0 + number, line)
    meter.finish(3.0 + len(lines))
    return meter


def story(
    meter: StreamMeter | None = None,
    ending: Ending = Ending.COMPLETE,
    path: str = "/api/chat",
    **facts: object,
) -> Story:
    told = Story("id", "", "", "POST", endpoint_of(path), True, "m:latest", 0.0)
    usual = {"read_at": 1.0, "sent_at": 1.5, "upstream_status": 200, "meter": meter}
    for name, value in {**usual, **facts}.items():
        setattr(told, name, value)
    told.end(9.0, ending)
    return told


def book(*stories: Story) -> ReadLedger:
    read_ledger = ReadLedger()
    pages = Pages(read_ledger.ledger)
    for told in stories:
        book_request(pages.of(told), told)
        book_answer(pages.of(told), told)
        book_waste(pages.of(told), told)
    return read_ledger


def booked(told: Story, metric: Metric, suffix: str = "", **labels: str) -> float | None:
    model = {"model": "m:latest"} if "model" in metric.labels else {}
    return book(told).value(metric, suffix, **{**model, **labels})


@pytest.mark.parametrize(
    ("metric", "amount"),
    [
        (m.LOAD, 1.0),
        (m.PREFILL, 0.5),
        (m.DECODE, 2.0),
        (m.WAIT, 0.5),
        (m.TOKENS_PER_SECOND, 5.0),
        (m.CONTEXT_TOKENS, 19),
    ],
)
def test_durations_are_those_that_the_upstream_reports(metric: Metric, amount: float) -> None:
    assert booked(story(read(FINAL)), metric, "_sum") == amount


@pytest.mark.parametrize(
    ("metric", "tokens"), [(m.PROMPT_TOKENS, 8), (m.GENERATED_TOKENS, 11), (m.CACHED_TOKENS, 6)]
)
def test_tokens_are_those_that_the_upstream_counts(metric: Metric, tokens: int) -> None:
    assert booked(story(read(FINAL)), metric) == tokens


def test_tokens_that_were_counted_on_the_way_are_not_counted_twice() -> None:
    counted = story(read(FINAL), tokens_counted=4)
    assert booked(counted, m.GENERATED_TOKENS) == 7
    too_many = story(read(FINAL), tokens_counted=20)
    assert booked(too_many, m.GENERATED_TOKENS) == 0


def test_a_stream_has_its_clocks_from_the_request_read_and_one_trace() -> None:
    told = book(story(read(THINKING, CONTENT, FINAL), trace_id=TRACE))
    model = {"model": "m:latest"}
    assert told.value(m.TTFT, "_sum", **model) == 2.0
    assert told.value(m.TTFAT, "_sum", **model) == 3.0
    assert told.value(m.MAX_GAP, "_sum", **model) == 1.0
    assert told.value(m.TPOT, "_sum", **model) == pytest.approx(2.0 / 10)
    assert told.value(m.FIRST_OUTPUT, kind="thinking", **model) == 1
    for metric in (m.TTFT, m.TTFAT, m.TPOT, m.DURATION):
        assert told.exemplars(metric) == {TRACE}


def test_thinking_is_told_in_chunks_and_characters_never_in_tokens() -> None:
    told = story(read(THINKING, THINKING, FINAL))
    assert booked(told, m.THINKING_CHUNKS) == 2
    assert booked(told, m.THINKING_CHARACTERS) == 6
    assert booked(story(read(FINAL)), m.THINKING_CHARACTERS) is None


def test_an_answer_that_came_in_one_piece_has_no_time_per_token() -> None:
    assert booked(story(read(FINAL)), m.TTFT, "_count") == 1
    assert booked(story(read(FINAL)), m.TPOT, "_count") is None


def test_a_unary_answer_has_tokens_and_durations_and_no_first_token() -> None:
    whole = story(read(FINAL, framing=Framing.JSON))
    assert booked(whole, m.GENERATED_TOKENS) == 11
    assert booked(whole, m.DECODE, "_sum") == 2.0
    assert booked(whole, m.TTFT, "_count") is None
    assert booked(whole, m.FIRST_OUTPUT, kind="content") is None


@pytest.mark.parametrize(
    ("facts", "phase", "tokens", "seconds"),
    [
        ({"meter": read(CONTENT)}, "answering", 1, 7.5),
        ({"meter": read(THINKING, THINKING)}, "thinking", 2, 7.5),
        ({"upstream_status": None}, "waiting", 0, 7.5),
        ({"upstream_status": None, "sent_at": None, "read_at": None}, "upload", None, None),
    ],
)
def test_an_abort_is_told_by_phase_with_what_it_wasted_and_is_no_error(
    facts: dict[str, object], phase: str, tokens: int | None, seconds: float | None
) -> None:
    gone = story(ending=Ending.CLIENT_GONE, **facts)  # type: ignore[arg-type]
    assert booked(gone, m.ABORTS, phase=phase) == 1
    assert booked(gone, m.WASTED_TOKENS) == tokens
    assert booked(gone, m.WASTED_SECONDS) == seconds
    assert booked(gone, m.ERRORS, error_type="client_gone") is None
    assert booked(gone, m.REQUESTS, method="POST", endpoint="/api/chat", status="499") == 1


def test_a_client_that_leaves_a_pull_wastes_no_model() -> None:
    gone = story(ending=Ending.CLIENT_GONE, path="/api/pull")
    assert booked(gone, m.ABORTS, phase="answering") == 1
    assert booked(gone, m.WASTED_SECONDS) is None


def test_only_whole_answers_have_a_duration() -> None:
    endpoint = {"endpoint": "/api/chat"}
    assert booked(story(read(FINAL)), m.DURATION, "_sum", **endpoint) == 8.0
    for failed in (
        story(upstream_status=404),
        story(ending=Ending.BROKE_OFF),
        story(read(CONTENT)),
        story(read(CONTENT, b'{"error":"x"}\n')),
    ):
        assert booked(failed, m.DURATION, "_count", **endpoint) is None


@pytest.mark.parametrize(
    ("told", "error_type"),
    [
        (story(read(CONTENT)), "incomplete_stream"),
        (story(read(CONTENT, b'{"error":"x"}\n')), "mid_stream"),
        (story(upstream_status=503), "queue_full"),
        (story(upstream_status=None, ending=Ending.UNREACHABLE), "connect"),
        (story(upstream_status=None, ending=Ending.REFUSED_BUSY), "proxy_queue_full"),
        (story(upstream_status=None, ending=Ending.MALFORMED), "bad_request"),
    ],
)
def test_an_error_is_counted_by_its_kind(told: Story, error_type: str) -> None:
    assert booked(told, m.ERRORS, error_type=error_type) == 1


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (Ending.REFUSED_BUSY, "max_requests"),
        (Ending.QUEUE_FULL, "full"),
        (Ending.QUEUE_DISPLACED, "displaced"),
        (Ending.QUEUE_TIMEOUT, "timeout"),
    ],
)
def test_a_request_that_the_proxy_refused_is_counted_as_such(ending: Ending, reason: str) -> None:
    refused = story(upstream_status=None, ending=ending)
    assert booked(refused, m.QUEUE_REJECTIONS, reason=reason) == 1
    assert booked(refused, m.ERRORS, error_type="proxy_queue_full") == 1


def test_a_client_that_leaves_the_proxys_queue_has_wasted_nothing() -> None:
    left = story(
        upstream_status=None, sent_at=None, ending=Ending.CLIENT_GONE, queued_at=1.0, turn_at=None
    )
    assert booked(left, m.ABORTS, phase="queued") == 1
    assert booked(left, m.WASTED_SECONDS) is None


def test_a_wait_in_the_queue_is_not_the_proxys_overhead() -> None:
    told = story(read_at=1.0, queued_at=1.0, turn_at=1.375)
    assert booked(told, m.OVERHEAD, "_sum", endpoint="/api/chat") == 0.125


def test_overhead_is_what_the_proxy_held_request_and_answer() -> None:
    told = story(held_seconds=0.25)
    assert booked(told, m.OVERHEAD, "_sum", endpoint="/api/chat") == 0.75
    assert booked(story(sent_at=None), m.OVERHEAD, "_sum", endpoint="/api/chat") is None


def test_loading_and_unloading_are_no_latency() -> None:
    unloaded = story(read(UNLOADED))
    assert booked(unloaded, m.DONE, reason="unload") == 1
    assert booked(unloaded, m.OPERATIONS, operation="unload") == 1
    for metric in (m.DURATION, m.TTFT, m.LOAD):
        assert booked(unloaded, metric, "_count", **_endpoint(metric)) is None
    assert booked(unloaded, m.USAGE_MISSING, endpoint="/api/chat", reason="absent") is None


def _endpoint(metric: Metric) -> dict[str, str]:
    return {"endpoint": "/api/chat"} if "endpoint" in metric.labels else {}


def test_a_reason_that_nobody_knows_is_other() -> None:
    odd = story(read(FINAL.replace(b'"stop"', b'"invented"')))
    assert booked(odd, m.DONE, reason="other") == 1


def test_what_could_not_be_read_is_counted_with_its_reason() -> None:
    torn = story(read(b"{no json\n", FINAL))
    assert booked(torn, m.EXTRACTION_ERRORS, endpoint="/api/chat", reason="json") == 1


def test_embeddings_have_prompt_tokens_and_no_decoding() -> None:
    body = (
        b'{"model":"m","embeddings":[[0.1]],"total_duration":2000000000,'
        b'"load_duration":1000000000,"prompt_eval_count":8}'
    )
    told = story(read(body, path="/api/embed", framing=Framing.JSON), path="/api/embed")
    assert booked(told, m.PROMPT_TOKENS) == 8
    assert booked(told, m.LOAD, "_sum") == 1.0
    for metric in (m.TTFT, m.DECODE, m.TOKENS_PER_SECOND, m.CONTEXT_TOKENS, m.WAIT):
        assert booked(told, metric, "_count") is None
    assert booked(told, m.GENERATED_TOKENS) is None


def test_an_answer_that_was_made_elsewhere_has_its_tokens_and_speed_and_no_wait_here() -> None:
    told = story(read(FINAL), is_cloud=True)
    for metric in (m.LOAD, m.WAIT):
        assert booked(told, metric, "_count") is None
    assert booked(told, m.PREFILL, "_sum") == 0.5
    assert booked(told, m.TOKENS_PER_SECOND, "_sum") == 5.0
    assert booked(told, m.GENERATED_TOKENS) == 11


def reloaded(is_used: bool, final: bytes, is_cloud: bool = False) -> float | None:
    read_ledger, reloads = ReadLedger(), Reloads(Shared())
    if is_used:
        reloads.used("m:latest", 0.5)
    told = story(read(final), last_use=reloads.last_use("m:latest"), is_cloud=is_cloud)
    book_reload(reloads, Pages(read_ledger.ledger).of(told), told)
    return read_ledger.value(m.RELOADS, model="m:latest")


def test_a_load_of_a_model_that_was_in_use_is_a_reload() -> None:
    assert reloaded(True, FINAL) == 1
    assert reloaded(False, FINAL) is None
    assert reloaded(True, FINAL.replace(b'"load_duration":1000000000', b'"x":1')) is None
    assert reloaded(True, FINAL, is_cloud=True) is None


def test_only_answers_of_a_known_model_say_that_it_is_loaded() -> None:
    reloads, pages = Reloads(Shared()), Pages(ReadLedger().ledger)
    for told in (
        story(path="/api/tags"),
        story(upstream_status=404),
        story(read(FINAL), model="other"),
        story(read(FINAL), model="big:cloud", is_cloud=True),
    ):
        book_reload(reloads, pages.of(told), told)
        assert reloads.last_use(told.model) is None
    loaded, unloaded = story(read(FINAL)), story(read(UNLOADED))
    book_reload(reloads, pages.of(loaded), loaded)
    assert reloads.last_use("m:latest") == 9.0
    book_reload(reloads, pages.of(unloaded), unloaded)
    assert reloads.last_use("m:latest") is None


def test_users_have_requests_and_tokens_where_somebody_asked_for_it() -> None:
    read_ledger = ReadLedger()
    users, pages = (
        Users(ProxySettings(user_header="X-User"), lambda: None),
        Pages(read_ledger.ledger),
    )

    def booked_by_user(told: Story) -> None:
        book_user(users, pages, pages.of(told), told)
        book_user_tokens(users, pages, pages.of(told), told)

    booked_by_user(story(read(FINAL)))
    assert "user_requests_total {'user'" not in read_ledger.text()
    booked_by_user(story(read(FINAL), user="abc"))
    booked_by_user(story(read(CONTENT), user="abc", tokens_counted=1))
    assert read_ledger.value(m.USER_REQUESTS, user="abc") == 2
    assert read_ledger.value(m.USER_TOKENS, user="abc", type="input") == 8
    assert read_ledger.value(m.USER_TOKENS, user="abc", type="output") == 12


def test_tokens_are_the_upstreams_where_it_tells_them() -> None:
    counted = story(read(CONTENT, FINAL), tokens_counted=1)
    assert tokens_of(counted) == (8, 11)
    assert tokens_by_type(counted) == [("input", 8), ("output", 11)]
    seen = story(read(CONTENT), tokens_counted=2)
    assert (tokens_of(seen), tokens_by_type(seen)) == ((0, 2), [("output", 2)])
    assert (tokens_of(story()), tokens_by_type(story())) == ((0, 0), [])


def test_what_others_get_is_not_wasted_by_who_left() -> None:
    gone = story(read(CONTENT), ending=Ending.CLIENT_GONE, is_outlived=True)
    assert booked(gone, m.ABORTS, phase="answering") == 1
    assert booked(gone, m.WASTED_TOKENS) is None
    assert booked(gone, m.WASTED_SECONDS) is None


def test_what_was_taken_over_and_left_as_well_is_wasted_from_its_beginning() -> None:
    gone = story(read(CONTENT), ending=Ending.CLIENT_GONE, worked_on_since=0.5)
    alone = story(read(CONTENT), ending=Ending.CLIENT_GONE)
    seconds, later = booked(gone, m.WASTED_SECONDS), booked(alone, m.WASTED_SECONDS)
    assert seconds is not None
    assert later is not None
    assert alone.sent_at is not None
    assert seconds - later == alone.sent_at - 0.5
