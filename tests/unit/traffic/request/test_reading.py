"""Bytes of an answer to facts, without a network."""

from typing import Any

import pytest

from ollama_observe.wire.framing import Framing
from tests.unit.traffic.request.test_client import FIRST, LAST
from tests.unit.traffic.request.test_quoting import request
from traffic.bank.questions import Category
from traffic.request.attempt import Attempt, Failure
from traffic.request.reading import AS_PLANNED, UNSHOWN, Reading, refused, unreadable


def begun() -> Attempt:
    return Attempt("cod-0001", Category.CODE, 0, scheduled=0.0, sent=0.0)


def reading(attempt: Attempt, cancel_after: int | None = None) -> Reading:
    return Reading(attempt, "native", Framing.NDJSON, cancel_after)


def read(*pieces: tuple[float, bytes], **told: Any) -> tuple[Attempt, str]:
    attempt = begun()
    it = reading(attempt, **told)
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


def test_a_refusal_is_noted_with_the_words_of_the_server() -> None:
    attempt = begun()
    refused(attempt, b'{"error":"busy"}', request("Why is the sky blue?"))
    assert (attempt.failure, attempt.detail) == (Failure.HTTP_STATUS, "busy")


def test_a_refusal_that_repeats_the_question_is_noted_without_its_words() -> None:
    attempt = begun()
    refused(attempt, b'{"error":"bad: Why is the sky blue?"}', request("Why is the sky blue?"))
    assert (attempt.failure, attempt.detail) == (Failure.HTTP_STATUS, UNSHOWN)


@pytest.mark.parametrize(("found", "said"), [("text/html", "text/html"), ("", "is missing")])
def test_an_unknown_format_is_named(found: str, said: str) -> None:
    attempt = begun()
    unreadable(attempt, found)
    assert (attempt.failure, attempt.detail) == (Failure.UNREADABLE, f"Content-Type {said}")
