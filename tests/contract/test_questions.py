"""The question bank as it is committed: whole, varied, bounded, and in step with its schema."""

import json
import re
import unicodedata
from collections import Counter
from itertools import combinations
from pathlib import Path
from statistics import median

import pytest

from traffic.manifest import as_text, manifest, schema
from traffic.plan import SIZES, make_plan
from traffic.questions import Bank, Category, Question, load_bank
from traffic.settings import Preset

QUESTIONS = Path(__file__).parents[2] / "questions"
EACH = 12
NEAR_DUPLICATE_JACCARD = 0.8


@pytest.fixture(scope="module")
def bank() -> Bank:
    return load_bank(QUESTIONS)


def text(question: Question) -> str:
    return "\n".join(turn.content for turn in question.turns)


def words(sentence: str) -> list[str]:
    """The words of a sentence; where a script has no spaces, its characters."""
    folded = unicodedata.normalize("NFKC", sentence).casefold()
    return re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]|[^\W_\u3040-\u30ff\u4e00-\u9fff]+", folded)


def trigrams(sentence: str) -> set[tuple[str, ...]]:
    found = words(sentence)
    return {tuple(found[at : at + 3]) for at in range(max(1, len(found) - 2))}


def jaccard(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> float:
    return len(one & other) / len(one | other)


def test_the_schema_in_the_bank_is_the_one_of_the_code() -> None:
    assert (QUESTIONS / "schema.json").read_text(encoding="utf-8") == as_text(schema())


def test_the_manifest_counts_and_hashes_what_is_there(bank: Bank) -> None:
    committed = (QUESTIONS / "manifest.json").read_text(encoding="utf-8")
    assert committed == as_text(manifest(QUESTIONS, bank))


def test_every_category_has_its_questions(bank: Bank) -> None:
    counts = Counter(question.category for question in bank.questions)
    assert counts.keys() == set(Category)
    assert min(counts.values()) >= EACH


def test_every_file_is_sorted_by_id_and_written_one_way(bank: Bank) -> None:
    for category in Category:
        raw = (QUESTIONS / f"{category}.jsonl").read_bytes()
        assert raw.endswith(b"\n")
        assert b"\r" not in raw
        ids = [question.id for question in bank.of(category)]
        assert ids == sorted(ids)


def test_no_file_in_the_bank_is_unknown_or_unused(bank: Bank) -> None:
    found = {path.relative_to(QUESTIONS).as_posix() for path in QUESTIONS.rglob("*.*")}
    expected = {f"{category}.jsonl" for category in Category}
    expected |= {f"contexts/{q.context_ref}.txt" for q in bank.questions if q.context_ref}
    assert found == expected | {"schema.json", "manifest.json", "README.md"}


def test_no_two_questions_are_the_same_or_nearly(bank: Bank) -> None:
    grams = [(question.id, trigrams(text(question))) for question in bank.questions]
    near = [
        (one, other)
        for (one, left), (other, right) in combinations(grams, 2)
        if jaccard(left, right) >= NEAR_DUPLICATE_JACCARD
    ]
    assert near == []


def test_the_near_duplicate_rule_catches_one_changed_word() -> None:
    one = "What is the capital of France, and roughly how many people live in that city?"
    other = "Tell me something about bees that most people would not expect to be true."
    longer = f"{one} {other}"
    assert jaccard(trigrams(longer), trigrams(longer.replace("bees", "ants"))) >= 0.8
    assert jaccard(trigrams(one), trigrams(other)) < 0.1


def test_questions_begin_in_many_ways(bank: Bank) -> None:
    beginnings = {tuple(words(text(question))[:5]) for question in bank.questions}
    assert len(beginnings) >= 0.9 * len(bank.questions)


def test_contexts_have_their_nominal_size(bank: Bank) -> None:
    for question in bank.questions:
        if question.context_ref is not None and question.context_tokens is not None:
            tokens = len(bank.contexts[question.context_ref]) / 4
            assert tokens == pytest.approx(question.context_tokens, rel=0.1), question.context_ref


def test_categories_differ_in_length_as_they_should(bank: Bank) -> None:
    def prompt(category: Category) -> float:
        return median(sum(map(len, bank.turns(question))) for question in bank.of(category))

    def answer(category: Category) -> float:
        return median(question.expect.max_tokens for question in bank.of(category))

    assert prompt(Category.FACTUAL_SHORT) < prompt(Category.EXPLAIN_MEDIUM)
    assert prompt(Category.LONGFORM) < prompt(Category.SUMMARISE_LONG_CONTEXT)
    assert answer(Category.FACTUAL_SHORT) < answer(Category.EXPLAIN_MEDIUM)
    assert answer(Category.EXPLAIN_MEDIUM) < answer(Category.LONGFORM)


def test_each_category_has_what_it_is_for(bank: Bank) -> None:
    assert all(len(item.turns) >= 2 for item in bank.of(Category.MULTI_TURN))
    assert all(item.context_ref for item in bank.of(Category.SUMMARISE_LONG_CONTEXT))
    assert all(item.format or item.tools for item in bank.of(Category.JSON_EXTRACT_TOOLS))
    assert len({item.lang for item in bank.of(Category.TRANSLATION_MULTILINGUAL)}) >= 8


def test_a_format_is_an_object_that_requires_all_it_names(bank: Bank) -> None:
    for question in bank.questions:
        if question.format is not None:
            assert question.format["type"] == "object", question.id
            assert question.format["required"] == list(question.format["properties"]), question.id


SCRIPTS = {
    "ar": "ARABIC",
    "hi": "DEVANAGARI",
    "ja": "HIRAGANA",
    "ru": "CYRILLIC",
    "zh": "CJK UNIFIED",
}


def test_the_language_of_a_question_is_the_one_of_its_script(bank: Bank) -> None:
    for question in bank.questions:
        letters = [letter for letter in text(question) if letter.isalpha()]
        script = SCRIPTS.get(question.lang, "LATIN")
        share = sum(unicodedata.name(x).startswith(script) for x in letters) / len(letters)
        assert share > 0.3, question.id


@pytest.mark.parametrize(
    "pattern",
    [
        r"https?://|www\.",
        r"[\w.]+@[\w.]+\.\w+",
        r"\b(?:api[_ -]?key|password)\b",
    ],
)
def test_nothing_personal_stands_in_the_bank(bank: Bank, pattern: str) -> None:
    pieces = [(question.id, text(question)) for question in bank.questions]
    pieces += list(bank.contexts.items())
    assert [name for name, piece in pieces if re.search(pattern, piece, re.IGNORECASE)] == []


def test_no_answer_depends_on_the_day(bank: Bank) -> None:
    fleeting = re.compile(r"\b(?:today|tonight|currently|this year|right now)\b", re.IGNORECASE)
    assert [item.id for item in bank.questions if fleeting.search(text(item))] == []


@pytest.mark.parametrize("preset", SIZES)
def test_every_preset_can_be_planned_from_the_bank(bank: Bank, preset: Preset) -> None:
    plan = make_plan(bank, preset, seed=1)
    chosen = Counter(question.category for question in plan.questions)
    assert len({question.question_id for question in plan.questions}) == SIZES[preset]
    assert set(chosen.values()) == {SIZES[preset] // len(Category)}
    assert not any("{context}" in turn for item in plan.questions for turn in item.turns)


def test_the_schema_is_json_schema_2020_12_with_every_category() -> None:
    document = json.loads((QUESTIONS / "schema.json").read_text(encoding="utf-8"))
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$defs"]["Category"]["enum"] == [str(category) for category in Category]
