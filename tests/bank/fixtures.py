"""Whether the fixtures hold what they are for: each odd thing, varied lists, safe questions."""

import re
import unicodedata
from collections.abc import Callable, Iterator

from traffic.bank.embeddings import Embedding
from traffic.bank.loading import Bank
from traffic.bank.questions import Fixture, Question

EACH = 24
OVERFLOW_CHARACTERS = 32_768 * 4
WORD_CHARACTERS = 20_000
LARGEST_BYTES = 20_000
"""Of a record: what is long is long by a rule."""

SHORT_TOKENS = 200


def _has_kind(*kinds: str) -> Callable[[str], bool]:
    return lambda text: any(unicodedata.category(letter) in kinds for letter in text)


def _has_direction(*kinds: str) -> Callable[[str], bool]:
    return lambda text: any(unicodedata.bidirectional(letter) in kinds for letter in text)


ODD: dict[str, Callable[[str], bool]] = {
    "nothing but spaces": lambda text: not text.strip(),
    "emoji that are joined": lambda text: "\u200d" in text and "👩" in text,
    "right to left": _has_direction("R", "AL"),
    "both directions": lambda text: _has_direction("R", "AL")(text) and _has_direction("L")(text),
    "marks of direction": _has_direction("RLO", "LRO", "RLI", "LRI"),
    "combining characters": lambda text: bool(re.search(r"[\u0300-\u036f]{3}", text)),
    "control characters": lambda text: "\0" in text,
    "an escape of a terminal": lambda text: "\x1b[" in text,
    "line separators": lambda text: "\u2028" in text,
    "unassigned and private characters": _has_kind("Cn", "Co"),
    "letters beyond the first plane": lambda text: any(
        ord(letter) > 0xFFFF and letter.isalpha() for letter in text
    ),
    "a very long word": lambda text: len(max(text.split(), key=len, default="")) > WORD_CHARACTERS,
    "more than a context holds": lambda text: len(text) > OVERFLOW_CHARACTERS,
    "JSON in JSON": lambda text: '\\\\\\"' in text,
    "fences": lambda text: "````" in text,
    "HTML": lambda text: "<script>" in text,
    "tokens of a chat template": lambda text: "<|im_start|>" in text,
    "the wire's own words": lambda text: "data: [DONE]" in text,
}


def odd(bank: Bank) -> Iterator[str]:
    """What no odd text has, and odd texts whose content is judged."""
    found = _questions(bank, Fixture.EDGE)
    texts = [turn for question in found for turn in bank.turns(question)]
    for name, has in ODD.items():
        if not any(map(has, texts)):
            yield f"no odd text has {name}"
    for question in found:
        if question.check is not None:
            yield f"{question.id} has a check: its answer is only to end well"
        if len(question.model_dump_json()) > LARGEST_BYTES:
            yield f"{question.id} is large, expected a repeat"


def short(bank: Bank) -> Iterator[str]:
    """Fixtures whose answers are long."""
    for fixture in (Fixture.EDGE, Fixture.REFUSAL_SAFE):
        for question in _questions(bank, fixture):
            if question.expect.max_tokens > SHORT_TOKENS:
                yield f"{question.id} has an answer of more than {SHORT_TOKENS} tokens"


def sizes(bank: Bank) -> Iterator[str]:
    """Fixtures with too few records."""
    for fixture in Fixture:
        if (found := len(bank.every({fixture}))) < EACH:
            yield f"{fixture} has {found} records, expected {EACH}"


def lists(bank: Bank) -> Iterator[str]:
    """Texts to embed that are all of one kind."""
    found = [one for one in bank.every({Fixture.EMBEDDINGS}) if isinstance(one, Embedding)]
    sizes = {1 if isinstance(one.input, str) else len(one.input) for one in found}
    for size in (1, 2, 64):
        if size not in sizes:
            yield f"no request embeds {size}"
    if len(languages := {one.lang for one in found}) < 5:
        yield f"texts to embed are in {len(languages)} languages, expected 5"


def _questions(bank: Bank, fixture: Fixture) -> list[Question]:
    return [one for one in bank.every({fixture}) if isinstance(one, Question)]


def safe(bank: Bank) -> Bank:
    """A bank of the harmless questions alone, to hold to the rules of questions."""
    return Bank(tuple(_questions(bank, Fixture.REFUSAL_SAFE)), {})
