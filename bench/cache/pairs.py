"""The labelled pairs of questions: read and checked.

python -m bench.cache.pairs        # writes questions/pairs/schema.json
"""

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

DIRECTORY = Path(__file__).parents[2] / "questions" / "pairs"
PAIRS = DIRECTORY / "pairs.jsonl"
SCHEMA = DIRECTORY / "schema.json"


class Label(StrEnum):
    """Whether the answer to one is the answer to the other."""

    SAME = "same"
    NEAR_MISS = "near_miss"
    UNRELATED = "unrelated"


class Half(StrEnum):
    """What a pair is for: to choose by, or to judge what was chosen.

    What was held back was written after, and never looked at while guards were made.
    """

    TUNING = "tuning"
    HELD_BACK = "held_back"


KINDS: dict[Label, frozenset[str]] = {
    label: frozenset(kinds.split())
    for label, kinds in {
        Label.SAME: "reworded polite terse spelling synonym restructured number_form hard long",
        Label.NEAR_MISS: "number unit operator code quote negation antonym name entity aspect role"
        " tense quantifier question_word format language_wish scope date version other_language"
        " long",
        Label.UNRELATED: "topic far",
    }.items()
}
"""In what the two of a pair differ, or are the same."""


class Pair(BaseModel):
    """Two questions, and whether one answer serves both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^par-\d{4}$")
    half: Half
    language: str = Field(pattern=r"^[a-z]{2,3}$", description="Of both; mul: of each another.")
    label: Label
    kind: str = Field(pattern=r"^[a-z_]+$")
    a: str = Field(min_length=3, max_length=500)
    b: str = Field(min_length=3, max_length=500)


def read_pairs(path: Path = PAIRS) -> list[Pair]:
    """The pairs in the order of the file. Raises: ValueError with the line, OSError."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            pair = Pair.model_validate_json(line)
        except ValidationError as error:
            raise ValueError(f"{path}:{number}: expected a pair, found: {error}") from error
        if pair.kind not in KINDS[pair.label]:
            raise ValueError(f"{path}:{number}: {pair.kind} is no kind of {pair.label}")
        found.append(pair)
    return found


def halves(pairs: Sequence[Pair]) -> dict[Half, list[Pair]]:
    """The pairs by what they are for."""
    return {half: [pair for pair in pairs if pair.half is half] for half in Half}


def schema() -> dict[str, Any]:
    """The JSON schema of one pair."""
    draft = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": draft, **Pair.model_json_schema()}


def as_text(document: dict[str, Any]) -> str:
    """A document as it stands in the file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(as_text(schema()), encoding="utf-8")
