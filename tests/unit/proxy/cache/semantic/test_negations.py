"""What a text denies."""

import pytest

from proxy.cache.semantic.negations import negations_of
from proxy.cache.semantic.words import plain, words_of


def found(text: str) -> list[str]:
    return negations_of(plain(text), words_of(plain(text)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Is the door open?", "Is the door not open?"),
        ("Which mammals can fly?", "Which mammals can’t fly?"),
        ("with eggs", "without eggs"),
        ("legal", "illegal"),
        ("possible", "impossible"),
        ("treated", "untreated"),
        ("regular", "irregular"),
        ("mit Milch", "ohne Milch"),
        ("ein Auto", "kein Auto"),
        ("ils sont comestibles", "ils ne sont pas comestibles"),
        ("con huevo", "sin huevo"),
        ("que voam", "que não voam"),
        ("sono velenosi", "non sono velenosi"),
        ("kunnen vliegen", "kunnen niet vliegen"),
        ("latają", "nie latają"),
        ("летают", "не летают"),
        ("会飞", "不会飞"),
        ("飛べる", "飛べない"),
        ("날 수 있는", "날 수 없는"),
        ("تطير", "لا تطير"),
        ("उड़ते हैं", "नहीं उड़ते हैं"),
        ("uçar", "uçmaz"),
    ],
)
def test_who_denies_does_not_ask_the_same(one: str, other: str) -> None:
    assert found(one) != found(other)


def test_denials_in_other_words_are_the_same() -> None:
    assert found("it isn't") == found("it is not") == found("it isnt") == ["not"]


@pytest.mark.parametrize("text", ["the uncle of a unit", "under the image", "important inside"])
def test_words_that_only_begin_so_are_none(text: str) -> None:
    assert found(text) == []


def test_endings_and_words_of_one_language_deny_in_it_only() -> None:
    def denied(text: str, language: str) -> list[str]:
        return negations_of(text, words_of(text), [language])

    assert (denied("schlaflos", "de"), denied("regalos", "es")) == (["not"], [])
    assert (denied("no corpo", "pt"), denied("no eyes", "en")) == ([], ["not"])
