"""What is said in several words."""

import pytest

from proxy.cache.semantic.phrases import said_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("what makes the sky blue", ["why", "the", "sky", "blue"]),
        ("i would like to know", ["know"]),
        ("what does a spleen do", ["what", "does", "a", "spleen", "function"]),
        ("my e-mail", ["my", "email"]),
        ("", []),
    ],
)
def test_phrases_stand_for_one_word(text: str, words: list[str]) -> None:
    assert said_in(text) == words
