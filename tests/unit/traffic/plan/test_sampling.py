"""Questions are drawn the same way everywhere, each category in its share."""

from collections import Counter
from itertools import islice, pairwise
from pathlib import Path

import pytest

from tests.unit.traffic.bank.test_loading import write_bank
from traffic.bank.embeddings import Record
from traffic.bank.loading import Bank, BankError, load_bank
from traffic.bank.questions import Category
from traffic.plan.mixes import MIXES, Mix
from traffic.plan.sampling import ask_in_turn

EQUAL = dict.fromkeys(Category, 1.0)


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return load_bank(write_bank(tmp_path))


def sample(bank: Bank, count: int, seed: int) -> list[Record]:
    return list(islice(ask_in_turn(bank, EQUAL, seed), count))


def test_every_round_of_equal_weights_takes_one_of_each_category(bank: Bank) -> None:
    chosen = sample(bank, 30, seed=7)
    for start in (0, 10, 20):
        assert {item.category for item in chosen[start : start + 10]} == set(Category)
    assert len({item.id for item in chosen}) == 30


def test_the_same_seed_gives_the_same_sample_and_another_seed_another(bank: Bank) -> None:
    ids = [item.id for item in sample(bank, 20, seed=7)]
    assert ids == [item.id for item in sample(bank, 20, seed=7)]
    assert ids != [item.id for item in sample(bank, 20, seed=8)]


def test_the_order_of_the_categories_differs_between_rounds_and_seeds(bank: Bank) -> None:
    orders = {tuple(item.category for item in sample(bank, 10, seed)) for seed in range(5)}
    assert len(orders) > 1
    both = sample(bank, 20, seed=1)
    assert [item.category for item in both[:10]] != [item.category for item in both[10:]]


def test_no_question_comes_again_before_all_of_its_category(bank: Bank) -> None:
    chosen = [item.id for item in sample(bank, 90, seed=7)]
    assert [Counter(chosen[start : start + 30]).most_common(1)[0][1] for start in (0, 30, 60)] == [
        1,
        1,
        1,
    ]


def test_the_second_round_has_another_order_and_none_twice_in_a_row(bank: Bank) -> None:
    orders = set()
    for seed in range(20):
        code = [item.id for item in islice(ask_in_turn(bank, {Category.CODE: 1.0}, seed), 9)]
        assert all(one != other for one, other in pairwise(code))
        orders.add(tuple(code[:3]) == tuple(code[3:6]))
    assert False in orders


@pytest.mark.parametrize("mix", MIXES)
def test_the_categories_of_a_mix_have_its_shares_to_within_one(bank: Bank, mix: Mix) -> None:
    chosen = Counter(item.category for item in islice(ask_in_turn(bank, MIXES[mix], 3), 137))
    whole = sum(MIXES[mix].values())
    assert sum(chosen.values()) == 137
    for category, weight in MIXES[mix].items():
        assert abs(chosen[category] - 137 * weight / whole) < 1


def test_a_category_without_questions_is_refused(bank: Bank) -> None:
    rest = Bank(tuple(item for item in bank.questions if item.category != "code"), {})
    with pytest.raises(BankError, match="no question of the category code"):
        ask_in_turn(rest, EQUAL, 1)
