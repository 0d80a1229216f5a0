"""A plan is a function of the bank, the preset and the seed, and its hash says so."""

from pathlib import Path

import pytest

from tests.unit.traffic.test_questions import write_bank
from traffic.plan import make_plan
from traffic.questions import Bank, Category, load_bank


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
