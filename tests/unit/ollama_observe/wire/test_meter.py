"""What a StreamMeter reads, at every cut."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.endpoints import Answer
from ollama_observe.wire.framing import LINE_LIMIT_BYTES, Framing, framing_of
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.records import Output

CHAT = b"".join(
    json.dumps(record, ensure_ascii=False).encode() + b"\n"
    for record in (
        {"model": "m", "message": {"content": "", "thinking": "hmm"}, "done": False},
        {"model": "m", "message": {"content": "größe"}, "done": False},
        {"model": "m", "message": {"content": " 空"}, "done": False},
        {
            "model": "m",
            "message": {"content": ""},
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": 4,
            "eval_count": 3,
        },
    )
)
OPENAI = (
    b'data: {"model":"m","choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
    b'data: {"model":"m","choices":[{"delta":{"content":"a"}}]}\n\n'
    b'data: {"model":"m","choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
    b'data: {"model":"m","choices":[],"usage":{"prompt_tokens":4,"completion_tokens":1}}\n\n'
    b"data: [DONE]\n\n"
)

METERED = [answer for answer in Answer if answer not in (Answer.PROGRESS, Answer.NONE)]


def facts(meter: StreamMeter) -> tuple[object, ...]:
    return (
        meter.outputs,
        meter.thinking_outputs,
        meter.thinking_characters,
        meter.is_thinking,
        meter.first_output_kind,
        meter.done_reason,
        meter.usage,
        meter.model,
        meter.is_ended,
        dict(meter.problems),
    )


def metered(answer: Answer, framing: Framing, pieces: list[bytes]) -> StreamMeter:
    meter = StreamMeter(answer, framing)
    for instant, piece in enumerate(pieces):
        meter.feed(float(instant), piece)
    meter.finish(float(len(pieces)))
    return meter


@pytest.mark.parametrize(
    ("answer", "framing", "stream", "outputs"),
    [(Answer.CHAT, Framing.NDJSON, CHAT, 3), (Answer.OPENAI_CHAT, Framing.SSE, OPENAI, 1)],
    ids=["native", "openai"],
)
def test_a_stream_reads_the_same_at_every_cut(
    answer: Answer, framing: Framing, stream: bytes, outputs: int
) -> None:
    whole = metered(answer, framing, [stream])
    assert (whole.outputs, whole.is_ended) == (outputs, True)
    for at in range(len(stream)):
        cut = metered(answer, framing, [stream[:at], stream[at:]])
        assert facts(cut) == facts(whole), at


@given(st.binary(max_size=300), st.sampled_from(list(Framing)), st.integers(1, 9))
def test_no_bytes_make_a_meter_raise(data: bytes, framing: Framing, size: int) -> None:
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    for answer in METERED:
        metered(answer, framing, pieces)


# Fields and event types of all dialects, in one heap.
WORDS = """
    model message response thinking done done_reason error eval_count choices delta text usage
    type content status output summary incomplete_details reason stop_reason embeddings data
    prompt_tokens prompt_tokens_details cached_tokens finish_reason tool_calls completed
    remote_host remote_model
    content_block_delta message_start message_delta message_stop response.output_text.delta
    response.reasoning_summary_text.delta
"""
NAMES = st.sampled_from(WORDS.split())
SCALARS = NAMES | st.sampled_from([None, True, -1, 3, 1.5, "", "x"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, VALUES, max_size=6), st.sampled_from(METERED))
def test_no_json_of_odd_types_makes_a_meter_raise(
    record: dict[str, object], answer: Answer
) -> None:
    data = json.dumps(record).encode()
    for framing, form in (
        (Framing.NDJSON, b"%s\n"),
        (Framing.SSE, b"data: %s\n\n"),
        (Framing.JSON, b"%s"),
    ):
        metered(answer, framing, [form % data])


def test_instants_are_those_of_the_chunks_with_output() -> None:
    meter = StreamMeter(Answer.CHAT, Framing.NDJSON)
    lines = CHAT.splitlines(keepends=True)
    for instant, line in zip((1.0, 2.0, 5.0, 6.0), lines, strict=True):
        meter.feed(instant, line)
    assert (meter.first_output, meter.first_answer, meter.last_output) == (1.0, 2.0, 5.0)
    assert meter.first_output_kind is Output.THINKING
    assert meter.max_gap_seconds == 3.0
    assert (meter.thinking_outputs, meter.thinking_characters, meter.is_thinking) == (1, 3, False)


def test_a_meter_knows_whether_the_model_is_thinking() -> None:
    meter = StreamMeter(Answer.CHAT, Framing.NDJSON)
    seen = []
    for line in CHAT.splitlines(keepends=True)[:2]:
        meter.feed(1.0, line)
        seen.append(meter.is_thinking)
    assert seen == [True, False]


def test_a_role_alone_is_no_first_token() -> None:
    meter = StreamMeter(Answer.OPENAI_CHAT, Framing.SSE)
    role, content, *_ = OPENAI.split(b"\n\n")
    meter.feed(1.0, role + b"\n\n")
    assert meter.first_output is None
    meter.feed(2.0, content + b"\n\n")
    assert meter.first_output == 2.0


def test_a_unary_answer_has_counts_and_no_first_token() -> None:
    body = (
        b'{"model":"m","message":{"content":"x"},"done":true,"done_reason":"stop","eval_count":3}'
    )
    meter = metered(Answer.CHAT, Framing.JSON, [body[:10], body[10:]])
    assert meter.is_ended
    assert meter.usage is not None
    assert meter.usage.generated_tokens == 3
    assert meter.first_output is None


def test_an_openai_stream_without_its_last_event_is_not_whole() -> None:
    assert not metered(Answer.OPENAI_CHAT, Framing.SSE, [OPENAI[:-14]]).is_ended


@pytest.mark.parametrize("answer", [Answer.MESSAGES, Answer.RESPONSES])
def test_another_dialects_end_event_ends_nothing(answer: Answer) -> None:
    meter = metered(answer, Framing.SSE, [b"data: [DONE]\n\n"])
    assert not meter.is_ended
    assert dict(meter.problems) == {"json": 1}


@pytest.mark.parametrize(
    "events",
    [
        [b'"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}'],
        [b'"type":"response.output_text.delta","delta":"x"'],
    ],
)
def test_a_stream_without_its_stop_event_is_not_whole(events: list[bytes]) -> None:
    data = b"".join(b"data: {%s}\n\n" % event for event in events)
    for answer in (Answer.MESSAGES, Answer.RESPONSES):
        assert not metered(answer, Framing.SSE, [data]).is_ended


def test_an_embedding_is_read_around_its_vectors() -> None:
    body = b'{"model":"m","embeddings":[[' + b"0.25," * 5_000_000 + b'1]],"prompt_eval_count":14}'
    meter = metered(Answer.EMBED, Framing.JSON, [body[:-60], body[-60:]])
    assert meter.is_ended
    assert meter.model == "m"
    assert meter.usage is not None
    assert meter.usage.prompt_tokens == 14
    assert dict(meter.problems) == {}


def test_a_broken_line_is_counted_and_the_rest_is_read() -> None:
    meter = metered(Answer.CHAT, Framing.NDJSON, [b'{"broken\n' + CHAT])
    assert dict(meter.problems) == {"json": 1}
    assert meter.is_ended


def test_an_error_record_is_seen() -> None:
    assert metered(Answer.CHAT, Framing.NDJSON, [b'{"error":"boom"}\n']).saw_error


@pytest.mark.parametrize("framing", list(Framing))
def test_what_is_too_long_is_counted_and_not_kept(framing: Framing) -> None:
    piece = b"x" * (1 << 20)
    pieces = [piece] * (LINE_LIMIT_BYTES // len(piece) + 2)
    assert metered(Answer.CHAT, framing, pieces).problems["too_long"] == 1


@pytest.mark.parametrize(
    ("content_type", "framing"),
    [
        ("application/x-ndjson", Framing.NDJSON),
        ("text/event-stream", Framing.SSE),
        ("Application/JSON; charset=utf-8", Framing.JSON),
        ("text/html", None),
        ("", None),
    ],
)
def test_the_response_decides_how_it_is_framed(content_type: str, framing: Framing | None) -> None:
    assert framing_of(content_type) is framing


@pytest.mark.parametrize("framing", [Framing.NDJSON, Framing.JSON])
def test_an_answer_of_another_host_is_known_as_one_once_it_has_ended(framing: Framing) -> None:
    meter = StreamMeter(Answer.CHAT, framing)
    remote = b'"remote_model":"big:120b","remote_host":"https://ollama.com:443"'
    if framing is Framing.NDJSON:
        meter.feed(1.0, b'{"model":"m",' + remote + b',"message":{"content":"a"},"done":false}\n')
    assert not meter.is_remote
    meter.feed(2.0, b'{"model":"m",' + remote + b',"message":{"content":""},"done":true}\n')
    meter.finish(3.0)
    assert meter.is_remote


@pytest.mark.parametrize(("reason", "is_so"), [("load", True), ("unload", True), ("stop", False)])
def test_an_answer_to_who_only_loads_or_unloads_a_model_is_an_operation(
    reason: str, is_so: bool
) -> None:
    meter = StreamMeter(Answer.CHAT, Framing.JSON)
    assert not meter.is_operation
    meter.feed(1.0, b'{"model":"m","done":true,"done_reason":"%s"}' % reason.encode())
    meter.finish(2.0)
    assert meter.is_operation is is_so
