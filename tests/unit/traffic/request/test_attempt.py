"""Durations are derived from instants, and absent when an instant is."""

import pytest

from ollama_observe.wire.usage import Usage
from traffic.bank.questions import Category
from traffic.request.attempt import Attempt, Failure
from traffic.request.routes import Way


def attempt() -> Attempt:
    return Attempt("cod-0001", Category.CODE, 0, scheduled=9.0, sent=10.0)


def test_nothing_seen_gives_no_figures() -> None:
    seen = attempt()
    assert seen.ttft_seconds is None
    assert seen.end_to_end_seconds is None
    assert seen.reported_tokens_per_second is None
    assert seen.seen_tokens_per_second is None


def test_durations_count_from_sent() -> None:
    seen = attempt()
    seen.first_content, seen.end = 10.25, 12.0
    assert seen.ttft_seconds == 0.25
    assert seen.end_to_end_seconds == 2.0


def test_the_first_token_is_not_part_of_a_decode_rate() -> None:
    seen = attempt()
    seen.usage = Usage(generated_tokens=11, decode_seconds=2.0)
    seen.first_content, seen.last_content = 10.0, 14.0
    assert seen.reported_tokens_per_second == pytest.approx(5.0)
    assert seen.seen_tokens_per_second == pytest.approx(2.5)


def test_an_answer_that_came_in_one_piece_has_no_rate_of_ours() -> None:
    seen = attempt()
    seen.usage = Usage(generated_tokens=11)
    seen.first_content = seen.last_content = 10.0
    assert seen.seen_tokens_per_second is None


def test_a_refusal_is_counted_by_its_status_and_other_failures_by_their_name() -> None:
    refused, broken = attempt(), attempt()
    refused.failure, refused.status = Failure.HTTP_STATUS, 503
    broken.failure = Failure.BROKE_OFF
    assert [item.error for item in (attempt(), refused, broken)] == [None, "http_503", "broke_off"]
    assert [item.is_ok for item in (attempt(), refused, broken)] == [True, False, False]


def test_the_way_is_known_by_the_sign_and_by_the_status() -> None:
    answered, refused, passed = attempt(), attempt(), attempt()
    for item, status in ((answered, 200), (refused, 503), (passed, 404)):
        item.route, item.status = "portkey", status
    passed.has_portkey_sign = True
    ways = [item.way for item in (answered, refused, passed)]
    assert ways == [Way.WENT_DIRECT, Way.UNKNOWN, Way.PORTKEY]


def test_what_waited_here_counts_from_the_schedule() -> None:
    seen = attempt()
    assert (seen.ttft_from_scheduled_seconds, seen.end_to_end_from_scheduled_seconds) == (
        None,
        None,
    )
    seen.first_content, seen.end = 10.25, 12.0
    assert seen.delay_seconds == 1.0
    assert seen.ttft_from_scheduled_seconds == 1.25
    assert seen.end_to_end_from_scheduled_seconds == 3.0


def test_the_time_per_token_is_the_rate_upside_down() -> None:
    seen = attempt()
    assert seen.time_per_output_token_seconds is None
    seen.usage = Usage(generated_tokens=11)
    seen.first_content, seen.last_content = 10.0, 14.0
    assert seen.time_per_output_token_seconds == pytest.approx(0.4)


def test_an_answer_that_was_left_is_neither_whole_nor_failed() -> None:
    seen = attempt()
    seen.is_cancelled = True
    assert (seen.is_ok, seen.error) == (False, None)


def test_what_a_cache_says_is_a_hit_a_miss_or_neither() -> None:
    seen = attempt()
    assert (seen.is_hit, seen.is_miss) == (False, False)
    seen.status, seen.cache_status = 200, "SEMANTIC HIT"
    assert (seen.is_hit, seen.is_miss, seen.way) == (True, False, Way.CACHE)
    seen.cache_status = "MISS"
    assert (seen.is_hit, seen.is_miss, seen.way) == (False, True, Way.DIRECT)
    seen.cache_status = "REFRESH"
    assert (seen.is_hit, seen.is_miss) == (False, False)
