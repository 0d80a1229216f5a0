"""Whether a JSON schema of the bank can be used: 2020-12, its patterns in the words of `regex`,
by which answers are searched. Pure.
"""

from typing import Annotated, Any

import regex
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match
from pydantic import AfterValidator

_LONGEST = 200
_PATTERNS = FormatChecker(formats=())


@_PATTERNS.checks("regex", raises=regex.error)
def _is_pattern(value: object) -> bool:
    if isinstance(value, str):
        regex.compile(value)
    return True


_RULES = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=_PATTERNS)


def usable_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema. Raises: ValueError, which says what is wrong and where."""
    error = best_match(_RULES.iter_errors(schema))
    if error is None:
        return schema
    where = "/".join(map(str, error.absolute_path))
    said = f"no JSON schema at {where}" if where else "no JSON schema"
    raise ValueError(f"{said}: {_short(error.message)}")


def usable_tool(tool: dict[str, Any]) -> dict[str, Any]:
    """The tool, whose parameters are a schema if it has any. Raises: ValueError."""
    function = tool.get("function")
    if not isinstance(function, dict):
        raise ValueError(f"expected the function of a tool, found {_short(repr(function))}")
    parameters = function.get("parameters", {})
    if not isinstance(parameters, dict):
        raise ValueError(f"expected parameters as a schema, found {_short(repr(parameters))}")
    usable_schema(parameters)
    return tool


def _short(said: str) -> str:
    """A sentence's worth: what is wrong may be a whole document."""
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."


Schema = Annotated[dict[str, Any], AfterValidator(usable_schema)]
Tool = Annotated[dict[str, Any], AfterValidator(usable_tool)]
