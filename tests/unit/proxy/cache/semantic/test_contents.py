"""What a question is about."""

import pytest

from proxy.cache.semantic.contents import asks, content_of

EMPTY = frozenset(["how", "do", "i", "a", "the", "of", "in", "to", "what", "is", "are", "does"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I repair a chair", "fix the chairs"),
        ("the colour of a robin", "color robins"),
        ("the quickest way", "fastest ways"),
        ("five ideas", "5 ideas"),
    ],
)
def test_words_of_one_meaning_are_the_same(one: str, other: str) -> None:
    assert content_of(one.lower().split(), EMPTY) == content_of(other.split(), EMPTY)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("convert miles to kilometres", "convert kilometres to miles"),
        ("fill a bathtub", "drain a bathtub"),
        ("fly to Rome", "fly from Rome"),
    ],
)
def test_other_words_and_another_order_are_not(one: str, other: str) -> None:
    assert content_of(one.lower().split(), EMPTY) != content_of(other.lower().split(), EMPTY)


def test_hiragana_is_left_out_but_for_what_says_who_does_it() -> None:
    assert content_of(["空", "はなぜ", "青", "いのですか"], EMPTY) == ["空", "が", "青"]
    assert content_of(["犬", "を"], EMPTY) != content_of(["犬", "から"], EMPTY)
    assert content_of(["方", "は"], EMPTY) == content_of(["方"], EMPTY)


def test_question_words_of_another_language_are_words() -> None:
    assert content_of(["was", "it"], EMPTY, not_asking={"was"}) != content_of(["it"], EMPTY)
    assert (asks("was", ()), asks("was", {"was"})) == ("what", None)
