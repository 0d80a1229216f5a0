"""The question bank as it is committed: whole, varied, bounded, and in step with its schema.

The rules are in tests/bank; test_question_rules.py proves that each of them can fail.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.bank import alike, answers, contents, fixtures, languages, shapes
from traffic.bank.loading import Bank, load_bank
from traffic.bank.manifest import as_text, manifest, schema
from traffic.bank.questions import Category, Fixture
from traffic.choices import Preset
from traffic.export.formats import FORMATS, Format, exported
from traffic.plan.mixes import FIXTURES
from traffic.plan.plan import SIZES, Plan, make_plan
from traffic.plan.stages import drafted
from traffic.settings import TrafficSettings

QUESTIONS = Path(__file__).parents[2] / "questions"
TOTAL = 1000

RULES: tuple[Callable[[Bank], Iterable[str]], ...] = (
    shapes.counts,
    shapes.lengths,
    shapes.ceilings,
    shapes.contexts,
    shapes.purposes,
    shapes.variety,
    alike.duplicates,
    alike.near_duplicates,
    alike.rewordings,
    alike.same_beginnings,
    languages.wrong_languages,
    languages.few_languages,
    contents.personal,
    contents.fleeting,
    contents.absent,
    contents.unwanted,
    answers.schemas,
    answers.checks,
    fixtures.sizes,
    fixtures.odd,
    fixtures.short,
    fixtures.lists,
)
SAFE_RULES = (
    shapes.ceilings,
    alike.duplicates,
    alike.near_duplicates,
    alike.rewordings,
    languages.wrong_languages,
    contents.personal,
    contents.fleeting,
    contents.absent,
    contents.unwanted,
)


@pytest.fixture(scope="module")
def bank() -> Bank:
    return load_bank(QUESTIONS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_question_breaks_the_rule(bank: Bank, rule: Callable[[Bank], Iterable[str]]) -> None:
    assert list(rule(bank)) == []


@pytest.mark.parametrize("rule", SAFE_RULES, ids=lambda rule: rule.__name__)
def test_no_harmless_question_breaks_the_rule(
    bank: Bank, rule: Callable[[Bank], Iterable[str]]
) -> None:
    assert list(rule(fixtures.safe(bank))) == []


def test_no_id_is_used_twice(bank: Bank) -> None:
    ids = [one.id for one in bank.every({*Category, *Fixture})]
    assert len(set(ids)) == len(ids) == len(bank.questions) + len(bank.fixtures)


@pytest.mark.parametrize("preset", FIXTURES)
def test_a_preset_asks_all_of_its_fixture_once(bank: Bank, preset: Preset) -> None:
    asked = [question.question_id for question in plan(bank, preset, seed=1).questions]
    assert sorted(asked) == [one.id for one in bank.every({FIXTURES[preset]})]
    assert asked != sorted(asked)


def test_there_are_a_thousand_questions_in_ten_categories(bank: Bank) -> None:
    assert len(bank.questions) >= TOTAL
    assert {question.category for question in bank.questions} == set(Category)
    assert len(Category) == 10


def test_the_schema_in_the_bank_is_the_one_of_the_code() -> None:
    assert (QUESTIONS / "schema.json").read_text(encoding="utf-8") == as_text(schema())


def test_the_schema_is_json_schema_2020_12_with_every_kind() -> None:
    document = json.loads((QUESTIONS / "schema.json").read_text(encoding="utf-8"))
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for name, kinds in (("Category", Category), ("Fixture", Fixture)):
        assert document["$defs"][name]["enum"] == [str(kind) for kind in kinds]
    for line in (QUESTIONS / "fixtures" / "embeddings.jsonl").read_text("utf-8").splitlines():
        Draft202012Validator(document).validate(json.loads(line))


def test_the_manifest_counts_and_hashes_what_is_there(bank: Bank) -> None:
    committed = (QUESTIONS / "manifest.json").read_text(encoding="utf-8")
    assert committed == as_text(manifest(QUESTIONS, bank))


def test_every_file_is_sorted_by_id_and_written_one_way(bank: Bank) -> None:
    for kind in (*Category, *Fixture):
        folder = QUESTIONS / "fixtures" if kind in set(Fixture) else QUESTIONS
        raw = (folder / f"{kind}.jsonl").read_bytes()
        assert raw.endswith(b"\n")
        assert b"\r" not in raw
        ids = [question.id for question in bank.every({kind})]
        assert ids == sorted(ids)


def test_no_file_in_the_bank_is_unknown_or_unused(bank: Bank) -> None:
    found = {path.relative_to(QUESTIONS).as_posix() for path in QUESTIONS.rglob("*.*")}
    expected = {f"{category}.jsonl" for category in Category}
    expected |= {f"fixtures/{fixture}.jsonl" for fixture in Fixture}
    expected |= {f"contexts/{q.context_ref}.txt" for q in bank.questions if q.context_ref}
    # the answer cache is judged with these: tests/contract/test_pairs.py
    expected |= {f"pairs/{name}" for name in ("pairs.jsonl", "schema.json", "README.md")}
    assert found == expected | {"schema.json", "manifest.json", "README.md"}


def plan(bank: Bank, preset: Preset, seed: int) -> Plan:
    return make_plan(bank, TrafficSettings(_cli_parse_args=[], preset=preset, seed=seed))


@pytest.mark.parametrize("preset", SIZES)
def test_a_preset_asks_as_many_of_each_category_and_none_twice(bank: Bank, preset: Preset) -> None:
    asked = plan(bank, preset, seed=1).questions
    assert len({question.question_id for question in asked}) == len(asked) == SIZES[preset]
    chosen = Counter(question.category for question in asked)
    assert chosen == dict.fromkeys(Category, SIZES[preset] // len(Category))


@pytest.mark.parametrize("preset", SIZES)
def test_a_seed_always_asks_the_same_and_another_seed_other_questions(
    bank: Bank, preset: Preset
) -> None:
    def ids(seed: int) -> list[str]:
        return [question.question_id for question in plan(bank, preset, seed).questions]

    assert ids(1) == ids(1)
    assert ids(1) != ids(2)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_question_is_exported_whole_or_counted_as_left_out(bank: Bank, kind: Format) -> None:
    settings = TrafficSettings(_cli_parse_args=[])
    questions = [drafted(bank, question, settings) for question in bank.questions]
    made = exported(kind, questions, api="openai", model="m:1b")
    assert len(made.records) + made.left_out == len(questions)
    assert made.records
    carried = [one for one in questions if one.question_id in made.ids]
    assert [said(kind, record) for record in made.records] == [one.turns for one in carried]


def said(kind: Format, record: dict[str, Any]) -> tuple[str, ...]:
    """What the user says in a record, as the tool that reads it takes it."""
    match kind:
        case "guidellm":
            return (record["prompt"],)
        case "vllm":
            return (record["prompt"],)
        case "aiperf":
            return (record["text"],)
        case "aiperf-multi-turn":
            return tuple(one["text"] for one in record["turns"] if one.get("role") != "system")
        case "aiperf-raw-payload":
            return tuple(one["content"] for one in record["messages"] if one["role"] == "user")
        case _:
            return tuple(record["turns"])
