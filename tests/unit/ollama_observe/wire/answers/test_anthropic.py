"""Records of Anthropic's dialect, the odd ones included."""

import pytest

from ollama_observe.wire.answers.anthropic import read_event, read_unary
from ollama_observe.wire.records import UNREADABLE, Closing, Output, Record
from ollama_observe.wire.usage import Usage


@pytest.mark.parametrize(
    ("delta", "record"),
    [
        (b'{"type":"text_delta","text":"x"}', Record(Output.CONTENT)),
        (b'{"type":"thinking_delta","thinking":"abc"}', Record(Output.THINKING, 3)),
        (b'{"type":"input_json_delta","partial_json":"{}"}', Record(Output.TOOL_CALL)),
        (b'{"type":"signature_delta","signature":"x"}', Record()),
        (b'{"type":"text_delta","text":""}', Record()),
    ],
)
def test_a_delta_says_what_it_brought(delta: bytes, record: Record) -> None:
    assert read_event(b'{"type":"content_block_delta","index":0,"delta":' + delta + b"}") == record


def test_the_first_event_names_the_model_and_its_estimate_is_not_believed() -> None:
    event = b'{"type":"message_start","message":{"model":"m","usage":{"input_tokens":6}}}'
    assert read_event(event) == Record(model="m")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b'"end_turn"', "stop"),
        (b'"max_tokens"', "length"),
        (b'"tool_use"', "tool_calls"),
        (b'"stop_sequence"', "stop_sequence"),
        (b"null", None),
        (b"[]", None),
    ],
)
def test_the_last_delta_carries_reason_and_usage(said: bytes, reason: str | None) -> None:
    usage = b'"usage":{"input_tokens":5,"output_tokens":2,"cache_read_input_tokens":4}'
    event = b'{"type":"message_delta","delta":{"stop_reason":' + said + b"}," + usage + b"}"
    assert read_event(event).closing == Closing(False, reason, Usage(9, 2, 4))
    whole = b'{"model":"m","stop_reason":' + said + b"," + usage + b"}"
    closing = Closing(reason is not None, reason, Usage(9, 2, 4))
    assert read_unary(whole) == Record(model="m", closing=closing)


def test_a_prompt_is_what_was_read_written_to_a_cache_and_taken_from_one() -> None:
    usage = (
        b'{"input_tokens":5,"cache_creation_input_tokens":20,"cache_read_input_tokens":300,'
        b'"output_tokens":2}'
    )
    record = read_unary(b'{"stop_reason":"end_turn","usage":' + usage + b"}")
    assert record.closing == Closing(True, "stop", Usage(325, 2, 300))


def test_only_the_stop_event_makes_a_stream_whole() -> None:
    assert read_event(b'{"type":"message_stop"}').closing == Closing(is_end=True)
    for name in (b"ping", b"content_block_start", b"content_block_stop", b"message_delta"):
        assert read_event(b'{"type":"' + name + b'"}') == Record()


@pytest.mark.parametrize("read", [read_event, read_unary])
def test_an_error_inside_an_answer_is_seen(read: type) -> None:
    error = b'{"type":"error","error":{"type":"api_error","message":"boom"}}'
    assert read(error) == Record(closing=Closing(is_error=True))


def test_the_thinking_of_a_unary_answer_is_measured() -> None:
    whole = b'{"content":[{"type":"thinking","thinking":"abc"},{"type":"text","text":"x"},1]}'
    assert read_unary(whole).thinking_characters == 3
    assert read_unary(b'{"content":{}}').thinking_characters == 0


def test_usage_without_counts_is_no_usage() -> None:
    event = b'{"type":"message_delta","delta":{},"usage":{"output_tokens":"2"}}'
    assert read_event(event).closing == Closing()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"x"', b"[DONE]", b"\xff", b"[" * 100_000])
@pytest.mark.parametrize("read", [read_event, read_unary])
def test_what_is_no_record_raises_the_one_kind_of_error(read: type, data: bytes) -> None:
    with pytest.raises(UNREADABLE):
        read(data)
