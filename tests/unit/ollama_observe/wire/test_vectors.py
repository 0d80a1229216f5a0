"""A body is read around its vectors, wherever it was cut."""

import pytest

from ollama_observe.wire.vectors import EDGE_LIMIT_BYTES, VectorSplitter

NATIVE = b'{"model":"m","embeddings":[[0.1,0.2],[0.3,0.4]],"prompt_eval_count":14}'
BASE64 = b'{"data":[{"embedding":"ZWskPQ==","index":0}],"model":"m","usage":{"prompt_tokens":8}}'


def left_of(pieces: list[bytes]) -> bytes:
    splitter = VectorSplitter()
    for piece in pieces:
        assert splitter.feed(piece) == []
    (record,) = splitter.finish()
    return record


@pytest.mark.parametrize(
    ("body", "record"),
    [
        (NATIVE, b'{"model":"m","embeddings":[],"prompt_eval_count":14}'),
        (BASE64, b'{"data":[],"model":"m","usage":{"prompt_tokens":8}}'),
        (b'{"embedding":[]}', b'{"embedding":[]}'),
        (b'{"error":"boom"}', b'{"error":"boom"}'),
    ],
)
def test_the_vectors_are_left_out_at_every_cut(body: bytes, record: bytes) -> None:
    for at in range(len(body) + 1):
        assert left_of([body[:at], body[at:]]) == record


def test_memory_does_not_grow_with_the_vectors() -> None:
    splitter = VectorSplitter()
    splitter.feed(b'{"embeddings":[[')
    for _ in range(40):
        splitter.feed(b"0.123456,")
        splitter.feed(b"1" * EDGE_LIMIT_BYTES)
        splitter.feed(b"],[")
    splitter.feed(b'1]],"prompt_eval_count":1}')
    assert splitter.finish() == [b'{"embeddings":[],"prompt_eval_count":1}']


def test_a_body_that_breaks_off_among_its_vectors_is_not_whole() -> None:
    assert left_of([NATIVE[:40]]) == b'{"model":"m","embeddings":[],[0.'


def test_an_end_that_is_too_long_is_not_kept() -> None:
    assert left_of([b"[1]", b" " * (EDGE_LIMIT_BYTES + 1)]) == b"["


def test_a_beginning_that_is_too_long_is_counted_and_not_kept() -> None:
    splitter = VectorSplitter()
    for _ in range(3):
        splitter.feed(b"x" * (EDGE_LIMIT_BYTES - 1))
    assert splitter.finish() == []
    assert splitter.overflows == 1


def test_an_empty_body_is_no_record() -> None:
    assert VectorSplitter().finish() == []
