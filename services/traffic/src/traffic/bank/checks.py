"""What an answer must have: the checks of the bank. validators says whether an answer does."""

from typing import Annotated, Literal

import regex
from pydantic import BaseModel, ConfigDict, Field, field_validator


class Strict(BaseModel):
    """A part of a record: no other field, nothing converted, nothing changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ContainsAny(Strict):
    """The answer holds at least one of these."""

    kind: Literal["contains_any"]
    values: tuple[str, ...] = Field(min_length=1, strict=False)


class Numeric(Strict):
    """The answer holds this number."""

    kind: Literal["numeric"]
    value: float


class Bullets(Strict):
    """The answer is a list of this many points."""

    kind: Literal["bullets"]
    n: int = Field(gt=0)


class JsonSchema(Strict):
    """The answer satisfies the record's own `format`."""

    kind: Literal["json_schema"]


class Regex(Strict):
    """The answer holds something that the pattern matches, lines not minded."""

    kind: Literal["regex"]
    pattern: str = Field(min_length=1)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            regex.compile(value, regex.DOTALL)  # as it is searched (validators)
        except regex.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return value


class PythonCompiles(Strict):
    """The answer holds a fenced block of Python that can be parsed."""

    kind: Literal["python_compiles"]


Check = Annotated[
    ContainsAny | Numeric | Bullets | JsonSchema | Regex | PythonCompiles,
    Field(discriminator="kind"),
]
