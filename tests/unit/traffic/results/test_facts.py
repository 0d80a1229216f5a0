"""What stands above the figures says what was asked, and what became of it."""

from dataclasses import replace

import pytest

from tests.runs import cancelled, hit, missed, plan_for, refused, whole
from tests.unit.traffic.request.test_protocol import question
from traffic.plan.plan import Endless, Plan
from traffic.request.attempt import Attempt
from traffic.results.facts import Cell, Fact, facts, has_ways, plan_facts
from traffic.results.summary import summarise


def of(attempts: list[Attempt], plan: Plan | None = None, note: str = "") -> dict[str, Fact]:
    """The facts of a run by their names."""
    plan = plan or plan_for(attempts)
    summary = summarise(plan, attempts, 2.5, is_good=lambda one: (one.ttft_seconds or 9.0) < 1.0)
    found = list(facts(plan_facts(plan), summary, note))
    assert len({fact.name for fact in found}) == len(found)
    return {fact.name: fact for fact in found}


def test_every_run_has_a_plan_requests_tokens_and_a_duration() -> None:
    found = of([])
    assert [*found] == ["Plan", "Questions", "Requests", "Tokens", "Duration"]
    assert found["Duration"].cells == (Cell("2.50 s", 2.5),)


def test_what_went_wrong_has_its_tone_and_the_words_of_the_first_below() -> None:
    found = of([whole(), refused(), refused(), cancelled()])["Requests"]
    assert found.cells == (
        Cell("1 ok", 1),
        Cell("2 failed", 2, "bad"),
        Cell("1 cancelled", 1, "warning"),
    )
    assert found.below == (Cell("2 x http_503: server busy", tone="bad"),)
    assert of([whole()])["Requests"].cells == (Cell("1 ok", 1), Cell("0 failed", 0))


def test_cancellations_that_took_place_are_told_of_those_that_were_planned() -> None:
    left = replace(cancelled(), cancel_after_chunks=2)
    too_short = replace(whole(), cancel_after_chunks=40)
    assert "Cancelled" not in of([whole(), cancelled()])
    assert of([left])["Cancelled"].cells == (Cell("1 of 1 planned", 1),)
    (cell,) = of([left, too_short])["Cancelled"].cells
    assert cell == Cell("1 of 2 planned: the others ended sooner", 1)
    assert of([too_short])["Cancelled"].cells[0].value == 0


def test_a_note_stands_below_the_plan() -> None:
    found = of([whole()], note="OLLAMA_NUM_PARALLEL=4")
    assert [*found][:2] == ["Plan", "Note"]
    assert found["Note"].cells == (Cell("OLLAMA_NUM_PARALLEL=4"),)


def test_rates_and_goodput_have_their_exact_values() -> None:
    found = of([whole(ttft=0.25, gaps=(0.1,)), whole(ttft=1.55, gaps=(0.4,))])
    assert [cell.shown for cell in found["Throughput"].cells] == ["1.00 requests/s", "2.0 tokens/s"]
    goodput = found["Goodput"].cells
    assert [cell.shown for cell in goodput] == [
        "1 of 2 meet every objective (50.0 %)",
        "0.50 requests/s",
    ]
    assert goodput[0].value == 1


def test_ways_are_worth_a_word_where_one_was_asked_for_or_portkey_was_met() -> None:
    attempts = [replace(whole(), route="portkey"), replace(whole(), has_portkey_sign=True)]
    plan = plan_for(attempts)
    found = of(attempts, plan)["Way"]
    assert [cell.shown for cell in found.cells] == ["1 portkey", "1 went direct"]
    assert found.below[0].shown.startswith("1 asked for Portkey and went direct")
    plain = summarise(plan, [whole()], 1.0)
    assert has_ways("direct", plain)
    assert not has_ways("default", plain)


def test_a_plan_without_an_end_has_no_number_of_questions() -> None:
    endless = Plan("continuous", 1, (), endless=Endless("", lambda: iter([question()])))
    assert plan_facts(endless).questions is None
    assert "Questions" not in of([whole()], endless)


def test_a_cache_that_answered_is_told_with_what_it_saved_and_that_this_is_a_guess() -> None:
    found = of([hit(), missed(), missed(), missed()])["Cache"]
    assert found.cells == (
        Cell("1 of 4 answers from the cache (25.0 %)", 1),
        Cell("saved 5 prompt and 11 generated tokens", 11),
    )
    guess, remark = found.below
    assert guess.shown == "saved some 1.30 s: hits times the mean time of misses, an estimate"
    assert guess.value == pytest.approx(1.3)
    assert "without hits" in remark.shown


def test_a_cache_that_never_had_anything_is_told_and_none_is_not() -> None:
    (cell,) = of([missed()])["Cache"].cells
    assert cell == Cell("0 of 1 answers from the cache (0.0 %)", 0)
    assert "Cache" not in of([whole()])
    assert len(of([hit()])["Cache"].below) == 1
