"""Records of both dialects, the odd ones included."""

import pytest

from ollama_observe.wire.records import (
    Output,
    Record,
    UnreadableRecord,
    read_native,
    read_openai,
)
from ollama_observe.wire.usage import Usage


@pytest.mark.parametrize(
    ("line", "output"),
    [
        (b'{"message":{"content":"x"}}', Output.CONTENT),
        (b'{"message":{"content":"","thinking":"x"}}', Output.THINKING),
        (b'{"message":{"content":"","tool_calls":[{}]}}', Output.TOOL_CALL),
        (b'{"message":{"content":""}}', None),
        (b'{"response":"x"}', Output.CONTENT),
        (b'{"response":"","thinking":"x"}', Output.THINKING),
        (b'{"response":""}', None),
        (b"{}", None),
    ],
)
def test_a_native_record_says_what_it_brought(line: bytes, output: Output | None) -> None:
    assert read_native(line).output is output


def test_a_final_native_record_carries_usage_in_seconds() -> None:
    record = read_native(
        b'{"model":"m","message":{"content":""},"done":true,"done_reason":"stop",'
        b'"total_duration":4000000000,"load_duration":1000000000,"prompt_eval_count":7,'
        b'"prompt_eval_cached_count":3,"prompt_eval_duration":500000000,"eval_count":3,'
        b'"eval_duration":250000000}'
    )
    assert record == Record(
        model="m",
        is_end=True,
        done_reason="stop",
        usage=Usage(7, 3, 3, 4.0, 1.0, 0.5, 0.25),
    )


def test_a_final_record_without_counts_leaves_them_absent() -> None:
    assert read_native(b'{"done":true,"done_reason":"load"}').usage == Usage()


@pytest.mark.parametrize("value", [b'"12"', b"-1", b"1.5", b"true", b"null", b"[]", b"{}"])
def test_a_count_of_the_wrong_type_is_absent_and_hides_nothing_else(value: bytes) -> None:
    record = read_native(b'{"done":true,"eval_count":' + value + b',"prompt_eval_count":4}')
    assert record.usage == Usage(prompt_tokens=4)


def test_an_error_inside_an_answer_is_seen() -> None:
    assert read_native(b'{"error":"boom"}').is_error
    assert read_openai(b'{"error":{"message":"boom"}}').is_error


@pytest.mark.parametrize(
    ("event", "output"),
    [
        (b'{"choices":[{"delta":{"role":"assistant","content":""}}]}', None),
        (b'{"choices":[{"delta":{"role":"assistant","content":"x"}}]}', Output.CONTENT),
        (b'{"choices":[{"delta":{"reasoning":"x"}}]}', Output.THINKING),
        (b'{"choices":[{"delta":{"tool_calls":[{}]}}]}', Output.TOOL_CALL),
        (b'{"choices":[{"delta":{}}]}', None),
        (b'{"choices":[]}', None),
        (b'{"choices":null}', None),
    ],
)
def test_an_openai_chunk_says_what_it_brought(event: bytes, output: Output | None) -> None:
    record = read_openai(event)
    assert record.output is output
    assert not record.is_end


def test_a_unary_openai_answer_is_whole_when_it_says_why_it_finished() -> None:
    whole = b'{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'
    assert read_openai(whole).is_end
    assert not read_openai(whole.replace(b'"stop"', b"null")).is_end


def test_usage_of_zeros_is_no_usage() -> None:
    zeros = b'{"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}'
    assert read_openai(zeros).usage is None
    real = (
        b'{"usage":{"prompt_tokens":5,"completion_tokens":0,'
        b'"prompt_tokens_details":{"cached_tokens":2}}}'
    )
    assert read_openai(real).usage == Usage(5, 0, 2)
    assert read_openai(b'{"usage":[1]}').usage is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"x"', b"nonsense", b"\xff", b"[" * 100_000])
def test_what_is_no_record_raises_the_one_kind_of_error(data: bytes) -> None:
    for read in (read_native, read_openai):
        with pytest.raises(UnreadableRecord):
            read(data)
