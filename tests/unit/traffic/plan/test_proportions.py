"""Things of different weight take turns so that each has its share, at every moment."""

from collections import Counter
from itertools import islice
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from traffic.plan.proportions import DEAL, dealt, taking_turns

WEIGHTS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=2),
    st.floats(0.01, 100).map(lambda weight: round(weight, 3)),
    min_size=1,
    max_size=10,
)


def most_off(turns: list[str], weights: dict[str, float]) -> float:
    """How far the count of anybody is from its share."""
    had, whole = Counter(turns), sum(weights.values())
    return max(abs(had[key] - len(turns) * weights[key] / whole) for key in weights)


@given(WEIGHTS, st.integers(1, 300))
def test_after_every_turn_each_has_its_share_to_within_one(
    weights: dict[str, float], count: int
) -> None:
    turns = list(islice(taking_turns(weights, str), count))
    assert all(most_off(turns[:end], weights) < 1 for end in range(1, count + 1))


def test_equal_weights_make_rounds_in_the_order_that_is_asked_for() -> None:
    weights = dict.fromkeys("abcd", 0.1)
    assert "".join(islice(taking_turns(weights, "dbca".index), 8)) == "dbcadbca"


def test_one_alone_has_every_turn() -> None:
    assert list(islice(taking_turns({"a": 0.3}, str), 3)) == ["a", "a", "a"]


@given(WEIGHTS, st.integers(0, 2**31 - 1), st.integers(0, 3 * DEAL))
@settings(max_examples=50)
def test_what_is_dealt_has_the_same_shares_in_an_order_of_the_seed(
    weights: dict[str, float], seed: int, count: int
) -> None:
    turns = list(dealt(weights, seed, "test", count))
    assert len(turns) == count
    assert turns == list(dealt(weights, seed, "test", count))
    for end in (*range(DEAL, count, DEAL), count):
        assert not end or most_off(turns[:end], weights) < 1


def drawn(seed: int, name: str, count: int | None = 50) -> list[Any]:
    return list(islice(dealt({"a": 1, "b": 1}, seed, name, count), 50))


def test_another_seed_or_another_draw_deals_another_order() -> None:
    assert len({tuple(drawn(1, "x")), tuple(drawn(2, "x")), tuple(drawn(1, "y"))}) == 3


def test_a_deal_without_end_goes_on_after_the_first() -> None:
    turns = list(islice(dealt({"a": 3, "b": 1}, 1, "x", None), 3 * DEAL))
    assert Counter(turns) == {"a": 225, "b": 75}
    assert turns[:DEAL] != turns[DEAL : 2 * DEAL]


def test_what_weighs_nothing_has_no_turn() -> None:
    assert set(dealt({True: 0.0, False: 1.0}, 1, "x", 200)) == {False}
