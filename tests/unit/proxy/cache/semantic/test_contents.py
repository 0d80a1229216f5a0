"""What a question is about."""

import pytest

from proxy.cache.semantic.contents import content_of

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
    assert content_of(one, EMPTY) == content_of(other, EMPTY)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("convert miles to kilometres", "convert kilometres to miles"),
        ("fill a bathtub", "drain a bathtub"),
        ("fly to Rome", "fly from Rome"),
    ],
)
def test_other_words_and_another_order_are_not(one: str, other: str) -> None:
    assert content_of(one, EMPTY) != content_of(other, EMPTY)


def test_hiragana_is_left_out() -> None:
    assert content_of("空はなぜ青いのですか", EMPTY) == ["空", "青"]
