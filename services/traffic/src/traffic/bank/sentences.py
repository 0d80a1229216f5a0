"""What is wrong with a record: what was expected and found, and where. Never its texts. Pure."""

import json

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from traffic.bank.questions import Kind

_LONGEST = 40

_EXPECTED = {
    "too_short": "at least {min_length}, found {actual_length}",
    "too_long": "at most {max_length}, found {actual_length}",
    "string_too_short": "a text, found an empty one",
    "string_too_long": "at most {max_length} characters, found more",
    "string_pattern_mismatch": "a text like {pattern}",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "union_tag_invalid": "one of {expected_tags}, found {tag!r}",
    "union_tag_not_found": "an object with a {discriminator}, found none",
    "missing": "a value",
    "string_type": "a text",
    "model_type": "an object",
    "dict_type": "an object",
    "tuple_type": "a list",
    "json_invalid": "a JSON object, found {error}",
}
_SHOWN = {"string_pattern_mismatch", "literal_error", "enum"}
"""Where the text that was found is a word, and none of a question."""


def sentence(error: ValidationError, kind: Kind) -> str:
    """The first mistake in a record that is to be of this kind."""
    first = _first(error.errors(include_url=False))
    if first["loc"] and first["loc"][0] == "category":
        return f"category: expected {str(kind)!r}, found {_found(first)}"
    # a branch of several is named by its type in the library, which is no name of a field
    where = ".".join(
        str(part) for part in first["loc"] if isinstance(part, int) or part.isidentifier()
    )
    return f"{where}: {_said(first)}" if where else _said(first)


def _first(errors: list[ErrorDetails]) -> ErrorDetails:
    """Of a value that may be this or that: what is wrong with it as the one that it is."""
    field = [one for one in errors if one["loc"][:1] == errors[0]["loc"][:1]]
    own = [one for one in field if not _is_consequence(one)]
    return next((one for one in own if not one["type"].endswith("_type")), own[0])


def _is_consequence(error: ErrorDetails) -> bool:
    """Of a list only the items that are right are counted: that another is not is said."""
    return error["type"] == "too_short" and len(error["input"]) != error["ctx"]["actual_length"]


def _said(error: ErrorDetails) -> str:
    kind, message = error["type"], error["msg"]
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return f"expected no field {str(error['loc'][-1])[:_LONGEST]!r}"
    if (expected := _EXPECTED.get(kind)) is None:
        return f"{message.replace('Input should be', 'expected')}, found {_found(error)}"
    said = f"expected {expected.format(**error.get('ctx', {}))}"
    return said if "found" in said else f"{said}, found {_found(error)}"


def _found(error: ErrorDetails) -> str:
    match error["input"]:
        case _ if error["type"] == "missing":
            return "none"
        case str() as text:
            return repr(text[:_LONGEST]) if error["type"] in _SHOWN else "a text"
        case list():
            return "a list"
        case dict():
            return "an object"
        case other:
            return json.dumps(other)
