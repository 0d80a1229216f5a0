"""How many questions there are, how long they are, and how varied."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from statistics import mean, median

from tests.bank.texts import text, words
from traffic.bank.loading import Bank
from traffic.bank.questions import PLACEHOLDER, Category, Kind, Question

EACH = 100
BANDS: dict[Kind, tuple[int, int]] = {
    Category.FACTUAL_SHORT: (15, 220),
    Category.EXPLAIN_MEDIUM: (30, 400),
    Category.LONGFORM: (50, 600),
    Category.CODE: (40, 2500),
    Category.REASONING_MATH: (50, 900),
    Category.TRANSLATION_MULTILINGUAL: (30, 1500),
    Category.SUMMARISE_LONG_CONTEXT: (20, 500),
    Category.JSON_EXTRACT_TOOLS: (100, 3000),
    Category.MULTI_TURN: (60, 1500),
    Category.CREATIVE_ROLEPLAY: (40, 900),
}
"""Characters of all that the user says, contexts left out."""

RISING = (
    Category.FACTUAL_SHORT,
    Category.EXPLAIN_MEDIUM,
    Category.CODE,
    Category.SUMMARISE_LONG_CONTEXT,
)
"""The median prompt of each, contexts in their places, is longer than that of the one before."""

LONGER_ANSWERS = (Category.FACTUAL_SHORT, Category.EXPLAIN_MEDIUM, Category.LONGFORM)
"""The same of the ceilings on answers."""

USUAL_TOKENS = {"XS": 0, "S": 40, "M": 120, "L": 400}
"""Where a length class begins: a ceiling below it would belong to a shorter one."""

CONTEXT_TOLERANCE = 0.1
CHARACTERS_PER_TOKEN = 4

SEGMENT_WORDS = 100
VARIETY = 0.6
"""Distinct words of every hundred in a row, on the mean of the bank."""
QUESTIONS = (0.3, 0.8)
"""The share of the questions that ask with a question mark, of the whole bank; others order."""
_MARK = re.compile(r"[?？؟;]")


def counts(bank: Bank) -> Iterator[str]:
    """Categories with too few questions."""
    for category in Category:
        if (found := len(bank.of(category))) < EACH:
            yield f"{category} has {found} questions, expected {EACH}"


def lengths(bank: Bank) -> Iterator[str]:
    """Questions out of their category's band, and categories out of their order."""
    for question in bank.questions:
        low, high = BANDS[question.category]
        if not low <= (found := len(text(question))) <= high:
            yield f"{question.id} has {found} characters, expected {low} to {high}"
    yield from _order(bank, RISING, "prompts", lambda one: sum(map(len, bank.turns(one))))
    yield from _order(bank, LONGER_ANSWERS, "ceilings", lambda one: one.expect.max_tokens)


def _order(
    bank: Bank, categories: tuple[Category, ...], what: str, size: Callable[[Question], int]
) -> Iterator[str]:
    middles = {one: median(map(size, bank.of(one)) or [0]) for one in categories if bank.of(one)}
    for one, other in pairwise(middles):
        if middles[one] >= middles[other]:
            yield f"the {what} of {one} are not shorter than those of {other}"


def ceilings(bank: Bank) -> Iterator[str]:
    """Ceilings on answers that belong to a shorter class. The schema has those too high."""
    for question in bank.questions:
        least = USUAL_TOKENS[question.expect.len_class]
        if question.expect.max_tokens <= least:
            yield (
                f"{question.id} is of class {question.expect.len_class} with at most"
                f" {question.expect.max_tokens} tokens, expected more than {least}"
            )


def contexts(bank: Bank) -> Iterator[str]:
    """Contexts that have not their nominal size, and places that nothing fills."""
    for question in bank.questions:
        if question.context_ref is not None and question.context_tokens is not None:
            tokens = len(bank.contexts[question.context_ref]) / CHARACTERS_PER_TOKEN
            if abs(tokens / question.context_tokens - 1) > CONTEXT_TOLERANCE:
                yield (
                    f"{question.id}: {question.context_ref} has {tokens:.0f} tokens,"
                    f" expected {question.context_tokens}"
                )
        if any(PLACEHOLDER in turn for turn in bank.turns(question)):
            yield f"{question.id}: {PLACEHOLDER} is not filled"


def purposes(bank: Bank) -> Iterator[str]:
    """Questions without what their category is for."""
    needs: dict[Category, tuple[str, Callable[[Question], object]]] = {
        Category.MULTI_TURN: ("several turns", lambda one: len(one.turns) > 1),
        Category.SUMMARISE_LONG_CONTEXT: ("a context", lambda one: one.context_ref),
        Category.JSON_EXTRACT_TOOLS: ("a format or tools", lambda one: one.format or one.tools),
    }
    for category, (need, has) in needs.items():
        for question in bank.of(category):
            if not has(question):
                yield f"{question.id} has not {need}"


def variety(bank: Bank) -> Iterator[str]:
    """A bank that says the same things over and over, or says them in one form only."""
    said = [word for question in bank.questions for word in words(text(question))]
    segments = [said[at : at + SEGMENT_WORDS] for at in range(0, len(said), SEGMENT_WORDS)]
    ratio = mean(len(set(segment)) / len(segment) for segment in segments)
    if ratio < VARIETY:
        yield f"{ratio:.2f} of a hundred words are distinct, expected {VARIETY}"
    asking = sum(bool(_MARK.search(text(question))) for question in bank.questions)
    share, (low, high) = asking / len(bank.questions), QUESTIONS
    if not low <= share <= high:
        yield f"{share:.2f} of the questions have a question mark, expected {low} to {high}"
