"""Records of Ollama's own dialect, the odd ones included."""

import pytest

from ollama_observe.wire.answers.native import read_line, read_vectors
from ollama_observe.wire.records import UNREADABLE, Closing, Output, Record
from ollama_observe.wire.usage import Usage


@pytest.mark.parametrize(
    ("line", "output"),
    [
        (b'{"message":{"content":"x"}}', Output.CONTENT),
        (b'{"message":{"content":"","thinking":"x"}}', Output.THINKING),
        (b'{"message":{"content":"","tool_calls":[{}]}}', Output.TOOL_CALL),
        (b'{"message":{"content":""}}', None),
        (b'{"message":null,"response":"x"}', Output.CONTENT),
        (b'{"response":"x"}', Output.CONTENT),
        (b'{"response":"","thinking":"x"}', Output.THINKING),
        (b'{"response":""}', None),
        (b"{}", None),
    ],
)
def test_a_line_says_what_it_brought(line: bytes, output: Output | None) -> None:
    assert read_line(line).output is output


def test_a_final_line_carries_usage_in_seconds() -> None:
    record = read_line(
        b'{"model":"m","message":{"content":""},"done":true,"done_reason":"stop",'
        b'"total_duration":4000000000,"load_duration":1000000000,"prompt_eval_count":7,'
        b'"prompt_eval_cached_count":3,"prompt_eval_duration":500000000,"eval_count":3,'
        b'"eval_duration":250000000}'
    )
    usage = Usage(7, 3, 3, 4.0, 1.0, 0.5, 0.25)
    assert record == Record(model="m", closing=Closing(True, "stop", usage))


def test_a_line_in_mid_stream_closes_nothing() -> None:
    record = read_line(b'{"model":"m","response":"x","done":false,"eval_count":3}')
    assert record == Record(Output.CONTENT, 0, "m")


def test_a_final_line_without_counts_leaves_them_absent() -> None:
    record = read_line(b'{"done":true,"done_reason":"load"}')
    assert record.closing == Closing(True, "load", Usage())


REMOTE = b'"remote_model":"gpt-oss:120b","remote_host":"https://ollama.com:443",'


@pytest.mark.parametrize(
    ("members", "is_remote"),
    [
        (b"", False),
        (REMOTE, True),
        (b'"remote_host":"http://gpu-box:11434",', True),
        (b'"remote_model":"","remote_host":"",', False),
        (b'"remote_model":null,"remote_host":7,', False),
        (rb'"response":"\"remote_host\":\"x\"",', False),
        (b'"context":{"remote_host":"x"},', False),
    ],
)
def test_an_answer_says_whether_another_host_generated_it(members: bytes, is_remote: bool) -> None:
    record = read_line(b"{" + members + b'"model":"m","done":true}')
    assert record.closing == Closing(True, None, Usage(), is_remote=is_remote)


def test_that_another_host_generates_is_told_at_the_end_and_not_before() -> None:
    assert read_line(b"{" + REMOTE + b'"model":"m","done":false}').closing is None


@pytest.mark.parametrize("value", [b'"12"', b"-1", b"1.5", b"true", b"null", b"[]", b"{}"])
def test_a_count_of_the_wrong_type_is_absent_and_hides_nothing_else(value: bytes) -> None:
    record = read_line(b'{"done":true,"eval_count":' + value + b',"prompt_eval_count":4}')
    assert record.closing == Closing(True, None, Usage(prompt_tokens=4))


@pytest.mark.parametrize("read", [read_line, read_vectors])
def test_an_error_inside_an_answer_is_seen(read: type) -> None:
    assert read(b'{"error":"boom"}') == Record(closing=Closing(is_error=True))


def test_vectors_are_whole_with_their_counts() -> None:
    record = read_vectors(
        b'{"model":"m","embeddings":[[0.1],[0.2]],"total_duration":2000000000,'
        b'"load_duration":1000000000,"prompt_eval_count":14}'
    )
    usage = Usage(prompt_tokens=14, total_seconds=2.0, load_seconds=1.0)
    assert record == Record(model="m", closing=Closing(True, usage=usage))


def test_the_older_answer_with_a_vector_has_no_counts_and_none_are_made_up() -> None:
    assert read_vectors(b'{"embedding":[0.1]}') == Record(closing=Closing(is_end=True))
    assert read_vectors(b'{"model":"m"}').closing is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"x"', b"nonsense", b"\xff", b"[" * 100_000])
@pytest.mark.parametrize("read", [read_line, read_vectors])
def test_what_is_no_record_raises_the_one_kind_of_error(read: type, data: bytes) -> None:
    with pytest.raises(UNREADABLE):
        read(data)
