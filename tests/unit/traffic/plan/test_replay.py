"""A recorded request is stood for by a question as large, at its instant, as long an answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.traffic.bank.test_loading import record, write_bank
from tests.unit.traffic.test_settings import settings
from traffic.bank.loading import Bank, BankError, load_bank
from traffic.bank.questions import Category
from traffic.plan.plan import Plan, make_plan
from traffic.plan.replay import AT_LENGTH, BRIEFLY, replayed
from traffic.plan.trace import TracedRequest

STORY = "\n\n".join(f"Part {number}. " + "The ferry left late again. " * 12 for number in range(40))
"""About 3300 tokens."""


def asking(number: int, tokens: int, max_tokens: int = 200) -> dict[str, Any]:
    """A question of so many tokens, by the bank's rule."""
    return record(
        number=number,
        turns=[{"role": "user", "content": ("Tell me more. " * tokens)[: tokens * 4]}],
        expect={"len_class": "S", "max_tokens": max_tokens},
    )


TOOL = {"type": "function", "function": {"name": "look"}}


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    code = [asking(1, 50, 20), asking(2, 52, 190), asking(3, 100), asking(4, 400)]
    format_ = {"type": "object", "properties": {}}
    code += [asking(5, 200) | {"format": format_}, asking(6, 200) | {"tools": [TOOL]}]
    turns = [{"role": "user", "content": "Well? " * 66}] * 2
    code.append(record(number=7, turns=turns))
    (tmp_path / "contexts").mkdir()
    (tmp_path / "contexts" / "story.txt").write_text(STORY, encoding="utf-8")
    return load_bank(write_bank(tmp_path, code=code))


def one(bank: Bank, prompt: int | None, generated: int | None, **values: Any) -> Any:
    request = TracedRequest(3, 0.0, prompt, generated)
    chosen = settings(preset="replay", trace="trace.jsonl", **values)
    (planned,) = replayed(bank, chosen, [request])
    return planned


def test_the_question_of_the_nearest_size_stands_for_a_request(bank: Bank) -> None:
    assert one(bank, 104, 60).question_id == "cod-0003"
    assert one(bank, 380, 60).question_id == "cod-0004"


def test_of_several_one_that_may_be_answered_at_the_recorded_length(bank: Bank) -> None:
    assert one(bank, 51, 150).question_id == "cod-0002"


def test_of_equal_ones_the_seed_draws_and_not_always_the_same(bank: Bank) -> None:
    drawn = {seed: one(bank, 51, 10, seed=seed).question_id for seed in range(12)}
    assert set(drawn.values()) == {"cod-0001", "cod-0002"}
    assert drawn == {seed: one(bank, 51, 10, seed=seed).question_id for seed in range(12)}


@pytest.mark.parametrize("tokens", [200, 1000, 8000])
def test_where_no_question_is_as_large_a_text_is_made(bank: Bank, tokens: int) -> None:
    planned = one(bank, tokens, 60)
    assert planned.question_id == "trace-3"
    assert planned.category is Category.SUMMARISE_LONG_CONTEXT
    assert len(planned.turns[0]) / 4 == pytest.approx(tokens, rel=0.01)
    assert planned.turns[0].endswith(BRIEFLY)


def test_a_long_answer_is_asked_for_where_a_long_one_was_recorded(bank: Bank) -> None:
    assert one(bank, 1000, 900).turns[0].endswith(AT_LENGTH)


def test_texts_that_are_made_begin_differently(bank: Bank) -> None:
    requests = [TracedRequest(line, 0.0, 1000, 10) for line in range(1, 30)]
    chosen = settings(preset="replay", trace="trace.jsonl")
    begins = {item.turns[0][:10] for item in replayed(bank, chosen, requests)}
    assert len(begins) > 10


def test_a_request_shorter_than_all_gets_the_shortest(bank: Bank) -> None:
    assert len(one(bank, 1, 5).turns[0]) < 40


def test_without_a_question_of_one_turn_the_task_alone_stands_for_a_short_request(
    bank: Bank,
) -> None:
    bare = Bank((), bank.contexts)
    assert one(bare, 1, 5).turns[0] == BRIEFLY.strip()
    assert one(bare, 500, 5).turns[0].endswith(BRIEFLY)


def test_without_long_texts_the_nearest_question_stands_for_it(bank: Bank) -> None:
    bare = Bank(bank.questions, {})
    assert one(bare, 8000, 60).question_id == "cod-0004"


def test_a_bank_without_anything_for_it_is_refused(bank: Bank) -> None:
    with pytest.raises(BankError, match="neither a question of one turn nor a text"):
        one(Bank((), {}), 10, 5)


def test_an_answer_ends_where_the_recorded_one_did(bank: Bank) -> None:
    assert one(bank, 51, 700).max_tokens == 700
    assert one(bank, 51, 700, max_tokens=9).max_tokens == 9
    assert one(bank, 51, 0).max_tokens == 1
    assert one(bank, 100, None).max_tokens == 200
    assert one(bank, 1000, None).max_tokens == 200


def test_a_request_of_unknown_size_gets_any_question(bank: Bank) -> None:
    drawn = {one(bank, None, None, seed=seed).question_id for seed in range(40)}
    assert len(drawn) > 5


def test_only_questions_of_one_plain_turn_stand_for_requests(bank: Bank) -> None:
    drawn = {one(bank, None, None, seed=seed, categories="code").question_id for seed in range(60)}
    assert drawn == {"cod-0001", "cod-0002", "cod-0003", "cod-0004"}


def replay(bank: Bank, path: Path, *lines: dict[str, Any], **values: Any) -> Plan:
    path = path / "trace.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return make_plan(bank, settings(preset="replay", trace=path, **values))


LINES: list[dict[str, Any]] = [
    {"at_seconds": 10.0, "prompt_tokens": 50, "generated_tokens": 9, "model": "recorded:1b"},
    {"at_seconds": 11.0, "prompt_tokens": 100, "generated_tokens": 8},
    {"at_seconds": 14.0, "prompt_tokens": 400, "generated_tokens": 7},
]


def test_a_plan_of_a_recording_has_its_times_and_lengths(bank: Bank, tmp_path: Path) -> None:
    plan = replay(bank, tmp_path, *LINES)
    assert [item.at_seconds for item in plan.questions] == [0.0, 1.0, 4.0]
    assert [item.max_tokens for item in plan.questions] == [9, 8, 7]
    assert len(plan.warm_up) == 2, "one for each model"


def test_a_recording_is_played_faster(bank: Bank, tmp_path: Path) -> None:
    plan = replay(bank, tmp_path, *LINES, trace_speed=8)
    assert [item.at_seconds for item in plan.questions] == [0.0, 0.125, 0.5]


def test_a_recording_is_bounded_by_time_and_by_number(bank: Bank, tmp_path: Path) -> None:
    assert len(replay(bank, tmp_path, *LINES, duration_seconds=4).questions) == 2
    assert len(replay(bank, tmp_path, *LINES, questions=1).questions) == 1


def test_the_recorded_model_is_asked_unless_another_is_named(bank: Bank, tmp_path: Path) -> None:
    plan = replay(bank, tmp_path, *LINES)
    assert [item.model for item in plan.questions] == ["recorded:1b", *["smollm2:135m"] * 2]
    assert plan.models == ("recorded:1b", "smollm2:135m")
    named = replay(bank, tmp_path, *LINES, model="mine:1b")
    assert {item.model for item in named.questions} == {"mine:1b"}


def test_the_hash_is_of_the_recording(bank: Bank, tmp_path: Path) -> None:
    first = replay(bank, tmp_path, *LINES)
    again = replay(bank, tmp_path, *LINES)
    later = replay(bank, tmp_path, *LINES[:2], {**LINES[2], "at_seconds": 15})
    assert first.sha256 == again.sha256 != later.sha256
