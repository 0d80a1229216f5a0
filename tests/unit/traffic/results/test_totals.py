"""Counts are the same whether requests are counted one by one, late or early."""

from copy import deepcopy
from dataclasses import replace

import pytest

from ollama_observe.wire.usage import Usage
from tests.runs import cancelled, hit, missed, refused, whole
from traffic.bank.questions import Category
from traffic.request.routes import Way
from traffic.results.drops import Drop
from traffic.results.totals import Counts, Failures, Totals


def test_what_became_of_requests_is_counted_once_in_all_and_in_each_group() -> None:
    totals = Totals()
    attempts = [whole(0), replace(whole(1), is_valid=False, is_cold=True), refused(2), cancelled(3)]
    for attempt in attempts:
        totals.add(attempt)
    expected = Counts(
        ok=2, failed=1, cancelled=1, checked=1, refused=1, prompt_tokens=10, generated_tokens=22
    )
    assert totals.all == expected
    assert totals.measured == 4
    assert totals.groups["models"] == {"m:1b": expected}
    assert totals.groups["turns"] == {"first": expected}
    assert {name: it.ok for name, it in totals.groups["loads"].items()} == {"warm": 1, "cold": 1}
    assert {name: it.failed for name, it in totals.groups["ways"].items()} == {
        Way.DIRECT: 0,
        Way.UNKNOWN: 1,
    }
    assert sum(it.ok for it in totals.groups["categories"].values()) == 2


def test_what_is_cancelled_as_planned_is_counted_against_what_was_planned() -> None:
    totals = Totals()
    left = replace(cancelled(), cancel_after_chunks=2)
    stopped_before = replace(cancelled(), cancel_after_chunks=3)
    ended_before = replace(whole(), cancel_after_chunks=20)
    failed_before = replace(refused(), cancel_after_chunks=1)
    for attempt in (whole(), cancelled(), left, stopped_before, ended_before, failed_before):
        totals.add(attempt)
    assert (totals.all.cancelled, totals.all.cancelled_as_planned) == (3, 1)
    assert totals.all.cancellations_planned == 4


def test_failures_of_a_kind_have_the_words_of_the_first() -> None:
    totals = Totals()
    for detail in ("busy", "still busy"):
        totals.add(refused(detail=detail))
    assert totals.errors == {"http_503": Failures(2, "busy")}


def test_warm_up_is_counted_beside_and_has_no_time() -> None:
    totals = Totals()
    totals.add(replace(refused(), is_warm_up=True))
    assert (totals.warm_up, totals.measured, totals.seconds) == (1, 0, 0.0)
    assert totals.errors == {}


def test_the_time_is_from_the_first_that_was_due_to_the_last_end() -> None:
    totals = Totals()
    for attempt in (whole(at=7.0, ttft=0.25), whole(at=2.0), refused(at=3.0)):
        totals.add(attempt)
    assert round(totals.seconds, 6) == 5.0 + 0.25 + 1.0 + 0.05


def test_what_was_dropped_is_its_categorys_and_its_models() -> None:
    totals = Totals()
    totals.drop(Drop(Category.CODE, "m:1b", 1.0, 3))
    assert totals.all.dropped == 3
    assert totals.groups["categories"][Category.CODE].dropped == 3
    assert totals.groups["models"]["m:1b"].dropped == 3
    assert totals.measured == 0


def test_good_answers_are_whole_ones_that_meet_the_objectives() -> None:
    totals = Totals(lambda attempt: (attempt.ttft_seconds or 0.0) < 0.5)
    for attempt in (whole(ttft=0.2), whole(ttft=0.9), cancelled(), refused()):
        totals.add(attempt)
    assert totals.good == 1


def test_a_copy_goes_its_own_way() -> None:
    totals = Totals()
    totals.add(whole())
    copy = deepcopy(totals)
    copy.add(whole())
    assert (totals.all.ok, copy.all.ok) == (1, 2)
    assert totals.groups["models"]["m:1b"].ok == 1


def test_tokens_are_of_whole_answers() -> None:
    usage, totals = Usage(prompt_tokens=100, generated_tokens=100), Totals()
    for attempt in (whole(), replace(refused(), usage=usage), replace(cancelled(), usage=usage)):
        totals.add(attempt)
    assert (totals.all.prompt_tokens, totals.all.generated_tokens) == (5, 11)
    assert totals.groups["models"]["m:1b"].generated_tokens == 11


def test_hits_and_misses_are_counted_whether_they_are_kept_or_not() -> None:
    totals = Totals()
    for attempt in (hit(), missed(), missed()):
        totals.add(attempt)
    found = totals.all
    assert (found.hits, found.misses) == (1, 2)
    assert found.missed_seconds == pytest.approx(2.6)
    assert (found.saved_prompt_tokens, found.saved_generated_tokens) == (5, 11)
    assert totals.groups["ways"].keys() == {Way.CACHE, Way.DIRECT}
