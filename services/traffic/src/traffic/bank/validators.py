"""Whether an answer passes its question's check. Pure.

A check finds answers that broke off or went astray; it does not judge how good one is. Nothing of
an answer is ever executed, and nothing that an answer holds may keep the generator busy: answers
that are too long are not looked at, and every search ends after `MATCH_SECONDS`.
"""

import ast
import json
import threading
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, assert_never

import regex
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from traffic.bank.checks import (
    Bullets,
    Check,
    ContainsAny,
    JsonSchema,
    Numeric,
    PythonCompiles,
    Regex,
)
from traffic.bank.schemas import usable_schema

ANSWER_LIMIT_CHARACTERS = 64 * 1024
"""Some ten times the longest answer that a question asks for."""

MATCH_SECONDS = 0.25
"""A search that takes longer has met a pattern's worst case: it found nothing."""

_NUMBER = r"-?\d[\d,]*(?:\.\d+)?"
_POINT = r"(?m)^\s*(?:[-*•]|\d+[.)])\s+\S"
_PYTHON = r"```(?:python)?\n(.*?)\n```"
_TOLERANCE = 1e-6

# warnings.catch_warnings changes what is the whole process's, so that one thread at a time may
_WARNINGS = threading.Lock()


def accepts(check: Check, schema: dict[str, Any] | None, answer: str) -> bool:
    """Whether `answer` passes `check`; `schema` is the question's `format`.

    It may take milliseconds, and MATCH_SECONDS at worst: no work for an event loop.
    """
    if len(answer) > ANSWER_LIMIT_CHARACTERS:
        return False
    try:
        return _accepts(check, schema, answer)
    except TimeoutError:
        return False


def _accepts(check: Check, schema: dict[str, Any] | None, answer: str) -> bool:
    match check:
        case ContainsAny():
            return any(value in answer for value in check.values)
        case Numeric():
            return any(_is_close(number, check.value) for number in _all(_NUMBER, answer))
        case Bullets():
            return len(_all(_POINT, answer)) == check.n
        case Regex():
            return _search(check.pattern, answer, regex.DOTALL) is not None
        case PythonCompiles():
            found = _search(_PYTHON, answer, regex.DOTALL)
            return found is not None and _is_python(found[1])
        case JsonSchema():
            return schema is not None and _satisfies(schema, answer)
        case _:
            assert_never(check)


def _search(pattern: str, text: str, flags: int = 0) -> "regex.Match[str] | None":
    """Raises: TimeoutError. Other threads run meanwhile."""
    return regex.search(pattern, text, flags, timeout=MATCH_SECONDS, concurrent=True)


def _all(pattern: str, text: str) -> list[str]:
    found: list[str] = regex.findall(pattern, text, timeout=MATCH_SECONDS, concurrent=True)
    return found


def _is_close(number: str, value: float) -> bool:
    return abs(float(number.replace(",", "")) - value) < _TOLERANCE * max(1.0, abs(value))


def _is_python(text: str) -> bool:
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a bad escape in somebody's answer is no news to us
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _satisfies(schema: dict[str, Any], answer: str) -> bool:
    """Whether the answer is JSON of the schema; what is no usable schema has no such JSON."""
    try:
        return bool(_validator(json.dumps(schema)).is_valid(json.loads(answer)))
    except (ValueError, RecursionError, Unresolvable):
        return False


@lru_cache(maxsize=1024)
def _validator(schema: str) -> Any:
    """Raises: ValueError."""
    parsed = json.loads(schema)
    usable_schema(parsed)
    # an own registry: without one a reference to an address would be fetched
    return _Bounded(parsed, registry=Registry())


def _bounded_pattern(
    _validator: Any, pattern: str, instance: object, _schema: object
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and _search(pattern, instance) is None:
        yield ValidationError(f"no match of {pattern}")


_Bounded: Any = extend(Draft202012Validator, {"pattern": _bounded_pattern})  # type: ignore[no-untyped-call]
