"""What counts as what: warm-up as nothing, cancelled ones as neither answer nor failure."""

from dataclasses import replace

import pytest

from tests.runs import cancelled, figures_of, hit, missed, refused, whole
from traffic.bank.questions import Category
from traffic.results.drops import Drop


def test_each_request_is_counted_once() -> None:
    drops = [Drop(Category.CODE, "m:1b", 1.0, 3)]
    found = figures_of([whole(), whole(), refused(), cancelled()], drops)
    assert (found.ok, found.failed, found.cancelled, found.dropped) == (2, 1, 1, 3)
    assert found.sent == 4
    assert (found.error_ratio, found.dropped_ratio) == (1 / 3, 3 / 7)


def test_warm_up_is_in_no_figure() -> None:
    warm_up = replace(whole(ttft=9.0), is_warm_up=True)
    assert figures_of([warm_up, whole()]) == figures_of([whole()])


def test_latencies_are_of_whole_answers_alone() -> None:
    found = figures_of([whole(ttft=0.5), refused(), cancelled()])
    assert {spread.count for name, spread in found.spreads.items() if name != "gap_seconds"} == {1}
    assert found.spreads["gap_seconds"].count == 10


def test_tokens_are_those_that_the_server_counted() -> None:
    found = figures_of([whole(), whole(), cancelled()])
    assert (found.prompt_tokens, found.generated_tokens) == (10, 22)


def test_answers_that_their_check_refuses_are_a_share_of_those_with_a_check() -> None:
    checked = [replace(whole(), is_valid=is_valid) for is_valid in (True, True, False, None)]
    found = figures_of(checked)
    assert (found.checked, found.refused, found.refused_ratio) == (3, 1, 1 / 3)


def test_nothing_has_no_ratios_and_no_spreads() -> None:
    found = figures_of([])
    assert (found.error_ratio, found.dropped_ratio, found.refused_ratio) == (None, None, None)
    assert found.spreads == {}


def test_what_a_cache_answered_is_in_no_time_and_no_token_of_the_model() -> None:
    found = figures_of([hit(), hit(), missed()])
    alone = figures_of([missed()])
    assert found.spreads == alone.spreads
    assert (found.ok, found.prompt_tokens, found.generated_tokens) == (3, 5, 11)
    assert (found.saved_prompt_tokens, found.saved_generated_tokens) == (10, 22)


def test_hits_are_a_share_of_what_a_cache_was_asked_for_and_might_have_had() -> None:
    other = [replace(whole(), cache_status=told) for told in ("REFRESH", "DISABLED", None)]
    found = figures_of([hit(), replace(hit(), cache_status="SEMANTIC HIT"), missed(), *other])
    assert (found.hits, found.misses, found.hit_ratio) == (2, 1, 2 / 3)
    assert found.saved_seconds == pytest.approx(2 * 1.3)


def test_without_a_miss_nobody_knows_what_hits_saved_and_without_either_there_is_no_share() -> None:
    assert (figures_of([hit()]).hit_ratio, figures_of([hit()]).saved_seconds) == (1.0, None)
    assert (figures_of([whole()]).hit_ratio, figures_of([whole()]).saved_seconds) == (None, None)


def test_an_answer_that_did_not_come_whole_is_no_hit() -> None:
    left = replace(cancelled(), cache_status="HIT")
    assert figures_of([left, replace(refused(), cache_status="MISS")]).hit_ratio is None
