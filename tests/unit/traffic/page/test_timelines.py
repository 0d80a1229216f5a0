"""What happened when: nothing is lost between the parts of the time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.usage import Usage
from tests.runs import STARTED, cancelled, hit, refused, whole
from traffic.page.timelines import bins, ended, in_flight, most, place, tokens

SPANS = st.lists(st.tuples(st.floats(0, 9.0), st.floats(0.01, 5.0)), min_size=1, max_size=20)


def test_parts_follow_each_other_and_hold_every_instant() -> None:
    parts = bins(10.0, 4)
    assert [(part.begin, part.end) for part in parts] == [(0, 2.5), (2.5, 5), (5, 7.5), (7.5, 10)]
    assert [place(at, parts) for at in (-1.0, 0.0, 2.4, 2.5, 9.9, 10.0, 99.0)] == [
        *(0, 0, 0, 1, 3, 3, 3)
    ]


def test_a_run_of_no_length_has_parts_all_the_same() -> None:
    assert len(bins(0.0, 3)) == 3


def test_an_answer_that_never_ended_is_over_with_the_last_that_was_seen() -> None:
    assert ended(whole(ttft=0.25, gaps=(0.5,))) == STARTED + 0.8
    assert ended(replace(whole(ttft=0.25, gaps=(0.5,)), end=None)) == STARTED + 0.75
    assert ended(replace(refused(), end=None)) == STARTED


def test_requests_in_flight_are_counted_from_sent_to_end() -> None:
    one, other = whole(at=0.0, ttft=0.95, gaps=()), whole(at=0.5, ttft=1.45, gaps=())
    steps = in_flight([one, other], STARTED)
    assert [count for _, count in steps] == [0, 1, 2, 1, 0]
    assert [at for at, _ in steps] == pytest.approx([0.0, 0.0, 0.5, 1.0, 2.0])


def test_a_part_begins_with_what_the_one_before_it_left() -> None:
    steps = [(0.0, 1), (0.5, 3), (0.9, 2), (3.5, 0)]
    assert most(steps, bins(4.0, 4)) == [3, 2, 2, 2]


@given(SPANS)
def test_the_most_of_all_parts_is_the_most_of_the_run(spans: list[tuple[float, float]]) -> None:
    attempts = [whole(at=at, ttft=length, gaps=()) for at, length in spans]
    steps = in_flight(attempts, STARTED)
    seconds = max(ended(attempt) for attempt in attempts) - STARTED
    assert max(most(steps, bins(seconds, 7))) == max(count for _, count in steps)
    assert steps[-1][1] == 0


@given(SPANS)
def test_no_token_is_lost_between_the_parts(spans: list[tuple[float, float]]) -> None:
    attempts = [whole(at=at, ttft=0.1, gaps=(length,)) for at, length in spans]
    parts = bins(max(ended(attempt) for attempt in attempts) - STARTED, 7)
    found = tokens(attempts, STARTED, parts)
    width = parts[0].end - parts[0].begin
    assert sum(found) * width == pytest.approx(2 * len(attempts))
    assert min(found) >= -1e-9


def test_tokens_are_spread_from_the_first_piece_to_the_last() -> None:
    answer = replace(
        whole(at=0.0, ttft=1.0, gaps=(2.0,)), usage=Usage(generated_tokens=30), end=STARTED + 4.0
    )
    assert tokens([answer], STARTED, bins(4.0, 4)) == pytest.approx([0.0, 15.0, 15.0, 0.0])
    assert tokens([cancelled(), refused()], STARTED, bins(4.0, 2)) == [0.0, 0.0]


def test_what_a_cache_answered_no_model_generated() -> None:
    parts = bins(10.0, 4)
    assert tokens([hit(), whole()], STARTED, parts) == tokens([whole()], STARTED, parts)
