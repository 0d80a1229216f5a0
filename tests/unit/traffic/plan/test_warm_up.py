"""Questions before the measured ones: as many as wanted, for every model, none in a figure."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.traffic.bank.test_loading import record, write_bank
from tests.unit.traffic.test_settings import settings
from traffic.bank.loading import Bank, load_bank
from traffic.bank.questions import Category
from traffic.plan.plan import Plan, make_plan


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return load_bank(write_bank(tmp_path, each=6))


def plan_of(bank: Bank, **values: Any) -> Plan:
    return make_plan(bank, settings(**values))


@pytest.mark.parametrize(
    ("preset", "number"), [("quick", 0), ("demo", 1), ("stress", 3), ("continuous", 0)]
)
def test_every_preset_has_its_number(bank: Bank, preset: str, number: int) -> None:
    assert len(plan_of(bank, preset=preset).warm_up) == number


def test_a_number_of_the_operator_stands_above_the_presets(bank: Bank) -> None:
    assert len(plan_of(bank, warm_up=4).warm_up) == 4
    assert plan_of(bank, preset="stress", warm_up=0).warm_up == ()


def test_every_model_is_warmed_at_least_once(bank: Bank) -> None:
    plan = plan_of(bank, warm_up=1, model="a=9,b=1,c=1", questions=40)
    assert [item.model for item in plan.warm_up] == ["a", "b", "c"]


def test_rather_such_are_asked_as_are_not_measured(bank: Bank) -> None:
    plan = plan_of(bank, preset="demo", warm_up=10)
    measured = {item.question_id for item in plan.questions}
    assert not measured & {item.question_id for item in plan.warm_up}


def test_rather_such_of_one_turn(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": f"{word}?"} for word in ("Why", "How")]
    codes = [record(number=number, turns=turns) for number in range(1, 9)]
    bank = load_bank(write_bank(tmp_path, code=[*codes, record(number=9)]))
    plan = plan_of(bank, categories="code", questions=9, warm_up=1)
    assert [item.question_id for item in plan.warm_up] == ["cod-0009"]


def test_more_than_there_are_come_again(bank: Bank) -> None:
    plan = plan_of(bank, categories="code", warm_up=13)
    assert {item.category for item in plan.warm_up} == {Category.CODE}
    assert plan.warm_up[12].question_id == plan.warm_up[0].question_id


def test_a_mixed_run_warms_both_ways(bank: Bank) -> None:
    plan = plan_of(bank, warm_up=1, route="mixed")
    assert sorted(item.route for item in plan.warm_up) == ["direct", "portkey"]


def test_they_are_neither_scheduled_nor_left_nor_cold(bank: Bank) -> None:
    plan = plan_of(bank, warm_up=3, arrival="constant", cancel_rate=1, cold_every=1)
    for item in plan.warm_up:
        assert (item.at_seconds, item.cancel_after_chunks, item.unload_first) == (None, None, False)
        assert item.is_warm_up


def test_their_unique_prefixes_are_their_own(bank: Bank) -> None:
    plan = plan_of(bank, warm_up=3, prefix="unique")
    assert len({item.prefix for item in plan.stream()}) == 13
