"""Each rule of the question bank sees what it is there for, and nothing in a good question."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from tests.bank import alike, answers, contents, languages, shapes
from tests.bank.texts import trigrams, words
from traffic.bank.loading import Bank
from traffic.bank.questions import PREFIXES, Category, Question

Rule = Callable[[Bank], Iterable[str]]

SENTENCE = "My landlord wants to keep the deposit for a scratch that was there before I moved in."
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TOOL = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}


def question(
    *turns: str, category: Category = Category.EXPLAIN_MEDIUM, number: int = 1, **changes: Any
) -> Question:
    record: dict[str, Any] = {
        "id": f"{PREFIXES[category]}-{number:04d}",
        "v": 1,
        "category": category,
        "turns": [{"role": "user", "content": turn} for turn in turns or (SENTENCE,)],
        "lang": "en",
        "difficulty": 1,
        "expect": {"len_class": "M", "max_tokens": 300},
        "tags": ["test"],
        "source": "original",
    }
    return Question.model_validate(record | changes)


def bank(*questions: Question, **contexts: str) -> Bank:
    return Bank(questions, contexts)


def several(texts: Sequence[str], category: Category = Category.EXPLAIN_MEDIUM) -> Bank:
    return bank(*(question(one, category=category, number=n) for n, one in enumerate(texts, 1)))


def said(rule: Rule, bad: Bank) -> str:
    return "\n".join(rule(bad))


GOOD = several([SENTENCE, "Why does bread go stale sooner in the fridge than on the table?"])
OF_ONE_QUESTION: tuple[Rule, ...] = (
    *(shapes.lengths, shapes.ceilings, shapes.contexts, shapes.purposes, shapes.variety),
    *(alike.duplicates, alike.near_duplicates, alike.rewordings, alike.same_beginnings),
    *(languages.wrong_languages, contents.personal, contents.fleeting, contents.absent),
    *(contents.unwanted, answers.schemas, answers.checks),
)


@pytest.mark.parametrize("rule", OF_ONE_QUESTION, ids=lambda rule: rule.__name__)
def test_good_questions_break_no_rule(rule: Rule) -> None:
    assert list(rule(GOOD)) == []


LETTER = "Could you make this letter to the council shorter and a bit less angry, please? " * 3
BAD: list[tuple[Rule, Bank, str]] = [
    (shapes.counts, GOOD, "explain_medium has 2 questions, expected 100"),
    (shapes.lengths, several(["Why?"]), "exp-0001 has 4 characters"),
    (
        shapes.lengths,
        bank(question(), question(SENTENCE * 2, category=Category.FACTUAL_SHORT)),
        "the prompts of factual_short are not shorter than those of explain_medium",
    ),
    (
        shapes.ceilings,
        bank(question(expect={"len_class": "M", "max_tokens": 120})),
        "class M with at most 120 tokens, expected more than 120",
    ),
    (
        shapes.contexts,
        bank(question("Sum up {context}", context_ref="a", context_tokens=1000), a="x" * 3000),
        "a has 750 tokens, expected 1000",
    ),
    (
        shapes.contexts,
        bank(question("Sum up {context}", context_ref="a", context_tokens=3), a="{context} c"),
        "{context} is not filled",
    ),
    (shapes.purposes, bank(question(category=Category.MULTI_TURN)), "has not several turns"),
    (shapes.purposes, bank(question(category=Category.JSON_EXTRACT_TOOLS)), "a format or tools"),
    (shapes.purposes, bank(question(category=Category.SUMMARISE_LONG_CONTEXT)), "a context"),
    (shapes.variety, several(["why oh why " * 50]), "of a hundred words are distinct"),
    (shapes.variety, several([SENTENCE, LETTER.replace("?", ".")]), "0.00 of the questions have"),
    (shapes.variety, several([f"{SENTENCE}?", LETTER]), "1.00 of the questions have"),
    (alike.duplicates, several([SENTENCE, f"  {SENTENCE.upper()}!"]), "are the same"),
    (
        alike.near_duplicates,
        several([LETTER + SENTENCE, (LETTER + SENTENCE).replace("scratch", "dent")]),
        "exp-0001 and exp-0002 share 0.83",
    ),
    (
        alike.rewordings,
        several([SENTENCE, SENTENCE.replace("landlord", "agent").replace("scratch", "stain")]),
        "exp-0001 and exp-0002 are 0.88 alike",
    ),
    (
        alike.same_beginnings,
        several(
            [
                f"What is the {word} of it all?"
                for word in ("age", "end", "aim", "use", "sum", "fee")
            ]
        ),
        "6 of explain_medium begin with 'what is the'",
    ),
    (
        alike.same_beginnings,
        several(["Say it all once more, Ann.", "Say it all once more, Bob."]),
        "1 of 2 have first five words of their own",
    ),
    (languages.wrong_languages, bank(question(lang="ru")), "0 of its 68 letters are CYRILLIC"),
    (languages.wrong_languages, bank(question(lang="de")), "small words are rather en"),
    (languages.wrong_languages, bank(question("안녕하세요", lang="en")), "are LATIN"),
    (languages.wrong_languages, bank(question("Где мой дом?", lang="uk")), "none of the letters"),
    (languages.wrong_languages, bank(question(lang="xx")), "of which the test knows no words"),
    (languages.few_languages, GOOD, "0 languages in translation_multilingual"),
    (contents.unwanted, several(["What did Donald Trump say about bread?"]), "exp-0001 has an unw"),
    (contents.unwanted, bank(question(), a="as donald trump said"), "context a has an unwanted"),
    (contents.absent, several(["What do you see in the photo below?"]), "'in the photo below'"),
    (contents.absent, several(["Search the web for bread."]), "'Search the web'"),
    (contents.absent, several(["Write to [your name] about bread."]), "a place to fill"),
    (answers.schemas, bank(question(format={"type": "array"})), "its format is no object"),
    (
        answers.schemas,
        bank(question(format=SCHEMA | {"required": []})),
        "does not require all that it names",
    ),
    (answers.schemas, bank(question(tools=[{"function": {}}])), "no function with a name"),
    (
        answers.schemas,
        bank(question(tools=[{**TOOL, "function": {"name": "f", "parameters": {}}}])),
        "the parameters of f are no object",
    ),
    (
        answers.schemas,
        bank(
            question(
                tools=[
                    {**TOOL, "function": {"name": "f", "parameters": SCHEMA | {"required": ["z"]}}}
                ]
            )
        ),
        "require z, which they do not name",
    ),
    (
        answers.checks,
        bank(question(check={"kind": "numeric", "value": 4.0}, sample="It is about five.")),
        "refuses its own sample",
    ),
    (
        answers.checks,
        bank(question(check={"kind": "contains_any", "values": ["4"]}, sample="4 it is, I think.")),
        "accepts the first half",
    ),
]


@pytest.mark.parametrize(
    ("rule", "bad", "expected"), BAD, ids=[f"{rule.__name__}: {text}" for rule, _, text in BAD]
)
def test_a_bad_question_breaks_its_rule(rule: Rule, bad: Bank, expected: str) -> None:
    assert expected in said(rule, bad)


@pytest.mark.parametrize(
    ("secret", "what"),
    [
        ("Look at https://bread.example and tell me.", "an address of the web"),
        ("Write to baker@bread.example about it.", "an e-mail address"),
        ("Call me on 555 123 4567 about bread.", "a telephone number"),
        ("Call me on +44 20 7946 0958.", "a telephone number"),
        ("Pay to DE89 3704 0044 0532 0130 00 by Friday.", "a number of a bank account"),
        ("Is 4111 1111 1111 1111 a card?", "a number of a card"),
        ("My password is bread.", "a secret"),
        ("Why is AKIAIOSFODNN7EXAMPLE refused?", "a secret"),
    ],
)
def test_nothing_personal_may_stand_in_a_question_or_a_context(secret: str, what: str) -> None:
    assert f"exp-0001 seems to hold {what}" in said(contents.personal, several([secret]))
    assert f"context a seems to hold {what}" in said(contents.personal, bank(question(), a=secret))


@pytest.mark.parametrize(
    "fleeting",
    ["What is the weather today?", "Who is the current president?", "The latest version?"],
)
def test_no_answer_may_depend_on_the_day(fleeting: str) -> None:
    assert "exp-0001 depends on the day" in said(contents.fleeting, several([fleeting]))


def test_a_given_text_may_speak_of_its_own_day() -> None:
    told = question("List it: paid today.", category=Category.JSON_EXTRACT_TOOLS, format=SCHEMA)
    assert said(contents.fleeting, bank(told)) == ""


def test_what_is_quoted_may_be_in_another_language() -> None:
    asked = 'Wie sage ich das auf Englisch: "The bread of the day is in the bag, and it is mine"?'
    assert said(languages.wrong_languages, bank(question(asked, lang="de"))) == ""


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("a b c d", "a b c d", 1.0), ("a b c d", "b d", 4 / 6), ("a b", "c d", 0.0)],
)
def test_rouge_l_is_of_the_longest_common_subsequence(one: str, other: str, ratio: float) -> None:
    assert alike.rouge_l(one.split(), other.split()) == pytest.approx(ratio)
    assert alike.rouge_l(other.split(), one.split()) == pytest.approx(ratio)


def test_words_know_no_case_and_a_script_without_spaces_has_characters() -> None:
    assert words("It’s  FINE, 你好!") == ("it", "s", "fine", "你", "好")
    assert trigrams(words("a b c d")) == {("a", "b", "c"), ("b", "c", "d")}
    assert trigrams(words("a b")) == {("a", "b")}
