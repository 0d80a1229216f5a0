from datetime import UTC, datetime

import pytest

from stack.top.facts import Facts
from stack.top.look import QUIT, SORTS, Look, models_of, ordered, pressed
from stack.top.machine import Model
from stack.top.table import Entry, Finished

MODELS = ("a", "b")


def after(keys: str, models: tuple[str, ...] = MODELS) -> Look:
    look = Look()
    for key in keys:
        look = pressed(look, key, models)
    return look


@pytest.mark.parametrize(
    ("keys", "model"),
    [("", None), ("m", "a"), ("mm", "b"), ("mmm", None), ("M", "b"), ("MM", "a"), ("mM", None)],
)
def test_m_goes_through_the_models_and_all_of_them(keys: str, model: str | None) -> None:
    assert after(keys).model == model


def test_a_model_that_is_gone_is_followed_by_all() -> None:
    assert pressed(Look(model="gone"), "m", MODELS).model is None
    assert pressed(Look(model="gone"), "m", ()).model is None
    assert pressed(Look(), "m", ()).model is None


def test_s_goes_through_the_orders() -> None:
    assert [after("s" * n).sort for n in range(len(SORTS) + 1)] == [*SORTS, SORTS[0]]
    assert after("S").sort == SORTS[-1]


@pytest.mark.parametrize("key", ["p", "P", " "])
def test_p_stops_and_goes_on(key: str) -> None:
    assert after(key).is_paused
    assert not after(key * 2).is_paused


def test_other_keys_change_nothing() -> None:
    assert after("xyz\x1b[A?é") == Look()


def test_ctrl_c_is_a_way_to_leave() -> None:
    assert {"q", "Q", "\x03"} <= QUIT


def entry(name: str, age: float, tokens: int | None = None, rate: float | None = None) -> Entry:
    return Entry(model=name, age_seconds=age, tokens=tokens, tokens_per_second=rate)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("age", [9.0, 5.0, 1.0]),
        ("tokens", [1.0, 5.0, 9.0]),
        ("tok/s", [5.0, 9.0, 1.0]),
        ("model", [5.0, 9.0, 1.0]),
    ],
)
def test_requests_are_in_the_wanted_order_the_oldest_of_equals_first(
    sort: str, expected: list[float]
) -> None:
    found = [entry("b", 1.0, 50), entry("a", 5.0, 7, 30.0), entry("b", 9.0)]
    assert [one.age_seconds for one in ordered(found, Look(sort))] == expected


def test_of_one_model_only_its_requests_are_shown() -> None:
    found = [entry("a", 1.0), entry("b", 2.0)]
    assert [one.model for one in ordered(found, Look(model="b"))] == ["b"]


def test_models_to_choose_are_those_that_are_seen() -> None:
    facts = Facts(
        at=datetime.now(UTC),
        models=(Model("loaded"),),
        requests=(Entry(model="asked"), Entry(model="")),
        finished=(Finished(model="over"), Finished(model="none"), Finished(model="asked")),
    )
    assert models_of(facts) == ["asked", "loaded", "over"]
