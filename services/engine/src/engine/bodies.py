"""Request bodies: JSON read as Go reads it, with the sentences that Go gives.

Trailing data after the first document is ignored, broken UTF-8 becomes U+FFFD, a null
field is an absent one.
Source: Go, encoding/json; exchanges recorded from Ollama (error-malformed-*).
"""

import json
import math
import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from engine.errors import ApiError, Dialect

T = TypeVar("T", bound=BaseModel)

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK = " \t\r\n"
_SHOWN_DIGITS = 40
_GO_TYPES = {
    "string_type": "string",
    "bool_type": "bool",
    "int_type": "int",
    "float_type": "float64",
    "dict_type": "map[string]interface {}",
    "list_type": "[]interface {}",
    "model_type": "object",
}
_AFTER = {
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": (
        "looking for beginning of object key string"
    ),
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Illegal trailing comma before end of array": "looking for beginning of value",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Invalid control character at": "in string literal",
    "Invalid \\escape": "in string escape code",
    "Invalid \\uXXXX escape": "in \\u hexadecimal character escape",
}


def parse(model: type[T], body: bytes, dialect: Dialect) -> T:
    """Read a body as `model`. Raises ApiError 400."""
    document = _document(body, dialect)
    if not isinstance(document, dict):
        raise _refusal(f"json: cannot unmarshal {_go_kind(document)} into Go value of type object")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise _refusal(_sentence(error)) from error


def _refusal(message: str) -> ApiError:
    return ApiError(400, message, in_body=True)


def _document(body: bytes, dialect: Dialect) -> Any:
    text = body.decode("utf-8", errors="replace").lstrip(_BLANK)
    if not text:
        raise _refusal("missing request body" if dialect is Dialect.NATIVE else "EOF")
    try:
        document, _ = _DECODER.raw_decode(text)
        # an escape may stand for half a character, which no encoder takes
        return _whole_characters(document) if "\\ud" in text.lower() else document
    except json.JSONDecodeError as error:
        raise _refusal(_syntax_sentence(error, text)) from error
    except RecursionError as error:
        raise _refusal("exceeded max depth") from error


def _no_constant(name: str) -> Any:
    """NaN or Infinity, which Python reads and JSON does not know."""
    raise _refusal(f"invalid character '{name[0]}' looking for beginning of value")


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        shown = digits if len(digits) < _SHOWN_DIGITS else f"{digits[:_SHOWN_DIGITS]}..."
        raise _refusal(f"json: cannot unmarshal number {shown} into Go value of type float64")
    return number


def _int(digits: str) -> int:
    _float(digits)  # Go reads every number of a free-form field as a float64
    return int(digits)


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_float, parse_int=_int)


def _whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole_characters(item) for item in value]
    if isinstance(value, dict):
        return {_whole_characters(k): _whole_characters(v) for k, v in value.items()}
    return value


def _syntax_sentence(error: json.JSONDecodeError, text: str) -> str:
    position = error.pos
    while position < len(text) and text[position] in _BLANK:
        position += 1
    if position >= len(text) or error.msg.startswith("Unterminated string"):
        return "unexpected EOF"
    where = _AFTER.get(error.msg.rstrip(": "), "looking for beginning of value")
    return f"invalid character {_go_character(text[position])} {where}"


def _go_character(character: str) -> str:
    special = {"'": "\\'", '"': '"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    if character in special:
        return f"'{special[character]}'"
    return f"'{character}'" if character.isprintable() else f"'\\x{ord(character):02x}'"


def go_type(value: Any) -> str:
    """What Go calls the type of a decoded value."""
    names = {bool: "bool", str: "string", int: "float64", float: "float64"}
    names |= {list: "[]interface {}", dict: "map[string]interface {}"}
    return names.get(type(value), "<nil>")


def _go_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    names = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    field = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
    wanted = _GO_TYPES.get(first["type"], first["type"].removesuffix("_type"))
    title = error.title
    return (
        f"json: cannot unmarshal {_go_kind(first['input'])} "
        f"into Go struct field {title}.{field} of type {wanted}"
    )
