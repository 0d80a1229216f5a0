"""Which languages a text may be in."""

import pytest

from proxy.cache.semantic.languages import empty_words, languages_of
from proxy.cache.semantic.words import plain, words_of


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("What is the capital of France?", ["en"]),
        ("Wie ist das Wetter?", ["de"]),
        ("Quelle est la capitale de la France ?", ["fr"]),
        ("¿Cuál es la capital de Francia?", ["es"]),
        ("Qual è la capitale della Francia?", ["it"]),
        ("Какой город столица?", ["cyrillic", "ru"]),
        ("空はなぜ青いのですか", ["han", "kana"]),
        ("天空为什么是蓝色的", ["han"]),
        ("كيف تعمل", ["arabic"]),
        ("hummus ingredients", ["en"]),
        ("Convert 5 to 6", ["en"]),
    ],
)
def test_a_language_is_known_by_script_and_small_words(text: str, languages: list[str]) -> None:
    assert languages_of(plain(text), words_of(plain(text))) == languages


def test_words_are_empty_in_their_own_language_only() -> None:
    assert "die" in empty_words(["de"])
    assert "die" not in empty_words(["en"])
    assert empty_words([]) == frozenset()
    assert "的" in empty_words(["han"])
    assert "的" not in empty_words(["han", "kana"])
    assert "a" in empty_words(["en"])
    assert "a" not in empty_words(["es", "pt"])
