"""Which answers are read, by whom, and what moves while they pass."""

import gzip

import pytest

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.wire.endpoints import endpoint_of
from proxy.pages import Pages
from proxy.readings import Generation, Reading, reading_of
from proxy.story import Story
from proxy.transfers import Transfer
from tests.ledgers import ReadLedger

NDJSON = {b"content-type": b"application/x-ndjson; charset=utf-8"}
CONTENT = b'{"model":"m","message":{"content":"a"}}\n'


def reading(
    read: ReadLedger, headers: dict[bytes, bytes], path: str = "/api/chat"
) -> tuple[Reading | None, Story]:
    story = Story("id", "", "", "POST", endpoint_of(path), True, "m:latest", 0.0)
    return reading_of(Pages(read.ledger), story, headers), story


def test_every_answer_has_its_reader() -> None:
    read = ReadLedger()
    found, story = reading(read, NDJSON)
    assert isinstance(found, Generation)
    assert story.meter is not None
    found, story = reading(read, NDJSON, "/api/pull")
    assert isinstance(found, Transfer)
    assert story.progress is not None


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({b"content-type": b"text/html"}, "framing"),
        ({}, "framing"),
        ({**NDJSON, b"content-encoding": b"br"}, "encoding"),
    ],
)
def test_an_answer_that_cannot_be_read_is_counted_with_its_reason(
    headers: dict[bytes, bytes], reason: str
) -> None:
    read = ReadLedger()
    found, story = reading(read, headers)
    assert found is None
    assert story.meter is None
    assert read.value(m.EXTRACTION_ERRORS, endpoint="/api/chat", reason=reason) == 1


def test_a_transcript_as_plain_text_holds_nothing_to_be_read_and_is_no_mistake() -> None:
    read = ReadLedger()
    found, _ = reading(read, {b"content-type": b"text/plain"}, "/v1/audio/transcriptions")
    assert found is None
    assert not read.value(m.EXTRACTION_ERRORS)


@pytest.mark.parametrize("encoding", [b"", b"identity", b"gzip"])
def test_tokens_of_a_native_stream_move_with_its_records(encoding: bytes) -> None:
    read = ReadLedger()
    found, story = reading(read, {**NDJSON, b"content-encoding": encoding})
    assert found is not None
    body = CONTENT * 3
    sent = gzip.compress(body) if encoding == b"gzip" else body
    found.feed(1.0, [sent[:20], sent[20:]])
    assert read.value(m.GENERATED_TOKENS, model="m:latest") is None  # it may be named first
    found.count()
    assert read.value(m.GENERATED_TOKENS, model="m:latest") == 3
    assert story.tokens_counted == 3
    assert found.proven_model == "m"
    found.finish(2.0)
    found.close()
    assert story.meter is not None
    assert not story.meter.problems


CHOICE = b'data: {"model":"m","choices":[{"delta":{"content":"a"}}]}\n\n'
DELTA = b'data: {"type":"content_block_delta","delta":{"text":"a"}}\n\n'


@pytest.mark.parametrize(
    ("path", "event", "asks_usage", "counted"),
    [
        ("/v1/chat/completions", CHOICE, False, None),
        ("/v1/chat/completions", CHOICE, True, 2),
        ("/v1/messages", DELTA, False, 2),
    ],
)
def test_tokens_of_events_move_where_a_count_is_to_come(
    path: str, event: bytes, asks_usage: bool, counted: int | None
) -> None:
    read = ReadLedger()
    story = Story("id", "", "", "POST", endpoint_of(path), True, "m:latest", 0.0)
    story.asks_usage = asks_usage
    found = reading_of(Pages(read.ledger), story, {b"content-type": b"text/event-stream"})
    assert found is not None
    for at in (1.0, 2.0):
        found.feed(at, [event])
        found.count()
    assert story.tokens == 2
    assert read.value(m.GENERATED_TOKENS, model="m:latest") == counted


def test_an_answer_whose_encoding_is_broken_is_not_known_and_no_incomplete_stream() -> None:
    read = ReadLedger()
    found, story = reading(read, {**NDJSON, b"content-encoding": b"gzip"})
    assert found is not None
    found.feed(1.0, [gzip.compress(CONTENT)[:20], b"no deflate at all" * 9])
    found.feed(2.0, [b"more"])
    found.count()
    found.finish(3.0)
    assert story.meter is None
    assert read.value(m.EXTRACTION_ERRORS, endpoint="/api/chat", reason="encoding") == 1
