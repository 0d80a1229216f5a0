"""A record of the question bank: a question, and what its answer must have.

The models here and in checks.py and schemas.py are the single source of `questions/schema.json`.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from traffic.bank.checks import Check, Strict
from traffic.bank.schemas import Schema, Tool


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


class Fixture(StrEnum):
    """Kinds of record beside the questions, each played by a preset of its own."""

    EDGE = "edge"
    """Odd texts: what is tested is that the answer ends well."""
    REFUSAL_SAFE = "refusal_safe"
    """Harmless questions that models often refuse: short answers."""
    EMBEDDINGS = "embeddings"
    """Texts to embed."""


Kind = Category | Fixture

PREFIXES: dict[Kind, str] = {
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
    Fixture.EDGE: "edg",
    Fixture.REFUSAL_SAFE: "ref",
    Fixture.EMBEDDINGS: "emb",
}
"""How the ids of a category or a fixture begin."""

CEILINGS = {"XS": 60, "S": 200, "M": 400, "L": 1500}
"""The largest `max_tokens` of a length class: room above the usual answer, but bounded."""

PLACEHOLDER = "{context}"

_NAMED = Field(strict=False)


class Turn(Strict):
    """One message of the user; the runner puts the model's replies between them."""

    role: Literal["user"]
    content: str = Field(min_length=1)


class Expect(Strict):
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


class Repeat(Strict):
    """A text so many times over: what is long by a rule weighs nothing in the bank."""

    text: str = Field(min_length=1, max_length=2000)
    times: int = Field(gt=1, le=10_000)


class Question(Strict):
    """One record of the bank. What is absent does not apply to the question."""

    id: str = Field(pattern=r"^[a-z]{3}-[0-9]{4}$", description="Stable, never reused.")
    v: Literal[1]
    category: Annotated[Category, _NAMED] | Annotated[Fixture, _NAMED]
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
    repeat: Repeat | None = Field(None, description="Fills {context}, in place of a file.")
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
        if 2 - (self.context_ref, self.repeat).count(None) != asks_for_context:
            raise ValueError(f"{PLACEHOLDER} and one of context_ref and repeat belong together")
        if (self.context_ref is None) != (self.context_tokens is None):
            raise ValueError("context_ref and context_tokens belong together")
        if (self.check is None) != (self.sample is None):
            raise ValueError("check and sample belong together")
        if self.check is not None and self.check.kind == "json_schema" and self.format is None:
            raise ValueError("a json_schema check needs a format")
        return self
