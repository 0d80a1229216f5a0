"""Records of OpenAI's dialect, the odd ones included."""

import pytest

from ollama_observe.wire.answers.openai import (
    read_chunk,
    read_transcript,
    read_unary,
    read_vectors,
)
from ollama_observe.wire.records import UNREADABLE, Closing, Output, Record
from ollama_observe.wire.usage import Usage

READERS = (read_chunk, read_unary, read_vectors, read_transcript)


@pytest.mark.parametrize(
    ("event", "output"),
    [
        (b'{"choices":[{"delta":{"role":"assistant","content":""}}]}', None),
        (b'{"choices":[{"delta":{"role":"assistant","content":"x"}}]}', Output.CONTENT),
        (b'{"choices":[{"delta":{"content":"","reasoning":"x"}}]}', Output.THINKING),
        (b'{"choices":[{"delta":{"content":"","tool_calls":[{}]}}]}', Output.TOOL_CALL),
        (b'{"choices":[{"text":"x","finish_reason":null}]}', Output.CONTENT),
        (b'{"choices":[{"text":""}]}', None),
        (b'{"choices":[{"delta":{}}]}', None),
        (b'{"choices":[{}]}', None),
        (b'{"choices":[]}', None),
        (b'{"choices":null}', None),
    ],
)
def test_a_chunk_says_what_it_brought_and_closes_nothing(
    event: bytes, output: Output | None
) -> None:
    assert read_chunk(event) == Record(output, 1 if output is Output.THINKING else 0)


def test_a_chunk_never_says_that_the_answer_is_whole() -> None:
    record = read_chunk(b'{"model":"m","choices":[{"delta":{},"finish_reason":"stop"}]}')
    assert record == Record(model="m", closing=Closing(done_reason="stop"))


@pytest.mark.parametrize("said", [b'"message":{"content":"x"}', b'"text":"x"'])
def test_a_unary_answer_is_whole_when_it_says_why_it_finished(said: bytes) -> None:
    whole = b'{"choices":[{' + said + b',"finish_reason":"stop"}]}'
    assert read_unary(whole) == Record(Output.CONTENT, closing=Closing(True, "stop"))
    assert read_unary(whole.replace(b'"stop"', b"null")).closing is None


def test_usage_of_zeros_is_no_usage() -> None:
    zeros = b'{"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}'
    assert read_chunk(zeros).closing == Closing()
    real = (
        b'{"usage":{"prompt_tokens":5,"completion_tokens":0,'
        b'"prompt_tokens_details":{"cached_tokens":2}}}'
    )
    assert read_chunk(real).closing == Closing(usage=Usage(5, 0, 2))
    assert read_chunk(b'{"usage":[1]}').closing == Closing()


def test_vectors_are_whole_with_the_prompts_tokens() -> None:
    record = read_vectors(b'{"data":[],"model":"m","usage":{"prompt_tokens":0,"total_tokens":0}}')
    assert record == Record(model="m", closing=Closing(True, usage=Usage(prompt_tokens=0)))
    assert read_vectors(b'{"data":[]}').closing == Closing(is_end=True)
    assert read_vectors(b'{"model":"m"}').closing == Closing()


def test_a_transcript_is_whole_when_it_has_a_text() -> None:
    assert read_transcript(b'{"text":""}') == Record(closing=Closing(is_end=True))
    assert read_transcript(b"{}").closing == Closing()


@pytest.mark.parametrize("read", READERS)
def test_an_error_inside_an_answer_is_seen(read: type) -> None:
    assert read(b'{"error":{"message":"boom"}}').closing == Closing(is_error=True)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"x"', b"[DONE]", b"\xff", b"[" * 100_000])
@pytest.mark.parametrize("read", READERS)
def test_what_is_no_record_raises_the_one_kind_of_error(read: type, data: bytes) -> None:
    with pytest.raises(UNREADABLE):
        read(data)
