"""The question bank: its record, loading with line numbers, seeded sampling.

One JSONL file per category; long contexts are text files that records refer to.
The models below are the single source of `questions/schema.json`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

import regex
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from traffic.schemas import Schema, Tool


class Category(StrEnum):
    """Ten kinds of question, each of which stresses a model server differently."""

    FACTUAL_SHORT = "factual_short"
    EXPLAIN_MEDIUM = "explain_medium"
    LONGFORM = "longform"
    CODE = "code"
    REASONING_MATH = "reasoning_math"
    TRANSLATION_MULTILINGUAL = "translation_multilingual"
    SUMMARISE_LONG_CONTEXT = "summarise_long_context"
    JSON_EXTRACT_TOOLS = "json_extract_tools"
    MULTI_TURN = "multi_turn"
    CREATIVE_ROLEPLAY = "creative_roleplay"


PREFIXES = {
    Category.FACTUAL_SHORT: "fac",
    Category.EXPLAIN_MEDIUM: "exp",
    Category.LONGFORM: "lng",
    Category.CODE: "cod",
    Category.REASONING_MATH: "rea",
    Category.TRANSLATION_MULTILINGUAL: "mul",
    Category.SUMMARISE_LONG_CONTEXT: "sum",
    Category.JSON_EXTRACT_TOOLS: "ext",
    Category.MULTI_TURN: "trn",
    Category.CREATIVE_ROLEPLAY: "rol",
}
"""How the ids of a category begin."""

CEILINGS = {"XS": 60, "S": 200, "M": 400, "L": 1500}
"""The largest `max_tokens` of a length class: room above the usual answer, but bounded."""

PLACEHOLDER = "{context}"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Turn(_Strict):
    """One message of the user; the runner puts the model's replies between them."""

    role: Literal["user"]
    content: str = Field(min_length=1)


class Expect(_Strict):
    """How long an answer usually is, and the ceiling that is always sent.

    Units: tokens; usual lengths are XS <= 40, S <= 120, M <= 400, L <= 1500.
    """

    len_class: Literal["XS", "S", "M", "L"]
    max_tokens: int = Field(gt=0)

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        if self.max_tokens > CEILINGS[self.len_class]:
            raise ValueError(
                f"max_tokens {self.max_tokens} is above {CEILINGS[self.len_class]},"
                f" the ceiling of class {self.len_class}"
            )
        return self


class ContainsAny(_Strict):
    """The answer holds at least one of these."""

    kind: Literal["contains_any"]
    values: tuple[str, ...] = Field(min_length=1, strict=False)


class Numeric(_Strict):
    """The answer holds this number."""

    kind: Literal["numeric"]
    value: float


class Bullets(_Strict):
    """The answer is a list of this many points."""

    kind: Literal["bullets"]
    n: int = Field(gt=0)


class JsonSchema(_Strict):
    """The answer satisfies the record's own `format`."""

    kind: Literal["json_schema"]


class Regex(_Strict):
    """The answer holds something that the pattern matches, lines not minded."""

    kind: Literal["regex"]
    pattern: str = Field(min_length=1)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            regex.compile(value, regex.DOTALL)  # as it is searched (validators.py)
        except regex.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return value


class PythonCompiles(_Strict):
    """The answer holds a fenced block of Python that can be parsed."""

    kind: Literal["python_compiles"]


Check = Annotated[
    ContainsAny | Numeric | Bullets | JsonSchema | Regex | PythonCompiles,
    Field(discriminator="kind"),
]


class Question(_Strict):
    """One record of the bank. What is absent does not apply to the question."""

    id: str = Field(pattern=r"^[a-z]{3}-[0-9]{4}$", description="Stable, never reused.")
    v: Literal[1]
    category: Category = Field(strict=False)
    turns: tuple[Turn, ...] = Field(min_length=1, strict=False)
    lang: str = Field(pattern=r"^[a-z]{2}$", description="Language of the question, ISO 639-1.")
    difficulty: int = Field(ge=1, le=3)
    expect: Expect
    tags: tuple[str, ...] = Field(min_length=1, strict=False)
    source: Literal["original"]
    system: str | None = Field(None, min_length=1, description="System prompt.")
    context_ref: str | None = Field(
        None, pattern=r"^[a-z0-9-]+$", description="contexts/<context_ref>.txt fills {context}."
    )
    context_tokens: int | None = Field(
        None, gt=0, description="Nominal size of the context, at 4 characters a token."
    )
    check: Check | None = Field(None, description="Finds broken answers, not bad ones.")
    sample: str | None = Field(
        None,
        min_length=1,
        description="A good answer, which the check accepts; it refuses its first half.",
    )
    format: Schema | None = Field(None, description="JSON schema the answer must have.")
    tools: tuple[Tool, ...] | None = Field(None, min_length=1, strict=False)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if not self.id.startswith(f"{PREFIXES[self.category]}-"):
            raise ValueError(f"ids of {self.category} begin with {PREFIXES[self.category]}-")
        asks_for_context = any(PLACEHOLDER in turn.content for turn in self.turns)
        if asks_for_context != (self.context_ref is not None):
            raise ValueError(f"{PLACEHOLDER} and context_ref belong together")
        if (self.context_ref is None) != (self.context_tokens is None):
            raise ValueError("context_ref and context_tokens belong together")
        if (self.check is None) != (self.sample is None):
            raise ValueError("check and sample belong together")
        if self.check is not None and self.check.kind == "json_schema" and self.format is None:
            raise ValueError("a json_schema check needs a format")
        return self


class BankError(ValueError):
    """The bank cannot be used; the message says which file, which line and why."""


@dataclass(frozen=True, slots=True)
class Bank:
    """All questions, in the order of the files, and the contexts they refer to."""

    questions: tuple[Question, ...]
    contexts: dict[str, str]

    def of(self, category: Category) -> list[Question]:
        """The questions of one category."""
        return [question for question in self.questions if question.category is category]

    def turns(self, question: Question) -> tuple[str, ...]:
        """What the user says, with the context in its place."""
        context = self.contexts[question.context_ref] if question.context_ref else ""
        return tuple(turn.content.replace(PLACEHOLDER, context) for turn in question.turns)


def load_bank(directory: Path) -> Bank:
    """Read every category file and every context. Raises BankError."""
    questions: list[Question] = []
    for category in Category:
        questions += _read_category(directory / f"{category}.jsonl", category)
    contexts = {
        path.stem: _read(path).strip() for path in sorted((directory / "contexts").glob("*.txt"))
    }
    _refuse_strays(questions, contexts)
    return Bank(tuple(questions), contexts)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BankError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BankError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from error


def _read_category(path: Path, category: Category) -> list[Question]:
    questions, lines = [], dict[str, int]()
    for number, line in enumerate(re.split(r"\r?\n", _read(path).rstrip("\r\n")), start=1):
        try:
            question = Question.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            said = f"{where}: {first['msg']}" if where else first["msg"]
            raise BankError(f"{path}:{number}: {said}") from error
        if question.category is not category:
            raise BankError(f"{path}:{number}: {question.category} does not belong in this file")
        if (other := lines.setdefault(question.id, number)) != number:
            raise BankError(
                f"{path}:{number}: two questions have the id {question.id}, as line {other} has it"
            )
        questions.append(question)
    return questions


def _refuse_strays(questions: Sequence[Question], contexts: dict[str, str]) -> None:
    for question in questions:
        if question.context_ref is not None and question.context_ref not in contexts:
            raise BankError(f"{question.id} refers to a missing context {question.context_ref}")
