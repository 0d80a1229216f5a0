"""A plan is a function of the bank, the preset and the seed, and its hash says so."""

from pathlib import Path

import pytest

from tests.unit.traffic.test_questions import write_bank
from traffic.plan import Plan, make_plan
from traffic.questions import Bank, Category, load_bank
from traffic.settings import RequestRoute, Route


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return load_bank(write_bank(tmp_path, each=5))


def test_quick_covers_every_category_once_and_demo_five_times(bank: Bank) -> None:
    quick, demo = make_plan(bank, "quick", seed=1), make_plan(bank, "demo", seed=1)
    assert sorted(item.category for item in quick.questions) == sorted(Category)
    assert sorted(item.category for item in demo.questions) == sorted([*Category] * 5)


def test_the_hash_is_the_same_on_every_machine(bank: Bank) -> None:
    # a change of this value means that old and new results ask different things
    expected = "02c1c4141482c92f5cbc3ec23c057b0d3810b0b1d08d0185f0b7dbe2fe490b5c"
    assert make_plan(bank, "quick", seed=1).sha256 == expected


def test_the_hash_changes_with_anything_that_is_sent(bank: Bank, tmp_path: Path) -> None:
    plans = [
        make_plan(bank, "quick", seed=1),
        make_plan(bank, "quick", seed=2),
        make_plan(bank, "demo", seed=1),
        make_plan(bank, "quick", seed=1, max_tokens=8),
        make_plan(bank, "quick", seed=1, route="direct"),
        make_plan(bank, "quick", seed=1, route="portkey"),
        make_plan(bank, "quick", seed=1, route="gateway"),
        make_plan(bank, "quick", seed=1, route="mixed"),
    ]
    path = tmp_path / "code.jsonl"
    asked = path.read_text(encoding="utf-8")
    path.write_text(asked.replace('"code ', '"Code '), encoding="utf-8")
    plans.append(make_plan(load_bank(tmp_path), "quick", seed=1))
    assert len({plan.sha256 for plan in plans}) == len(plans)


def test_a_ceiling_lowers_answers_and_never_raises_them(bank: Bank) -> None:
    assert {item.max_tokens for item in make_plan(bank, "quick", 1).questions} == {40}
    assert {item.max_tokens for item in make_plan(bank, "quick", 1, 8).questions} == {8}
    assert {item.max_tokens for item in make_plan(bank, "quick", 1, 99).questions} == {40}


def asked(plan: Plan) -> list[tuple[str, RequestRoute]]:
    return [(item.question_id, item.route) for item in plan.questions]


@pytest.mark.parametrize("route", ["default", "direct", "portkey", "gateway"])
def test_one_route_asks_the_questions_of_its_preset_in_their_order(
    bank: Bank, route: Route
) -> None:
    plain, routed = make_plan(bank, "quick", 1), make_plan(bank, "quick", 1, route=route)
    assert asked(routed) == [(item.question_id, route) for item in plain.questions]


def test_a_mixed_plan_asks_every_question_once_each_way(bank: Bank) -> None:
    plain, mixed = make_plan(bank, "demo", 1), make_plan(bank, "demo", 1, route="mixed")
    ids = [item.question_id for item in plain.questions]
    assert sorted(asked(mixed)) == sorted(
        (name, route) for name in ids for route in ("direct", "portkey")
    )
    assert mixed.requests == 2 * plain.requests


def test_the_second_asking_comes_a_whole_round_after_the_first(bank: Bank) -> None:
    ids = [name for name, _ in asked(make_plan(bank, "demo", 1, route="mixed"))]
    assert ids[:50] == ids[50:]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_way_is_the_first_for_half_of_the_questions(bank: Bank, seed: int) -> None:
    first_round = [route for _, route in asked(make_plan(bank, "demo", seed, route="mixed"))][:50]
    assert first_round.count("direct") == first_round.count("portkey") == 25


def test_which_way_comes_first_is_drawn_by_the_seed(bank: Bank) -> None:
    firsts = {
        seed: dict(asked(make_plan(bank, "demo", seed, route="mixed"))[50:]) for seed in (1, 2)
    }
    assert firsts[1] == dict(asked(make_plan(bank, "demo", 1, route="mixed"))[50:])
    assert firsts[1] != firsts[2]
