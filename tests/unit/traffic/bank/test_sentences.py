"""A mistake in a record is said as it was expected and found, in words for who wrote it."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.traffic.bank.test_loading import record, to_embed
from traffic.bank.embeddings import Embedding
from traffic.bank.questions import Category, Fixture, Question
from traffic.bank.sentences import sentence

ASKED = {"role": "user", "content": "A secret?"}


def said_of(changes: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        Question.model_validate_json(json.dumps(record() | changes))
    return sentence(caught.value, Category.CODE)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"turns": []}, "turns: expected at least 1, found 0"),
        ({"turns": ["A secret?"]}, "turns.0: expected an object, found a text"),
        ({"turns": "A secret?"}, "turns: expected a list, found a text"),
        ({"turns": [ASKED | {"role": "bot"}]}, "turns.0.role: expected 'user', found 'bot'"),
        ({"turns": [ASKED, ASKED | {"content": ""}]}, "turns.1.content: expected a text, found an"),
        ({"category": "kode"}, "category: expected 'code', found 'kode'"),
        ({"category": ["code"]}, "category: expected 'code', found a list"),
        ({"id": "x" * 99}, f"id: expected a text like ^[a-z]{{3}}-[0-9]{{4}}$, found '{'x' * 40}'"),
        ({"v": 2}, "v: expected 1, found 2"),
        ({"difficulty": 7}, "difficulty: expected less than or equal to 3, found 7"),
        ({"difficulty": "A secret?"}, "difficulty: expected a valid integer, found a text"),
        ({"expect": {"len_class": "S"}}, "expect.max_tokens: expected a value, found none"),
        ({"expect": None}, "expect: expected an object, found null"),
        (
            {"expect": {"len_class": "XS", "max_tokens": 61}},
            "expect: max_tokens 61 is above 60, the ceiling of class XS",
        ),
        ({"my-key": "A secret?"}, "expected no field 'my-key'"),
        ({"check": {"kind": "foo"}}, "check: expected one of 'contains_any', 'numeric', 'bullets'"),
        ({"check": {}}, "check: expected an object with a 'kind', found none"),
        (
            {"check": {"kind": "regex", "pattern": "("}},
            "check.regex.pattern: no regular expression",
        ),
    ],
)
def test_of_a_question(changes: dict[str, Any], said: str) -> None:
    found = said_of(changes)
    assert found.startswith(said)
    assert not any(word in found for word in ("secret", "Tuple", "Input", "Value", "enum"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["x"], "input: expected at least 2, found 1"),
        (["x"] * 65, "input: expected at most 64, found 65"),
        ("", "input: expected a text, found an empty one"),
        (["x", ""], "input.1: expected a text, found an empty one"),
        (3, "input: expected a text, found 3"),
    ],
)
def test_of_texts_that_are_one_or_a_list(given: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Embedding.model_validate_json(json.dumps(to_embed(input=given)))
    assert sentence(caught.value, Fixture.EMBEDDINGS) == said


def test_a_record_without_a_category_or_of_no_json_is_called_that() -> None:
    for text, said in (
        (json.dumps({"id": "cod-0001", "v": 1}), "category: expected 'code', found none"),
        ("[]", "expected an object, found a list"),
        ("{oops", "expected a JSON object, found key must be a string at line 1 column 2"),
    ):
        with pytest.raises(ValidationError) as caught:
            Question.model_validate_json(text)
        assert sentence(caught.value, Category.CODE) == said
