"""One spelling."""

import pytest

from proxy.cache.semantic.spelling import respelled


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("whats teh diffrence", "what is the difference"),
        ("I can't", "I can not"),
        ("i cant and dont and won't", "i can not and do not and will not"),
        ("how do u centre it", "how do you center it"),
        ("I'd like", "I would like"),
        ("restart re-start", "restart restart"),
        ("raid1", "raid 1"),
        ("5km", "5 kilometers"),
        ("twenty-four hours", "24 hours"),
        ("the twenty-first", "the 21th"),
        ("two hundred", "200"),
        ("10k", "10000"),
        ("World War II", "World War 2"),
        ("ww2", "world war 2"),
        ("the second world war", "the world war 2"),
        ("72 °F", "72 fahrenheit"),
        ("$5", "5 dollars"),
        ("€5 or 5 €", "5 euros or 5 euros"),
        ("3pm", "3 pm"),
    ],
)
def test_spellings_of_one_thing_are_one(text: str, found: str) -> None:
    assert respelled(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "file.js",
        "ts/main.ts",
        "complement",
        "compliment",
        "hyperthermia",
        "hypothermia",
        "car care",
    ],
)
def test_code_and_words_that_are_alike_stay(text: str) -> None:
    assert respelled(text) == text
