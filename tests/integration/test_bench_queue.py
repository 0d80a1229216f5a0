"""The bench of the queue measures what it says; its published tables follow from samples."""

import asyncio
import json

import pytest

from bench.queue.__main__ import DOCUMENT, JSON, run
from bench.queue.cases import CASES, COSTS, QUICK
from bench.queue.report import FIGURES, Results, is_within_goals, rendered, table
from bench.queue.world import SCRIPTED

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def found() -> Results:
    return asyncio.run(run(QUICK, with_model=False))


def test_all_cases_are_measured_and_told_in_one_table(found: Results) -> None:
    assert list(found["worlds"]) == [SCRIPTED]
    samples = found["worlds"][SCRIPTED]["samples"]
    assert {name: len(taken) for name, taken in samples.items()} == {
        case.name: QUICK.rounds for case in CASES
    }
    assert all(sample["answers"] > 0 for taken in samples.values() for sample in taken)
    shown = table(found)
    for figure in FIGURES:
        assert shown.count(f"| {figure.title} | {figure.unit} |") == 1
    assert shown.count("| CPU per request | us |") == len(found["costs"]["medians"])


def test_people_wait_less_with_the_queue_and_the_batch_goes_on(found: Results) -> None:
    """Eight requests of the batch are ahead of each of theirs without it, one or two with it."""
    by_case = found["worlds"][SCRIPTED]["medians"]
    alone, off, fair, classes = (by_case[case.name] for case in CASES)
    assert alone["batch_answers_per_minute"] == 0
    assert classes["ttft_p50_seconds"] < 0.6 * off["ttft_p50_seconds"]
    assert fair["ttft_p50_seconds"] < 0.8 * off["ttft_p50_seconds"]
    for case in (off, fair, classes):
        assert case["ttft_p50_seconds"] >= alone["ttft_p50_seconds"] * 0.9
        assert case["batch_answers_per_minute"] > 0


def test_costs_are_those_of_proxies_with_and_without_it(found: Results) -> None:
    for by_subject in found["costs"]["medians"].values():
        assert list(by_subject) == list(COSTS)
        assert all(sample["cpu_seconds_per_request"] > 0 for sample in by_subject.values())


def results(off: float, on: float) -> Results:
    by_case = {case.name: {"ttft_p50_seconds": on if case.settings else off} for case in CASES}
    return {"worlds": {SCRIPTED: {"medians": by_case}}}


@pytest.mark.parametrize(("off", "on", "is_within"), [(4.0, 1.0, True), (4.0, 2.5, False)])
def test_the_goal_is_that_people_wait_less_by_half(off: float, on: float, is_within: bool) -> None:
    assert is_within_goals(results(off, on)) is is_within


def test_the_published_tables_follow_from_the_published_samples() -> None:
    published: Results = json.loads(JSON.read_text(encoding="utf-8"))
    document = DOCUMENT.read_text(encoding="utf-8")
    assert rendered(document, published) == document
    assert table(published) in document
    assert is_within_goals(published)
