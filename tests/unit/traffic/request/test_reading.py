"""Bytes of an answer to facts, without a network."""

import pytest

from ollama_observe.wire.framing import Framing
from tests.unit.traffic.request.test_protocol import question
from tests.unit.traffic.request.test_quoting import request
from tests.unit.traffic.request.test_sending import FIRST, LAST, begun
from traffic.request.attempt import Attempt, Failure
from traffic.request.reading import (
    AS_PLANNED,
    ERROR_LIMIT_BYTES,
    LONGEST_REASON,
    UNSHOWN,
    Reading,
    Refusal,
)


def read(*pieces: tuple[float, bytes], cancel_after: int | None = None) -> tuple[Attempt, str]:
    attempt = begun(question(cancel_after_chunks=cancel_after))
    it = Reading(attempt, "native", Framing.NDJSON)
    for instant, data in pieces:
        if it.feed(instant, data):
            break
    else:
        it.finish(pieces[-1][0])
    it.note()
    return attempt, it.judged()


def test_a_whole_answer_has_its_instants_its_counts_and_its_text() -> None:
    attempt, text = read((1.0, FIRST), (3.0, LAST))
    assert text == "Sky blue"
    assert (attempt.first_byte, attempt.first_content, attempt.last_content) == (1.0, 1.0, 3.0)
    assert list(attempt.gaps_seconds) == [2.0]
    assert attempt.usage is not None
    assert (attempt.chunks, attempt.usage.generated_tokens, attempt.is_ok) == (2, 2, True)


def test_pieces_that_come_together_have_no_time_between_them() -> None:
    attempt, _ = read((1.0, FIRST + FIRST), (3.0, LAST))
    assert list(attempt.gaps_seconds) == [0.0, 2.0]


def test_an_answer_is_left_where_the_plan_wants_it() -> None:
    attempt, _ = read((1.0, FIRST), (2.0, FIRST), (3.0, LAST), cancel_after=2)
    assert (attempt.is_cancelled, attempt.detail, attempt.chunks) == (True, AS_PLANNED, 2)
    assert attempt.failure is None


@pytest.mark.parametrize(
    ("last", "failure"),
    [(FIRST, Failure.BROKE_OFF), (b'{"error":"no"}\n', Failure.STREAM_ERROR)],
)
def test_a_body_that_ends_cleanly_may_still_be_no_whole_answer(
    last: bytes, failure: Failure
) -> None:
    attempt, _ = read((1.0, FIRST), (2.0, last))
    assert attempt.failure is failure


def refused(body: bytes, redirected: str | None = None) -> Attempt:
    attempt = begun()
    it = Refusal(attempt, request("Why is the sky blue?"), redirected)
    assert not it.feed(1.0, body[:9])
    assert it.feed(2.0, body[9:]) is (len(body) > ERROR_LIMIT_BYTES)
    it.finish(3.0)
    it.note()
    assert it.judged() == ""
    assert attempt.failure is Failure.HTTP_STATUS
    assert attempt.first_byte is None
    return attempt


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":"busy"}', "busy"),
        (b'{"error":"bad: Why is the sky blue?"}', UNSHOWN),
        (b" " * ERROR_LIMIT_BYTES + b"x", ""),
    ],
    ids=["said", "quoted", "too long"],
)
def test_a_refusal_is_noted_with_the_words_of_the_server(body: bytes, said: str) -> None:
    assert refused(body).detail == said


def test_a_redirect_is_noted_without_the_words_of_the_server() -> None:
    assert refused(b'{"error":"moved"}', "a redirect").detail == "a redirect"


def test_the_gateway_is_known_by_the_words_of_a_refusal() -> None:
    assert not refused(b'{"error":"busy"}').has_portkey_sign
    assert refused(b'{"status":"failure","message":"no"}').has_portkey_sign


def test_a_reason_cannot_move_the_cursor_and_has_an_end() -> None:
    odd = LAST.replace(b'"stop"', b'"\\u001b[2J' + b"x" * 500 + b'"')
    attempt, _ = read((1.0, FIRST), (2.0, odd))
    assert attempt.done_reason == ("[2J" + "x" * 500)[:LONGEST_REASON]
