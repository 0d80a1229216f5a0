import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import prompts
from engine.errors import ApiError
from engine.prompts import Turn


def turn(role: str, words: int) -> Turn:
    return {"role": role, "content": "w " * words}


async def by_words(turns: Sequence[Turn]) -> list[int]:
    return [0] * sum(len(t["content"].split()) for t in turns)


async def test_the_oldest_turns_go_and_system_turns_and_the_last_one_stay() -> None:
    turns = [turn("system", 2), turn("user", 5), turn("assistant", 5), turn("user", 3)]
    assert len(await prompts.fit_turns(turns, 15, by_words)) == 15
    assert len(await prompts.fit_turns(turns, 14, by_words)) == 10
    assert len(await prompts.fit_turns(turns, 9, by_words)) == 5
    assert len(await prompts.fit_turns(turns, 1, by_words)) == 5


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 60))
async def test_as_many_turns_stay_as_fit(sizes: list[int], limit: int) -> None:
    turns = [turn("user", size) for size in sizes]
    kept = len(await prompts.fit_turns(turns, limit, by_words))
    fitting = [sum(sizes[i:]) for i in range(len(sizes)) if sum(sizes[i:]) <= limit]
    assert kept == (max(fitting) if fitting else sizes[-1])


def test_a_long_prompt_is_cut_as_recorded() -> None:
    cut = prompts.cut_middle(list(range(3010)), 512, 4)
    assert len(cut) == 258
    assert cut[:5] == [0, 1, 2, 3, 3010 - 254]
    assert cut[-1] == 3009


@given(st.integers(0, 400), st.integers(16, 200), st.integers(0, 400))
def test_a_cut_prompt_leaves_room_for_an_answer(size: int, limit: int, keep: int) -> None:
    cut = prompts.cut_middle(list(range(size)), limit, keep)
    assert len(cut) < limit
    assert cut == sorted(set(cut))
    assert not size or cut[-1] == size - 1


def test_a_prompt_that_may_not_be_cut_is_refused_as_recorded() -> None:
    with pytest.raises(ApiError) as caught:
        prompts.refuse_too_long([0] * 3010, 512)
    assert caught.value.status == 400
    assert json.loads(caught.value.message)["error"]["n_prompt_tokens"] == 3010
    prompts.refuse_too_long([0] * 511, 512)
