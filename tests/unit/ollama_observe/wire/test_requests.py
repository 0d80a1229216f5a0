"""What a request body says, and what it leaves unsaid."""

import gzip
import json
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.prompts import PROMPT_LIMIT_BYTES
from ollama_observe.wire.requests import (
    DECODED_LIMIT_BYTES,
    UNREADABLE,
    RequestFacts,
    prompt_text,
    read_request,
    top_fields,
)
from tests.fakes import captures

BODY = b'{"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true}'
FACTS = RequestFacts("m", stream=True)


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        (b'{"model":"m"}', RequestFacts("m")),
        (BODY, FACTS),
        (b'{"name":"older"}', RequestFacts("older")),
        (b'{"model":"m","name":"n"}', RequestFacts("m")),
        (b'{"model":"","name":"n"}', RequestFacts("n")),
        (b'{"model":"m","stream_options":{"include_usage":true}}', RequestFacts("m", True)),
        (b'{"model":"m","stream_options":{"include_usage":1}}', RequestFacts("m")),
        (b'{"model":"m","stream_options":"x"}', RequestFacts("m")),
        (b'{"model":"m","stream":false}', RequestFacts("m", stream=False)),
        (b'{"model":"m","stream":"yes"}', RequestFacts("m")),
        (b'{"model":"m","options":{"num_ctx":512}}', RequestFacts("m", num_ctx=512)),
        (b'{"model":"m","options":{"num_ctx":0}}', RequestFacts("m")),
        (b'{"model":"m","options":{"num_ctx":"512"}}', RequestFacts("m")),
        (b'{"model":"m","options":[512]}', RequestFacts("m")),
        (b'{"model":"m","truncate":false}', RequestFacts("m", truncate=False)),
        (b'{"model":"m","truncate":0}', RequestFacts("m")),
        (b'{"model":["m"],"stream":true}', RequestFacts(stream=True)),
        (b'{"model":1,"name":{}}', UNREADABLE),
    ],
)
def test_the_facts_of_a_body(body: bytes, facts: RequestFacts) -> None:
    assert read_request(body) == facts
    assert read_request(bytearray(body)) == facts


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b'"x"', b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_unreadable(body: bytes) -> None:
    assert read_request(body) == UNREADABLE
    assert top_fields(body) is None


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (b'{"Model":"m"}', "m"),
        (b'{"model":"m","model":"n"}', "n"),
        (b'{"model":"m","MODEL":"n"}', None),
        (b'{"model":"m","MODEL":"n","name":"o"}', None),
        ('{"model":"m","ſtream":true}'.encode(), "m"),
        (b'{"model":"m","messages":[{"content":"say \\"model\\""}]}', "m"),
        (b'{"tools":[{"properties":{"model":{},"MODEL":{}}}],"model":"m"}', "m"),
    ],
)
def test_names_count_in_any_case_and_two_of_them_leave_it_to_the_answer(
    body: bytes, model: str | None
) -> None:
    assert read_request(body).model == model


def test_a_name_is_folded_as_the_server_folds_it() -> None:
    assert read_request('{"ſtream":true}'.encode()).stream is True
    assert read_request('{"ſtream":true,"stream":false}'.encode()).stream is None


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (b'{"prompt":"hello world","system":"be brief"}', 18),
        (b'{"prompt":["one","two"]}', 6),
        (b'{"input":["one",["two"],3]}', 6),
        (b'{"instructions":"be","input":[{"content":[{"type":"input_text","text":"hi"}]}]}', 4),
        (b'{"system":[{"type":"text","text":"sys"}],"messages":[{"content":"hi"}]}', 5),
        (b'{"prompt":"","images":["AAAA"]}', None),
        (b'{"prompt":"x","images":[]}', 1),
        (b'{"messages":[{"content":"hi"},{"content":"see","images":["AAAA"]}]}', None),
        (b'{"messages":[{"content":[{"type":"image_url","image_url":{}}]}]}', None),
        (b'{"keep_alive":0}', None),
    ],
)
def test_the_bytes_of_a_prompt_in_every_dialect(body: bytes, size: int | None) -> None:
    asked = b'{"options":{"num_ctx":9},' + body.removeprefix(b"{")
    assert read_request(asked if body.startswith(b'{"') else body).prompt_bytes == size


def test_a_short_prompt_is_measured_only_where_the_context_is_told() -> None:
    short, long = {"prompt": "ab" * 900}, {"prompt": "ab" * 1100}
    assert read_request(json.dumps(short).encode()).prompt_bytes is None
    told = {**short, "options": {"num_ctx": 64}}
    assert read_request(json.dumps(told).encode()).prompt_bytes == 1800
    assert read_request(json.dumps(long).encode()).prompt_bytes == 2200


def test_a_large_body_is_not_measured_but_its_facts_are_read() -> None:
    body = json.dumps({"prompt": "ab" * PROMPT_LIMIT_BYTES, "model": "m"}).encode()
    assert read_request(body) == RequestFacts("m")


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("zstd", zstandard.compress(BODY)),
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("GZIP", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("identity", BODY),
    ],
)
def test_a_compressed_body_says_the_same(encoding: str, data: bytes) -> None:
    assert read_request(data, "application/json", encoding) == FACTS
    assert read_request(bytearray(data), content_encoding=encoding) == FACTS


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd"])
def test_what_cannot_be_decompressed_is_unreadable(encoding: str) -> None:
    assert read_request(BODY, content_encoding=encoding) == UNREADABLE


def test_a_body_that_grows_too_much_is_unreadable() -> None:
    bomb = zstandard.compress(BODY + b" " * DECODED_LIMIT_BYTES)
    assert read_request(bomb, content_encoding="zstd") == UNREADABLE


def test_a_form_names_its_model_and_whether_it_streams() -> None:
    parts = [
        b'Content-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + bytes(9000),
        b'Content-Disposition: form-data; name="model"\r\n\r\nwhisper',
        b'Content-Disposition: form-data; name="stream"\r\n\r\ntrue',
    ]
    body = b"".join(b"--xyz\r\n%s\r\n" % part for part in parts) + b"--xyz--\r\n"
    facts = read_request(body, "multipart/form-data; boundary=xyz")
    assert facts == RequestFacts("whisper", stream=True)
    assert read_request(body[:5000], "multipart/form-data; boundary=xyz") == UNREADABLE


@pytest.mark.parametrize("name", ["v1-chat-zstd-body", "generate-truncated-context"])
def test_recorded_bodies_are_read(name: str) -> None:
    capture = captures.load(name)
    encoding = capture.headers.get("Content-Encoding", "")
    facts = read_request(capture.request_body, "application/json", encoding)
    assert facts.model == "smollm2:135m"
    assert (facts.prompt_bytes is None) == (facts.num_ctx is None)


NAMES = st.sampled_from(["model", "Model", "name", "stream", "options", "num_ctx", "type", "text"])
TEXTS = st.sampled_from(["messages", "prompt", "images", "content", "stream_options", "input"])
VALUES: st.SearchStrategy[object] = st.recursive(
    st.sampled_from([None, True, -1, 3, 1.5, "", "x", "image"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXTS, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(NAMES | TEXTS, VALUES))
def test_no_json_of_odd_types_makes_it_raise(body: dict[str, object]) -> None:
    read_request(json.dumps(body).encode())


@given(
    st.binary(max_size=200),
    st.sampled_from(["", "application/json", "multipart/form-data; boundary=a"]),
    st.sampled_from(["", "gzip", "deflate", "zstd", "br"]),
)
def test_no_bytes_make_it_raise(body: bytes, content_type: str, encoding: str) -> None:
    read_request(body, content_type, encoding)


def test_a_member_that_cannot_be_read_hides_no_other() -> None:
    assert read_request(b'{"model":"\xff","stream":true}') == RequestFacts(stream=True)


def test_a_prompt_nested_beyond_reason_breaks_nothing() -> None:
    # at some depth the members can still be told apart and one of them no longer be read
    for deep in range(900, 1100):
        body = b'{"model":"m","input":' + b"[" * deep + b'"x"' + b"]" * deep + b"}"
        assert read_request(body).model in ("m", None)


def test_the_text_of_a_prompt_is_read_where_there_is_nothing_else() -> None:
    chat = {"system": "be", "messages": [{"content": "a"}, {"content": [{"text": "b"}]}]}
    assert prompt_text(json.dumps(chat).encode()) == "beab"
    assert prompt_text(bytearray(b'{"PROMPT":"hi","images":[]}')) == "hi"
    for other in (b'{"prompt":"hi","images":["AAAA"]}', b"[]", b"\xff", b'{"model":"m"}'):
        assert prompt_text(other) is None
