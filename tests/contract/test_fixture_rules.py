"""Each rule of the fixtures can fail: a bad one is found, and named."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.bank import fixtures
from traffic.bank.embeddings import Embedding
from traffic.bank.loading import Bank
from traffic.bank.questions import PREFIXES, Fixture, Question

Rule = Callable[[Bank], Iterable[str]]


def asking(text: str, fixture: Fixture = Fixture.EDGE, **changes: Any) -> Question:
    record: dict[str, Any] = {
        "id": f"{PREFIXES[fixture]}-0001",
        "v": 1,
        "category": fixture,
        "turns": [{"role": "user", "content": text}],
        "lang": "en",
        "difficulty": 1,
        "expect": {"len_class": "M", "max_tokens": 40},
        "tags": ["test"],
        "source": "original",
    }
    return Question.model_validate(record | changes)


def of(*records: Question | Embedding) -> Bank:
    return Bank((), {}, records)


LONG: dict[str, Any] = {"len_class": "M", "max_tokens": 201}
CHECKED: dict[str, Any] = {"check": {"kind": "numeric", "value": 4}, "sample": "It is 4."}
BAD: list[tuple[Rule, Bank, str]] = [
    (fixtures.sizes, of(asking(" ")), "edge has 1 records, expected 24"),
    (fixtures.sizes, of(asking(" ")), "embeddings has 0 records, expected 24"),
    (fixtures.odd, of(asking("2 + 2?", **CHECKED)), "edg-0001 has a check"),
    (fixtures.odd, of(asking("long " * 5000)), "edg-0001 is large, expected a repeat"),
    (fixtures.short, of(asking("Why?", expect=LONG)), "edg-0001 has an answer of more than"),
    (
        fixtures.short,
        of(asking("Why?", Fixture.REFUSAL_SAFE, expect=LONG)),
        "ref-0001 has an answer of more than",
    ),
    (fixtures.lists, of(), "no request embeds 64"),
    (fixtures.lists, of(), "texts to embed are in 0 languages"),
]


@pytest.mark.parametrize(("rule", "bad", "sentence"), BAD)
def test_a_bad_fixture_is_found(rule: Rule, bad: Bank, sentence: str) -> None:
    assert sentence in "\n".join(rule(bad))


@pytest.mark.parametrize("name", fixtures.ODD)
def test_a_plain_question_has_nothing_odd(name: str) -> None:
    assert f"no odd text has {name}" in list(fixtures.odd(of(asking("Why is the sky blue?"))))


def test_harmless_questions_are_held_to_the_rules_of_questions() -> None:
    harmless = asking("Why?", Fixture.REFUSAL_SAFE)
    made = fixtures.safe(replace(of(asking(" "), harmless), contexts={"a": "b"}))
    assert made == Bank((harmless,), {})
