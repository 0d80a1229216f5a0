"""Two ways are compared request by request, and only where the request was the same."""

import dataclasses

import pytest

from ollama_observe.wire.usage import Usage
from tests.unit.traffic.results.test_summary import direct, ok, through_portkey
from traffic.request.attempt import Attempt, Failure
from traffic.results.ways import Comparison, compare


def pair(number: int, direct_seconds: float, portkey_seconds: float) -> list[Attempt]:
    """The same question both ways, answered whole."""
    attempts = [direct(ok(direct_seconds)), through_portkey(ok(portkey_seconds))]
    return [dataclasses.replace(item, question_id=f"cod-{number:04d}") for item in attempts]


def test_differences_are_taken_within_pairs_before_their_median() -> None:
    # the medians of the two ways differ by 3.0, the pairs by 0.5
    attempts = [*pair(1, 0.5, 1.0), *pair(2, 1.0, 4.0), *pair(3, 7.0, 7.5)]
    seen = compare(attempts).ttft_seconds
    assert seen is not None
    assert (seen.count, seen.p25, seen.p50, seen.p75) == (3, 0.5, 0.5, 1.75)


def test_the_end_is_compared_as_the_first_token_is() -> None:
    seen = compare(pair(1, 0.5, 0.25)).end_to_end_seconds
    assert seen is not None
    assert (seen.count, seen.p50) == (1, -0.25)


def test_turns_are_pairs_of_their_own() -> None:
    first, second = pair(1, 0.5, 1.0), pair(1, 0.5, 3.0)
    for attempt in second:
        attempt.turn = 1
    seen = compare([*first, *second]).ttft_seconds
    assert seen is not None
    assert (seen.count, seen.p50) == (2, 1.5)


def test_what_asked_for_portkey_and_went_direct_is_in_no_pair() -> None:
    attempts = pair(1, 0.5, 1.0)
    attempts[1].has_portkey_sign = False
    assert compare(attempts) == Comparison(None, None)


def test_a_request_that_failed_one_way_is_in_no_pair() -> None:
    attempts = pair(1, 0.5, 1.0)
    attempts[0].failure = Failure.BROKE_OFF
    assert compare(attempts) == Comparison(None, None)
    assert compare(attempts[1:]) == Comparison(None, None)


def test_answers_of_other_lengths_are_compared_by_their_first_token_alone() -> None:
    attempts = pair(1, 0.5, 1.0)
    attempts[1].usage = Usage(prompt_tokens=5, generated_tokens=99)
    seen = compare(attempts)
    assert seen.ttft_seconds is not None
    assert seen.end_to_end_seconds is None


def test_prompts_of_other_lengths_are_not_the_same_request() -> None:
    attempts = pair(1, 0.5, 1.0)
    attempts[1].usage = Usage(prompt_tokens=6, generated_tokens=11)
    assert compare(attempts) == Comparison(None, None)


@pytest.mark.parametrize("usage", [None, Usage()])
def test_where_nobody_counts_tokens_pairs_are_taken_as_they_are(usage: Usage | None) -> None:
    attempts = pair(1, 0.5, 1.0)
    for attempt in attempts:
        attempt.usage = usage
    seen = compare(attempts)
    assert seen.ttft_seconds is not None
    assert seen.end_to_end_seconds is not None


def test_an_answer_that_was_not_streamed_has_no_first_token_to_compare() -> None:
    attempts = pair(1, 0.5, 1.0)
    attempts[0].first_content = None
    seen = compare(attempts)
    assert seen.ttft_seconds is None
    assert seen.end_to_end_seconds is not None
