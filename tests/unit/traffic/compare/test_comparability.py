"""What may mislead is said, a sentence each."""

import msgspec

from tests.runs import hit, many, result
from traffic.bank.questions import Category
from traffic.compare.comparability import SETTINGS, warnings_of
from traffic.results.drops import Drop
from traffic.results.results import Result
from traffic.settings import TrafficSettings


def test_two_runs_of_one_plan_with_many_questions_are_worth_no_word() -> None:
    run = result(many(30), server={"ollama": "0.13.1"})
    assert warnings_of(run, run, 30) == ()


def test_each_difference_is_said_with_both_sides() -> None:
    base = result(many(30), api="native", concurrency=1, server={"ollama": "0.13.1", "gone": "1"})
    new = result(many(30), seed=2, api="openai", concurrency=4, server={"ollama": "0.14.0"})
    assert warnings_of(base, new, 30) == (
        "other plans, so other questions or instants: the runs are taken apart, not in pairs",
        "other api: native; then openai",
        "other concurrency: 1; then 4",
        "other ollama of the server: 0.13.1; then 0.14.0",
    )


def test_what_the_operator_noted_is_a_difference() -> None:
    base, new = (result(many(30), note=f"OLLAMA_NUM_PARALLEL={n}") for n in (1, 4))
    assert warnings_of(base, new, 30) == (
        "other note: OLLAMA_NUM_PARALLEL=1; then OLLAMA_NUM_PARALLEL=4",
    )
    unnoted = result(many(30))
    assert warnings_of(unnoted, new, 30) == ("other note: none; then OLLAMA_NUM_PARALLEL=4",)
    assert warnings_of(before_notes(unnoted), unnoted, 30) == ()


def before_notes(run: Result) -> Result:
    """As it was kept when there were no notes."""
    settings = {name: value for name, value in run.settings.items() if name != "note"}
    return msgspec.structs.replace(run, settings=settings)


def test_another_target_is_what_one_wants_to_compare() -> None:
    base = result(many(30), base_url="http://127.0.0.1:1")
    assert warnings_of(base, result(many(30), base_url="http://127.0.0.1:2"), 30) == ()


def test_an_invalid_run_and_one_that_dropped_are_named() -> None:
    fine = result(many(30))
    bad = result(
        many(30), drops=[Drop(Category.CODE, "m:1b", 1.0, 10)], self_check={"reasons": ["late"]}
    )
    assert warnings_of(fine, bad, 30) == (
        "the second run is invalid: late",
        "the second run dropped 25.0 % of what was due",
    )
    assert warnings_of(bad, fine, 30)[0] == "the first run is invalid: late"


def test_an_incomplete_run_is_named() -> None:
    fine, bad = result(many(30)), result(many(30), self_check={"lost": ["worker 1 died"]})
    assert warnings_of(fine, bad, 30) == ("the second run is incomplete: worker 1 died",)


def test_how_late_a_generator_was_goes_with_the_comparison() -> None:
    base, late = result(many(30)), result(many(30), self_check={"remarks": ["12 ms late"]})
    assert warnings_of(base, late, 30) == ("of the second run: 12 ms late",)


def test_few_questions_are_said() -> None:
    run = result(many(10))
    assert warnings_of(run, run, 10) == (
        "10 questions are few: expect wide intervals, and little of a p95",
    )


def test_what_is_compared_beside_the_plan_are_settings() -> None:
    assert set(SETTINGS) <= set(TrafficSettings.model_fields)


def test_texts_of_a_result_from_elsewhere_move_no_cursor() -> None:
    fine, odd = result(many(30)), result(many(30), self_check={"reasons": ["\x1b[2Jlate\nbusy"]})
    odd = msgspec.structs.replace(odd, settings=odd.settings | {"note": "\x1b]0;mine\x07"})
    assert warnings_of(fine, odd, 30) == (
        "the second run is invalid: [2Jlate busy",
        "other note: none; then ]0;mine",
    )


def test_answers_of_a_cache_are_said_with_what_keeps_them_away() -> None:
    plain, cached = result(many(30)), result([hit(), *many(30)])
    said, _ = warnings_of(plain, cached, 30)
    assert said == (
        "1 answer of the second run came from a cache: no time is of them"
        " (--prefix unique keeps it from having any)"
    )
