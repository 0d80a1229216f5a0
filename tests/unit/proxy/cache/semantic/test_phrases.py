"""What is said in several words."""

import pytest

from proxy.cache.semantic.phrases import said_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("what makes the sky blue", ["why", "the", "sky", "blue"]),
        ("i would like to know", ["know"]),
        ("what does a spleen do", ["what", "a", "spleen", "function"]),
        ("what is the function of a spleen", ["what", "a", "spleen", "function"]),
        ("how do i open a jar", ["how", "open", "a", "jar"]),
        ("what is the best way to open a jar", ["how", "open", "a", "jar"]),
        ("what is the size of a house", ["what", "is", "the", "house", "size"]),
        ("what is a glass of water", ["what", "is", "a", "glass", "of", "water"]),
        ("how old is the moon", ["what", "the", "moon", "age"]),
        ("what an eclipse is", ["what", "is", "an", "eclipse"]),
        ("5 kilometers in miles", ["convert", "5", "kilometers", "to", "miles"]),
        ("how do cats and dogs differ", ["what", "difference", "between", "cats", "and", "dogs"]),
        (
            "difference between dogs and cats",
            ["what", "difference", "between", "cats", "and", "dogs"],
        ),
        ("wie kann ich ein bild drehen", ["wie", "drehen", "ein", "bild"]),
        ("como posso abrir", ["como", "abr"]),
        ("my e-mail", ["my", "email"]),
        ("", []),
    ],
)
def test_phrases_stand_for_one_word(text: str, words: list[str]) -> None:
    assert said_in(text) == words
