"""Questions are dressed, sent and placed by what the settings say, drawn by the seed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import count as counting
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.traffic.bank.test_loading import record, to_embed, write_bank, write_fixture
from tests.unit.traffic.test_settings import settings
from traffic.bank.loading import Bank, load_bank
from traffic.bank.questions import Category, Fixture
from traffic.plan.planned import PlannedQuestion
from traffic.plan.stages import both_ways, drafted, dressed, due, placed, sent

PLAIN = PlannedQuestion("fac-0001", Category.FACTUAL_SHORT, None, ("Why?",), 40, seed=1)


def some(count: int) -> list[PlannedQuestion]:
    return [replace(PLAIN, question_id=f"fac-{number:04d}") for number in range(count)]


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    checked = record(check={"kind": "numeric", "value": 4}, sample="2 + 2 = 4")
    return load_bank(write_bank(tmp_path, code=[checked]))


@pytest.mark.parametrize(("ceiling", "asked"), [(None, 40), (8, 8), (99, 40)])
def test_a_ceiling_lowers_answers_and_never_raises_them(
    bank: Bank, ceiling: int | None, asked: int
) -> None:
    question = bank.of(Category.CODE)[0]
    assert drafted(bank, question, settings(max_tokens=ceiling)).max_tokens == asked


def test_an_answer_that_is_cut_by_us_is_not_held_against_its_check(bank: Bank) -> None:
    question = bank.of(Category.CODE)[0]
    assert drafted(bank, question, settings()).check == question.check
    assert drafted(bank, question, settings(max_tokens=8)).check is None


def dress(count: int, **values: Any) -> Sequence[PlannedQuestion]:
    return list(dressed(some(count), settings(**values), count))


@given(st.floats(0, 1).map(lambda rate: round(rate, 4)), st.integers(1, 250))
def test_the_share_that_is_cancelled_is_exact_to_within_one(rate: float, count: int) -> None:
    left = [item for item in dress(count, cancel_rate=rate) if item.cancel_after_chunks]
    assert abs(len(left) - rate * count) < 1


def test_the_cancelled_leave_at_different_places_drawn_by_the_seed() -> None:
    places = [item.cancel_after_chunks for item in dress(400, cancel_rate=1)]
    assert set(places) == set(range(1, 11)), "from the first piece to a quarter of the ceiling"
    assert places == [item.cancel_after_chunks for item in dress(400, cancel_rate=1)]
    assert places != [item.cancel_after_chunks for item in dress(400, cancel_rate=1, seed=2)]


def test_an_answer_of_one_token_can_be_left_too() -> None:
    short = [replace(PLAIN, max_tokens=1)] * 3
    left = dressed(short, settings(cancel_rate=1), 3)
    assert [item.cancel_after_chunks for item in left] == [1, 1, 1]


def test_every_third_is_cold_and_without_a_word_none() -> None:
    assert [item.unload_first for item in dress(7, cold_every=3)] == [
        *(False, False, True),
        *(False, False, True),
        False,
    ]
    assert not any(item.unload_first for item in dress(7))


def test_who_is_cancelled_is_not_who_has_a_model() -> None:
    both = Counter(
        (item.model, bool(item.cancel_after_chunks))
        for item in dress(400, model="a,b", cancel_rate=0.5)
    )
    assert min(both.values()) > 70


def test_a_model_that_a_question_has_already_stays() -> None:
    (one,) = dressed([replace(PLAIN, model="recorded:1b")], settings(model="a"), 1)
    assert one.model == "recorded:1b"


def mixed(count: int, seed: int = 1) -> list[PlannedQuestion]:
    return list(sent(some(count), settings(route="mixed", seed=seed), count))


def test_the_second_asking_comes_a_whole_round_after_the_first() -> None:
    ids = [item.question_id for item in mixed(50)]
    assert ids[:50] == ids[50:]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_way_is_the_first_for_half_of_the_questions(seed: int) -> None:
    first_round = [item.route for item in mixed(50, seed)][:50]
    assert first_round.count("direct") == first_round.count("portkey") == 25


def test_which_way_comes_first_is_drawn_by_the_seed() -> None:
    firsts = [[item.route for item in mixed(50, seed)][:50] for seed in (1, 1, 2)]
    assert firsts[0] == firsts[1] != firsts[2]


def test_both_askings_differ_in_their_way_alone() -> None:
    dressed_ones = dress(30, model="a,b", cancel_rate=0.5, cold_every=4)
    asked = both_ways(dressed_ones, "1")
    for one, other in zip(asked[:30], asked[30:], strict=True):
        assert replace(one, route=other.route) == other
        assert {one.route, other.route} == {"direct", "portkey"}


def test_without_end_which_way_comes_first_is_drawn_for_every_round() -> None:
    endless = (item for _ in counting() for item in some(50))
    asked = [item.route for item in islice(sent(endless, settings(route="mixed"), None), 200)]
    assert asked[:50] != asked[100:150]


def test_a_unique_prefix_differs_even_between_the_two_askings() -> None:
    chosen = settings(route="mixed", prefix="unique")
    asked = list(placed(sent(some(20), chosen, 20), chosen))
    assert len({item.prefix for item in asked}) == 40


def test_instants_are_whole_microseconds_and_end_with_the_duration() -> None:
    times = list(due(settings(arrival="poisson", rate_per_second=50, duration_seconds=4)))
    assert times == [round(instant, 6) for instant in times]
    assert 120 < len(times) < 280
    assert times[-1] < 4


def test_every_setting_of_a_schedule_changes_it() -> None:
    def times(**values: Any) -> tuple[float, ...]:
        return tuple(islice(due(settings(**values)), 200))

    assert times(arrival="ramp") != times(arrival="ramp", ramp_seconds=5)
    assert times(arrival="burst") != times(arrival="burst", burst_size=3)
    spikes: list[dict[str, Any]] = [
        {},
        {"spike_factor": 2},
        {"spike_after_seconds": 1},
        {"spike_seconds": 2},
        {"rate_per_second": 9},
    ]
    assert len({times(arrival="spike", **values) for values in spikes}) == len(spikes)


@pytest.mark.parametrize("given", ["Sea", ["Sea", "Lake"]])
def test_texts_to_embed_are_one_turn_without_a_word(tmp_path: Path, given: Any) -> None:
    write_fixture(write_bank(tmp_path), Fixture.EMBEDDINGS, [to_embed(input=given)])
    bank = load_bank(tmp_path)
    (one,) = (drafted(bank, item, settings()) for item in bank.every({Fixture.EMBEDDINGS}))
    assert (one.question_id, one.category, one.turns) == ("emb-0001", "embeddings", ("",))
    assert one.inputs == (given if isinstance(given, str) else tuple(given))
