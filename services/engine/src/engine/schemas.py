"""JSON schemas that the model's grammar can hold an answer to.

llama.cpp answers without any constraint, and without a word, when it cannot compile a
schema, and some schemas cost it all the memory of the machine. So what it was seen not to
compile is refused here, with its place.
Source: tried with llguidance in xllamacpp, keyword by keyword.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.encoding import encode
from engine.errors import ApiError

ANY_OBJECT: Mapping[str, Any] = {"type": "object"}

_TYPES = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})
_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname"}
    | {"ipv4", "ipv6", "uuid", "uri", "unknown"}
)
_NOT_HELD = frozenset(
    {"not", "if", "then", "else", "uniqueItems", "contains", "minContains", "maxContains"}
    | {"propertyNames", "dependentRequired", "dependentSchemas"}
    | {"unevaluatedItems", "unevaluatedProperties"}
)
_DEEPEST = 64  # 100 were held, 128 were not
_LONGEST_BYTES = 100_000  # 5000 properties were held, 20 thousand were not
_LONGEST_PATTERN = 200
_MOST_REPEATED = 10_000  # a million was not held, and a thousand million took 20 GB
_LARGEST_NUMBER = 2**53
_ONE = ("items", "additionalItems", "additionalProperties")
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "$defs", "definitions")


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) <= _LARGEST_NUMBER


def _is_count(value: Any) -> bool:
    return _is_number(value) and isinstance(value, int) and value >= 0


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_Fits = Callable[[Any], bool]
_COUNT: tuple[_Fits, str] = (_is_count, "a whole number, zero or more")
_NUMBER: tuple[_Fits, str] = (_is_number, f"a number within {_LARGEST_NUMBER}")
_LIST: tuple[_Fits, str] = (lambda value: isinstance(value, list), "an array")
_MAP: tuple[_Fits, str] = (lambda value: isinstance(value, dict), "an object")
_ITEMS = {"minItems", "maxItems"}
_COUNTS = _ITEMS | {"minLength", "maxLength", "minProperties", "maxProperties"}
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_WANTED: Mapping[str, tuple[_Fits, str]] = (
    dict.fromkeys(_COUNTS, _COUNT)
    | dict.fromkeys(_BOUNDS, _NUMBER)
    | dict.fromkeys((*_MANY, "enum"), _LIST)
    | dict.fromkeys(_NAMED, _MAP)
    | {"required": (_is_strings, "an array of strings")}
)


def of_format(wanted: Any) -> Mapping[str, Any] | None:
    """The schema that a request's `format` asks for; None for free text. Raises ApiError."""
    if wanted is None or wanted == "":
        return None
    if wanted == "json":
        return ANY_OBJECT
    if isinstance(wanted, dict):
        return checked(wanted)
    raise ApiError(
        500,
        f'invalid format: {encode(wanted).decode()}; expected "json" or a valid JSON Schema object',
    )


def checked(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, when an answer can be held to it. Raises ApiError 400."""
    problem = next(_problems(schema, schema, "format", 0), None) or next(_sizes(schema), None)
    if problem is not None:
        raise ApiError(400, f"invalid JSON schema: {problem}")
    return schema


def _sizes(schema: dict[str, Any]) -> Iterator[str]:
    repeated = _repeated(schema)
    if repeated > _MOST_REPEATED:
        yield f"format's minItems and maxItems add up to {repeated}, at most {_MOST_REPEATED}"
    try:
        size = len(encode(schema))
    except RecursionError:  # of values, which were not walked
        yield "format is nested too deeply"
        return
    if size > _LONGEST_BYTES:
        yield f"format has {size} bytes, at most {_LONGEST_BYTES}"


def _repeated(node: Any) -> int:
    if not isinstance(node, dict):
        return 0
    own = max((node[word] for word in _ITEMS & node.keys()), default=0)
    return own + sum(_repeated(child) for _, child in _children(node))


def _problems(node: Any, root: dict[str, Any], place: str, depth: int) -> Iterator[str]:
    if isinstance(node, bool):
        return
    if depth > _DEEPEST:
        yield f"format is nested deeper than {_DEEPEST} levels"
        return
    if not isinstance(node, dict):
        yield f"{place} must be an object, found {type(node).__name__}"
        return
    yield from _own_problems(node, root, place)
    for name, child in _children(node):
        yield from _problems(child, root, f"{place}.{name}", depth + 1)


def _own_problems(node: dict[str, Any], root: dict[str, Any], place: str) -> Iterator[str]:
    for word in sorted(_NOT_HELD & node.keys()):
        yield f"{place}.{word} is not supported"
    for word in _WANTED.keys() & node.keys():
        fits, wanted = _WANTED[word]
        if not fits(node[word]):
            yield f"{place}.{word} must be {wanted}"
    yield from _word_problems(node, root, place)


def _word_problems(node: dict[str, Any], root: dict[str, Any], place: str) -> Iterator[str]:
    types = node.get("type", [])
    for one in types if isinstance(types, list) else [types]:
        if not isinstance(one, str) or one not in _TYPES:
            yield f"{place}.type {encode(one).decode()} is no type"
    form = node.get("format", "unknown")
    if not isinstance(form, str) or form not in _FORMATS:
        yield f"{place}.format {encode(form).decode()} is not supported"
    if node.get("enum") == []:
        yield f"{place}.enum is empty"
    if "pattern" in node and not _is_plain_pattern(node["pattern"]):
        yield f"{place}.pattern is no supported regular expression"
    if not all(_is_plain_pattern(pattern) for pattern in node.get("patternProperties", ())):
        yield f"{place}.patternProperties has no supported regular expression"
    if "$ref" in node and not _resolves(node["$ref"], root):
        yield f"{place}.$ref {encode(node['$ref']).decode()} leads nowhere"


def _children(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in _ONE:
        if name in node:
            yield name, node[name]
    for name in _MANY:
        for index, child in enumerate(node.get(name, ())):
            yield f"{name}[{index}]", child
    for name in _NAMED:
        for key, child in node.get(name, {}).items():
            yield f"{name}.{key}", child


def _is_plain_pattern(pattern: Any) -> bool:
    if not isinstance(pattern, str) or len(pattern) > _LONGEST_PATTERN:
        return False
    counts = [int(count) for count in re.findall(r"[{,]([0-9]{1,9})(?=[,}])", pattern)]
    if math.prod(max(1, count) for count in counts) > _MOST_REPEATED:  # they may be nested
        return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    inner = pattern.removeprefix("^").removesuffix("$")
    signs = re.sub(r"\[(?:\\.|[^\]\\])*\]|\\[^1-9]", "", inner)  # without classes and escapes
    # look-around, back references, and anchors elsewhere than at the ends
    return not re.search(r"\(\?(?!:)|\\[1-9]|[\^$]", signs)


def _resolves(reference: Any, root: dict[str, Any]) -> bool:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return False
    node: Any = root
    for part in reference[1:].strip("/").split("/") if reference != "#" else ():
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or key not in node:
            return False
        node = node[key]
    return True
