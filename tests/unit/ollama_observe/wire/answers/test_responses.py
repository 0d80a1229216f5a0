"""Records of the Responses dialect, the odd ones included."""

import pytest

from ollama_observe.wire.answers.responses import read_event, read_unary
from ollama_observe.wire.records import UNREADABLE, Closing, Output, Record
from ollama_observe.wire.usage import Usage


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("output_text", Record(Output.CONTENT)),
        ("reasoning_summary_text", Record(Output.THINKING, 3)),
        ("function_call_arguments", Record(Output.TOOL_CALL)),
        ("something_new", Record()),
    ],
)
def test_a_delta_says_what_it_brought(kind: str, record: Record) -> None:
    assert read_event(b'{"type":"response.%s.delta","delta":"abc"}' % kind.encode()) == record


@pytest.mark.parametrize(
    "event",
    [
        b'{"type":"response.output_text.delta","delta":""}',
        b'{"type":"response.output_text.done","text":"all of it"}',
        b'{"type":["response.output_text.delta"],"delta":"x"}',
        b'{"type":"response.output_item.added","item":{}}',
        b"{}",
    ],
)
def test_what_is_no_delta_with_text_is_no_output(event: bytes) -> None:
    assert read_event(event) == Record()


def test_the_first_event_names_the_model_and_closes_nothing() -> None:
    event = b'{"type":"response.created","response":{"model":"m","status":"in_progress"}}'
    assert read_event(event) == Record(model="m")


ENDED = (
    b'{"model":"m","status":"completed","usage":{"input_tokens":5,"output_tokens":2,'
    b'"input_tokens_details":{"cached_tokens":4}}}'
)
CUT = ENDED.replace(
    b'"completed"', b'"incomplete","incomplete_details":{"reason":"max_output_tokens"}'
)


@pytest.mark.parametrize(("response", "reason"), [(ENDED, "completed"), (CUT, "length")])
def test_the_last_event_and_a_unary_answer_carry_the_same(response: bytes, reason: str) -> None:
    record = Record(model="m", closing=Closing(True, reason, Usage(5, 2, 4)))
    event = b'{"type":"response.completed","response":' + response + b"}"
    assert read_event(event) == read_unary(response) == record


@pytest.mark.parametrize(
    "event",
    [
        b'{"type":"error","message":"boom"}',
        b'{"error":{"message":"boom"}}',
        b'{"type":"response.failed","response":{"status":"failed"}}',
        b'{"type":"response.failed","response":{"error":{"message":"boom"}}}',
    ],
)
def test_an_error_inside_an_answer_is_seen(event: bytes) -> None:
    assert read_event(event).closing == Closing(is_error=True)


def test_the_thinking_of_a_unary_answer_is_measured() -> None:
    whole = (
        b'{"status":"completed","output":[{"type":"reasoning","summary":[{"text":"abc"},'
        b'{"text":1},3]},{"type":"reasoning","summary":7},{"type":"message"},null]}'
    )
    assert read_unary(whole).thinking_characters == 3
    assert read_unary(b'{"status":"completed","output":{}}').thinking_characters == 0


@pytest.mark.parametrize("status", [b"[]", b"{}", b"1", b"null"])
def test_a_status_of_the_wrong_type_says_nothing(status: bytes) -> None:
    assert read_unary(b'{"model":"m","status":' + status + b"}") == Record(model="m")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"x"', b"[DONE]", b"\xff", b"[" * 100_000])
@pytest.mark.parametrize("read", [read_event, read_unary])
def test_what_is_no_record_raises_the_one_kind_of_error(read: type, data: bytes) -> None:
    with pytest.raises(UNREADABLE):
        read(data)
