"""A stream that was asked for counts becomes the stream that nobody asked."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.injection import HELD_LIMIT_BYTES, UsageStripper, with_usage_asked
from tests.fakes import captures

PAIRS = ("v1-chat-stream", "v1-completions-stream")


def stripped(pieces: list[bytes]) -> bytes:
    stripper = UsageStripper()
    return b"".join([*map(stripper.feed, pieces), stripper.finish()])


def without_identity(body: bytes) -> bytes:
    """Two recordings of one answer differ in the number and second of their making."""
    return re.sub(rb'"(id|created)":[^,]*,', b"", body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"m","stream":true}',
        b' {"stream":true} \n',
        b'{"stream":true,"stream_options":null}',
        b'{"stream":true,"stream_options":{"include_usage":false}}',
    ],
)
def test_the_asking_is_added_last_and_nothing_else_is_touched(body: bytes) -> None:
    asked = with_usage_asked(body)
    assert asked is not None
    assert json.loads(asked) == json.loads(body) | {"stream_options": {"include_usage": True}}
    assert asked.replace(b',"stream_options":{"include_usage":true}', b"") == body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"stream":true',
        b'{"stream":false}',
        b'{"stream":"true"}',
        b'{"model":"m"}',
        b'{"stream":true,"stream_options":{"include_usage":true}}',
        captures.load("v1-chat-zstd-body").request_body,
    ],
)
def test_what_cannot_or_need_not_be_asked_is_not(body: bytes) -> None:
    assert with_usage_asked(body) is None


@pytest.mark.parametrize("name", PAIRS)
def test_asking_makes_the_recorded_request_of_one_that_asked(name: str) -> None:
    asked = with_usage_asked(captures.load(name).request_body)
    assert asked is not None
    assert json.loads(asked) == json.loads(captures.load(f"{name}-usage").request_body)


@pytest.mark.parametrize("name", PAIRS)
def test_a_recorded_stream_becomes_the_one_that_was_not_asked(name: str) -> None:
    plain, asked = captures.load(name), captures.load(f"{name}-usage")
    chunks = [chunk for _, chunk in asked.chunks]
    stripper = UsageStripper()
    handed_on = [stripper.feed(chunk) for chunk in chunks]
    assert stripper.finish() == b""
    # each chunk goes on at once, and is the chunk that came where nobody asked
    assert list(map(without_identity, handed_on)) == [
        without_identity(chunk) for _, chunk in plain.chunks
    ]


@pytest.mark.parametrize("name", PAIRS)
def test_what_is_removed_does_not_depend_on_the_cuts(name: str) -> None:
    body = captures.load(f"{name}-usage").body
    expected = stripped([body])
    for at in range(1, len(body)):
        assert stripped([body[:at], body[at:]]) == expected
    assert stripped([body[i : i + 1] for i in range(len(body))]) == expected
    crlf = body.replace(b"\n", b"\r\n")
    assert stripped([crlf[i : i + 7] for i in range(0, len(crlf), 7)]) == expected.replace(
        b"\n", b"\r\n"
    )


@pytest.mark.parametrize("name", PAIRS)
def test_a_stream_that_was_not_asked_is_left_as_it_is(name: str) -> None:
    body = captures.load(name).body
    assert stripped([body]) == body


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        (b'data: {"choices":[],"usage":{"total_tokens":3}}\n\n', b""),
        (b'data: {"usage": {"total_tokens": 3}, "choices": [ ]}\n\n', b""),
        (b'\n\r\ndata: {"choices":[],"usage":{}}\n\n', b"\n\r\n"),
        (b'data: {"id":1, "usage": null, "choices":[1]}\n\n', b'data: {"id":1, "choices":[1]}\n\n'),
        (b'data: {"usage": {}, "choices":[1]}\n\n', b'data: {"choices":[1]}\n\n'),
        (b'data: {"choices":[],"usage":null}\n\n', b'data: {"choices":[]}\n\n'),
        (b'data:{"choices":[1],"usage":{}}\r\n\r\n', b'data:{"choices":[1]}\r\n\r\n'),
    ],
)
def test_just_the_counts_are_removed(event: bytes, kept: bytes) -> None:
    assert stripped([event]) == kept


@pytest.mark.parametrize(
    "event",
    [
        b'data: {"choices":[]}\n\n',
        b'data: {"choices":[{"text":"say \\"usage\\":{}"}]}\n\n',
        b'data: {"choices":[{"usage":{}}]}\n\n',
        b'data: {"choices":[{"usage":{}}],"usage":{}}\n\n',
        b'data: {"choices":[1],\ndata: "usage":{}}\n\n',
        b'data: "usage"\n\n',
        b': a comment on "usage"\n\n',
        b"data: [DONE]\n\n",
        b"\n\n",
    ],
)
def test_what_is_not_surely_the_asked_is_left_as_it_is(event: bytes) -> None:
    assert stripped([event]) == event


def test_a_whole_event_goes_on_before_the_next_has_come() -> None:
    stripper = UsageStripper()
    assert stripper.feed(b'data: {"choices":[1]}\n\ndata: {"cho') == b'data: {"choices":[1]}\n\n'
    assert stripper.feed(b'ices":[],"usage":{}}\n') == b""
    assert stripper.feed(b"\ndata: [DONE]\n\n") == b"data: [DONE]\n\n"
    assert stripper.finish() == b""


def test_a_stream_that_breaks_off_keeps_what_had_come() -> None:
    assert stripped([b'data: {"choices":[1],"us']) == b'data: {"choices":[1],"us'
    assert stripped([b'data: {"choices":[],"usage":{}}']) == b""


def test_an_event_too_long_to_be_held_goes_on_as_it_comes() -> None:
    stripper = UsageStripper()
    piece = b"x" * 100_000
    stream = b"data: " + piece * 15
    handed_on = b"".join(stripper.feed(stream[i : i + 64]) for i in range(0, len(stream), 64))
    assert stream.startswith(handed_on)
    assert len(stream) - len(handed_on) <= 2
    assert len(stream) > HELD_LIMIT_BYTES
    rest = stripper.feed(b'\n\ndata: {"choices":[],"usage":{}}\n\ndata: [DONE]\n\n')
    assert handed_on + rest == stream + b"\n\ndata: [DONE]\n\n"


EVENTS = st.sampled_from(
    [
        b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
        b'data: {"choices":[{"text":"a"}],"usage":{"prompt_tokens":0}}\n\n',
        b'data: {"choices":[],"usage":{"prompt_tokens":3}}\n\n',
        b"data: [DONE]\r\n\r\n",
        b": ping\n\n",
        b'"usage"',
        b"\n",
        b"\r\n",
    ]
)


@given(st.lists(EVENTS | st.binary(max_size=6), max_size=12).map(b"".join), st.integers(1, 40))
def test_no_stream_depends_on_its_cuts(stream: bytes, size: int) -> None:
    pieces = [stream[i : i + size] for i in range(0, len(stream), size)]
    assert stripped(pieces) == stripped([stream])
