"""A record of the fixture embeddings: texts that a model is to make vectors of."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from traffic.bank.checks import Strict
from traffic.bank.questions import PREFIXES, Fixture, Question

Text = Annotated[str, Field(min_length=1)]


class Embedding(Strict):
    """One request for vectors: of one text, or of a list of them."""

    id: str = Field(pattern=r"^[a-z]{3}-[0-9]{4}$", description="Stable, never reused.")
    v: Literal[1]
    category: Literal[Fixture.EMBEDDINGS]
    input: Text | Annotated[tuple[Text, ...], Field(min_length=2, max_length=64, strict=False)]
    lang: str = Field(
        pattern=r"^([a-z]{2}|mul)$", description="Language of the texts, ISO 639; mul: several."
    )
    tags: tuple[str, ...] = Field(min_length=1, strict=False)
    source: Literal["original"]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if not self.id.startswith(f"{PREFIXES[self.category]}-"):
            raise ValueError(f"ids of {self.category} begin with {PREFIXES[self.category]}-")
        return self


Record = Question | Embedding
