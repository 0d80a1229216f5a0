"""Words of the command line become weights, or one sentence that says what was expected."""

import pytest

from traffic.bank.questions import Category, Fixture
from traffic.choices import Preset
from traffic.plan.mixes import (
    FIXTURES,
    MIXES,
    Mix,
    kinds,
    parse_categories,
    parse_weights,
    weights,
)


def test_without_a_word_all_categories_weigh_the_same() -> None:
    assert weights("uniform", "") == dict.fromkeys(Category, 1.0)


@pytest.mark.parametrize("mix", MIXES)
def test_every_mix_names_categories_with_weights_above_nothing(mix: Mix) -> None:
    assert weights(mix, "") == {one: MIXES[mix][one] for one in Category if one in MIXES[mix]}
    assert min(MIXES[mix].values()) > 0


def test_the_shares_of_a_chat_are_a_whole() -> None:
    assert sum(MIXES["chat"].values()) == pytest.approx(1)
    assert set(MIXES["chat"]) == set(Category)


def test_categories_that_are_asked_for_keep_their_weights_in_the_mix() -> None:
    assert weights("rag", "json_extract_tools, code, summarise_long_context") == {
        Category.SUMMARISE_LONG_CONTEXT: 2.0,
        Category.JSON_EXTRACT_TOOLS: 1.0,
    }


def test_a_mix_without_any_of_the_categories_is_refused() -> None:
    with pytest.raises(ValueError, match="the mix rag has none of the categories code,longform"):
        weights("rag", "code,longform")


def test_categories_are_read_by_commas_and_once_each() -> None:
    assert parse_categories(" code , longform,code,") == (Category.CODE, Category.LONGFORM)
    assert parse_categories(" ") == tuple(Category)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("cod", r"no category 'cod' \(did you mean code\?\); expected some of factual_short, "),
        ("poems", "no category 'poems'; expected some of factual_short, "),
    ],
)
def test_an_unknown_category_is_named_with_the_nearest_and_all_that_there_are(
    word: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        parse_categories(f"code,{word}")


def test_models_are_read_with_their_weights() -> None:
    assert parse_weights("smollm2:135m") == {"smollm2:135m": 1.0}
    assert parse_weights("llama3.2:3b=3, qwen3:4b = 0.5") == {"llama3.2:3b": 3.0, "qwen3:4b": 0.5}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a model"),
        ("a,,b", "expected a model"),
        ("=3", "expected a model"),
        ("a,a=2", "a stands there twice"),
        ("a=zero", "the weight of a is 'zero', expected a number above 0"),
        ("a=0", "'0', expected a number above 0"),
        ("a=-1", "above 0"),
        ("a=nan", "above 0"),
        ("a=inf", "above 0"),
        ("a=", "above 0"),
    ],
)
def test_models_that_cannot_be_weighed_are_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_weights(text)


@pytest.mark.parametrize(("preset", "fixture"), FIXTURES.items())
def test_a_preset_of_a_fixture_asks_that_alone(preset: Preset, fixture: Fixture) -> None:
    assert kinds(preset, "uniform", "") == {fixture: 1.0}
    assert set(FIXTURES.values()) == set(Fixture)


def test_any_other_preset_asks_categories() -> None:
    assert kinds("quick", "rag", "") == weights("rag", "")


@pytest.mark.parametrize(("mix", "categories"), [("rag", ""), ("uniform", "code")])
def test_a_fixture_has_no_categories(mix: Mix, categories: str) -> None:
    with pytest.raises(ValueError, match="the preset edge asks a fixture"):
        kinds("edge", mix, categories)
