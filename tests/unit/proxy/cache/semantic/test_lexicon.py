"""The words that the guards know."""

import pytest

from proxy.cache.semantic import lexicon
from proxy.cache.semantic.words import bare, plain


def test_small_words_of_a_language_are_known_as_its_own() -> None:
    assert {"the", "is", "please"} <= lexicon.KNOWN_BY["en"]
    assert "bitte" in lexicon.KNOWN_BY["de"]


@pytest.mark.parametrize("word", ["from", "not", "without", "before", "three", "who", "should"])
def test_what_turns_a_question_round_is_never_empty(word: str) -> None:
    assert all(word not in words for words in lexicon.EMPTY.values())


def test_words_stand_as_texts_are_folded() -> None:
    every = {*lexicon.NUMERALS, *lexicon.NEGATIONS, *lexicon.MEANING_OF}
    every |= set().union(*lexicon.SMALL.values(), *lexicon.ASKING.values())
    odd = {word for word in every if word[0].isascii() and bare(plain(word)) != word}
    assert odd == set()


def test_opposites_have_different_names() -> None:
    named = lexicon.MEANING_OF
    for one, other in [("more", "less"), ("before", "after"), ("first", "last"), ("who", "when")]:
        assert named.get(one) != named.get(other)
    assert named["quick"] == named["fast"]
