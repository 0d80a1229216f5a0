"""A plan is a function of the bank and the settings, and its hash says so."""

import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.unit.traffic.bank.test_loading import write_bank, write_fixtures
from tests.unit.traffic.test_settings import settings
from traffic.bank.loading import Bank, BankError, fixture_file, load_bank
from traffic.bank.questions import Category, Fixture
from traffic.choices import RequestRoute, Route
from traffic.plan.plan import _NOT_PLANNED, Plan, PlanError, make_plan, shard
from traffic.settings import TrafficSettings


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return load_bank(write_bank(tmp_path, each=5))


@pytest.fixture(scope="module")
def whole_bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return load_bank(write_bank(tmp_path_factory.mktemp("bank"), each=100))


def plan_of(bank: Bank, **values: Any) -> Plan:
    return make_plan(bank, settings(**values))


def test_quick_covers_every_category_once_and_demo_five_times(bank: Bank) -> None:
    quick, demo = plan_of(bank, preset="quick"), plan_of(bank, preset="demo")
    assert sorted(item.category for item in quick.questions) == sorted(Category)
    assert sorted(item.category for item in demo.questions) == sorted([*Category] * 5)


def test_stress_asks_a_thousand_different_questions_of_a_bank_that_holds_them(
    whole_bank: Bank,
) -> None:
    plan = plan_of(whole_bank, preset="stress")
    assert len({item.question_id for item in plan.questions}) == len(plan.questions) == 1000
    assert set(Counter(item.category for item in plan.questions).values()) == {100}
    assert plan.repeats == 0


def test_a_thousand_questions_are_planned_in_well_under_a_second(whole_bank: Bank) -> None:
    begin = time.process_time()
    plan = plan_of(
        whole_bank, preset="stress", mix="chat", model="a,b", cancel_rate=0.1, prefix="unique"
    )
    assert plan.sha256
    assert time.process_time() - begin < 0.7


def test_a_bank_with_too_few_is_gone_through_again_and_the_plan_says_so(bank: Bank) -> None:
    plan = plan_of(bank, questions=120)
    assert set(Counter(item.question_id for item in plan.questions[:100]).values()) == {2}
    assert len(plan.questions) == 120
    assert plan.repeats == 70


def test_a_number_of_questions_stands_in_place_of_the_presets(bank: Bank) -> None:
    assert len(plan_of(bank, preset="demo", questions=7).questions) == 7


def test_only_the_categories_that_are_asked_for_are_planned(bank: Bank) -> None:
    plan = plan_of(bank, categories="code,longform")
    assert Counter(item.category for item in plan.questions) == {"code": 5, "longform": 5}


def test_a_mix_has_its_shares(bank: Bank) -> None:
    plan = plan_of(bank, mix="agent", questions=40)
    assert Counter(item.category for item in plan.questions) == {
        "json_extract_tools": 20,
        "multi_turn": 10,
        "code": 10,
    }


def test_the_hash_is_the_same_on_every_machine(bank: Bank) -> None:
    # a change of these values means that old and new results ask different things
    assert plan_of(bank).sha256 == (
        "02c1c4141482c92f5cbc3ec23c057b0d3810b0b1d08d0185f0b7dbe2fe490b5c"
    )
    everything = plan_of(
        bank,
        preset="demo",
        arrival="poisson",
        model="a=3,b",
        prefix="unique",
        cancel_rate=0.2,
        cold_every=9,
        mix="chat",
        route="mixed",
    )
    assert everything.sha256 == ("d4a2c7ad478d4f739750e26cc7fafb5c8fba629d3bc6988fd8ea9dce4cc7d02d")


DIFFERENT: list[dict[str, Any]] = [
    {},
    {"seed": 2},
    {"preset": "demo"},
    {"questions": 11},
    {"max_tokens": 8},
    {"route": "direct"},
    {"route": "portkey"},
    {"route": "gateway"},
    {"route": "mixed"},
    {"mix": "chat"},
    {"categories": "code,longform"},
    {"model": "a,b"},
    {"model": "a,c"},
    {"prefix": "shared"},
    {"prefix": "unique"},
    {"cancel_rate": 0.5},
    {"cold_every": 3},
    {"warm_up": 1},
    {"arrival": "constant"},
    {"arrival": "constant", "rate_per_second": 2},
    {"arrival": "poisson"},
    {"arrival": "constant", "duration_seconds": 5},
    {"preset": "continuous"},
    {"preset": "continuous", "seed": 2},
    {"preset": "continuous", "route": "direct"},
    {"preset": "continuous", "mix": "chat"},
    {"preset": "continuous", "model": "a,b"},
    {"preset": "continuous", "prefix": "shared"},
    {"preset": "continuous", "cancel_rate": 0.5},
    {"preset": "continuous", "cold_every": 3},
    {"preset": "continuous", "arrival": "poisson"},
    {"preset": "continuous", "arrival": "spike"},
    {"preset": "continuous", "arrival": "spike", "spike_after_seconds": 3600},
]


def test_the_hash_changes_with_anything_that_is_sent_or_when(bank: Bank, tmp_path: Path) -> None:
    plans = [plan_of(bank, **values) for values in DIFFERENT]
    path = tmp_path / "code.jsonl"
    asked = path.read_text(encoding="utf-8")
    path.write_text(asked.replace('"code ', '"Code '), encoding="utf-8")
    changed = load_bank(tmp_path)
    plans += [plan_of(changed), plan_of(changed, preset="continuous")]
    assert len({plan.sha256 for plan in plans}) == len(plans)


@pytest.mark.parametrize("preset", ["quick", "continuous"])
def test_the_hash_is_not_of_what_is_the_runs(bank: Bank, preset: str) -> None:
    plans = [
        plan_of(bank, preset=preset),
        plan_of(bank, preset=preset, model="another:1b"),
        plan_of(bank, preset=preset, api="openai"),
        plan_of(bank, preset=preset, concurrency=8),
        plan_of(bank, preset=preset, num_ctx=4096, keep_alive="5m"),
        plan_of(bank, preset=preset, base_url="http://127.0.0.1:1"),
    ]
    assert len({plan.sha256 for plan in plans}) == 1


def asked(plan: Plan) -> list[tuple[str, RequestRoute]]:
    return [(item.question_id, item.route) for item in plan.questions]


@pytest.mark.parametrize("route", ["default", "direct", "portkey", "gateway"])
def test_one_route_asks_the_questions_of_its_preset_in_their_order(
    bank: Bank, route: Route
) -> None:
    plain, routed = plan_of(bank), plan_of(bank, route=route)
    assert asked(routed) == [(item.question_id, route) for item in plain.questions]


def test_a_mixed_plan_asks_every_question_once_each_way(bank: Bank) -> None:
    plain, mixed = plan_of(bank, preset="demo"), plan_of(bank, preset="demo", route="mixed")
    ids = [item.question_id for item in plain.questions]
    assert sorted(asked(mixed)) == sorted(
        (name, route) for name in ids for route in ("direct", "portkey")
    )
    assert (plain.requests, mixed.requests, mixed.repeats) == (50, 100, 0)


def test_models_have_their_exact_shares_and_are_named(bank: Bank) -> None:
    plan = plan_of(bank, preset="demo", questions=200, model="a=3,b=1")
    assert Counter(item.model for item in plan.questions) == {"a": 150, "b": 50}
    assert plan.models == ("a", "b")
    by_category = Counter((item.category, item.model) for item in plan.questions)
    assert len(by_category) == 20, "no category is asked of one model alone"


def test_the_planned_model_is_the_settings_model(bank: Bank) -> None:
    plan = plan_of(bank, model="qwen3:4b")
    assert {item.model for item in plan.questions} == {"qwen3:4b"}


def test_a_schedule_gives_instants_that_its_duration_bounds(bank: Bank) -> None:
    plan = plan_of(bank, preset="stress", arrival="constant", rate_per_second=4, duration_seconds=2)
    assert [item.at_seconds for item in plan.questions] == [number / 4 for number in range(8)]


def test_a_preset_smaller_than_its_time_keeps_its_size(bank: Bank) -> None:
    plan = plan_of(bank, arrival="poisson", duration_seconds=3600)
    times = [item.at_seconds for item in plan.questions]
    assert len(times) == 10
    assert times == sorted(times, key=lambda instant: instant or 0.0)


def test_a_closed_loop_has_no_instants(bank: Bank) -> None:
    plan = plan_of(bank, duration_seconds=1)
    assert [item.at_seconds for item in plan.questions] == [None] * 10


def test_a_time_in_which_nothing_is_due_is_refused(bank: Bank) -> None:
    with pytest.raises(PlanError, match=r"no question is due within the 0\.001 seconds"):
        plan_of(bank, arrival="poisson", duration_seconds=0.001)


def test_a_mixed_plan_in_a_bounded_time_has_every_question_both_ways(bank: Bank) -> None:
    plan = plan_of(bank, route="mixed", arrival="constant", rate_per_second=1, duration_seconds=9)
    assert len(plan.questions) == 8
    assert len({item.question_id for item in plan.questions}) == 4


def test_the_index_is_the_place_in_the_plan(bank: Bank) -> None:
    plan = plan_of(bank, route="mixed")
    assert [item.index for item in plan.questions] == list(range(20))


def test_continuous_goes_round_the_bank_without_end_each_time_in_another_order(
    bank: Bank,
) -> None:
    plan = plan_of(bank, preset="continuous")
    ids = [item.question_id for item in islice(plan.stream(), 150)]
    rounds = [ids[start : start + 50] for start in (0, 50, 100)]
    assert [sorted(one) for one in rounds] == [sorted(rounds[0])] * 3
    assert len({tuple(one) for one in rounds}) == 3
    assert plan.requests is None
    assert plan.questions == ()


def test_a_stream_begins_anew_at_every_call(bank: Bank) -> None:
    plan = plan_of(bank, preset="continuous", prefix="unique", warm_up=1)
    assert list(islice(plan.stream(), 20)) == list(islice(plan.stream(), 20))


def test_continuous_is_bounded_by_a_number_or_by_the_time_of_a_schedule(bank: Bank) -> None:
    by_number = plan_of(bank, preset="continuous", questions=70)
    by_time = plan_of(bank, preset="continuous", arrival="constant", duration_seconds=60)
    assert (by_number.requests, by_time.requests) == (70, 60)
    assert by_time.endless is None


def test_a_schedule_with_more_than_is_held_is_made_as_it_is_asked_and_ends(bank: Bank) -> None:
    plan = plan_of(
        bank,
        preset="continuous",
        arrival="burst",
        rate_per_second=10_000,
        burst_size=100_000,
        duration_seconds=11,
    )
    assert plan.requests is None
    assert [item.at_seconds for item in islice(plan.stream(), 3)] == [0.0, 0.0, 0.0]


def test_a_mixed_plan_without_end_exchanges_the_ways_after_every_round(bank: Bank) -> None:
    plan = plan_of(bank, preset="continuous", route="mixed")
    some = list(islice(plan.stream(), 300))
    for start in (0, 100, 200):
        first, second = some[start : start + 50], some[start + 50 : start + 100]
        assert [item.question_id for item in first] == [item.question_id for item in second]
        assert all(one.route != other.route for one, other in zip(first, second, strict=True))


def test_the_stream_begins_with_the_warm_up(bank: Bank) -> None:
    plan = plan_of(bank, warm_up=2, arrival="constant")
    streamed = list(plan.stream())
    assert [item.is_warm_up for item in streamed] == [True] * 2 + [False] * 10
    assert [item.at_seconds for item in streamed[:3]] == [None, None, 0.0]
    assert (plan.requests, len(plan.warm_up)) == (10, 2)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_shares_of_several_processes_are_together_the_plan(bank: Bank, count: int) -> None:
    plan = plan_of(bank, preset="demo", arrival="poisson", warm_up=2, route="mixed")
    shares = [shard(plan, index, count) for index in range(count)]
    assert sorted(
        (one for part in shares for one in part.questions), key=lambda one: one.index
    ) == [*plan.questions]
    assert sum(len(part.warm_up) for part in shares) == len(plan.warm_up)
    sizes = [len(part.questions) for part in shares]
    assert max(sizes) - min(sizes) <= 1


def test_the_shares_of_an_endless_plan_are_together_the_plan(bank: Bank) -> None:
    plan = plan_of(bank, preset="continuous", route="mixed")
    shares = [shard(plan, index, 3) for index in range(3)]
    turns = zip(*(part.stream() for part in shares), strict=True)
    merged = [one for turn in islice(turns, 40) for one in turn]
    assert merged == list(islice(plan.stream(), 120))
    assert len({part.sha256 for part in (plan, *shares)}) == 4


@pytest.mark.parametrize("index", [-1, 2])
def test_a_share_that_there_is_not_is_refused(bank: Bank, index: int) -> None:
    with pytest.raises(ValueError, match=f"from 0 to 1, found {index}"):
        shard(plan_of(bank), index, 2)


def test_what_an_endless_plan_does_not_depend_on_are_settings() -> None:
    assert set(TrafficSettings.model_fields) > _NOT_PLANNED


@pytest.fixture
def odd_bank(tmp_path: Path) -> Bank:
    return load_bank(write_fixtures(write_bank(tmp_path), edge=7, embeddings=5))


@pytest.mark.parametrize(("preset", "count"), [("edge", 7), ("embeddings", 5)])
def test_a_preset_of_a_fixture_asks_all_of_it_once_in_the_order_of_the_seed(
    odd_bank: Bank, preset: str, count: int
) -> None:
    plan, again = plan_of(odd_bank, preset=preset), plan_of(odd_bank, preset=preset)
    ids = [item.question_id for item in plan.questions]
    assert len(set(ids)) == len(ids) == plan.requests == count
    assert {item.category for item in plan.questions} == {preset}
    assert (plan.repeats, plan.warm_up, plan.sha256) == (0, (), again.sha256)
    other = plan_of(odd_bank, preset=preset, seed=2)
    assert ids != [item.question_id for item in other.questions]
    assert plan.sha256 != other.sha256


def test_a_fixture_has_what_any_plan_has(odd_bank: Bank) -> None:
    mixed = plan_of(odd_bank, preset="embeddings", route="mixed", warm_up=2, questions=3)
    assert Counter(item.route for item in mixed.questions) == {"direct": 3, "portkey": 3}
    assert {item.category for item in mixed.warm_up} == {"embeddings"}
    timed = plan_of(odd_bank, preset="edge", arrival="constant", rate_per_second=2)
    assert [item.at_seconds for item in timed.questions] == [number / 2 for number in range(7)]
    assert plan_of(odd_bank, preset="edge", questions=10).repeats == 3


def test_the_texts_to_embed_are_in_the_hash(odd_bank: Bank, tmp_path: Path) -> None:
    before = plan_of(odd_bank, preset="embeddings").sha256
    path = fixture_file(tmp_path, Fixture.EMBEDDINGS)
    path.write_text(path.read_text(encoding="utf-8").replace("Lake 1", "Pond 1"), encoding="utf-8")
    assert plan_of(load_bank(tmp_path), preset="embeddings").sha256 != before


def test_a_bank_without_the_fixture_is_refused(bank: Bank) -> None:
    with pytest.raises(BankError, match="no question of the fixture edge"):
        plan_of(bank, preset="edge")
