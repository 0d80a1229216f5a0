"""JSON schemas that the model's grammar can hold an answer to.

llama.cpp answers without any constraint, and without a word, when it cannot compile a
schema. So what it was seen not to compile is refused here, with its place.
Source: tried with llguidance in xllamacpp, keyword by keyword.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

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
_ONE = ("items", "additionalItems", "additionalProperties")
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "$defs", "definitions")


def of_format(wanted: Any) -> Mapping[str, Any] | None:
    """The schema that a request's `format` asks for; None for free text. Raises ApiError."""
    if wanted is None or wanted == "":
        return None
    if wanted == "json":
        return ANY_OBJECT
    if isinstance(wanted, dict):
        return checked(wanted)
    raise ApiError(
        500, f'invalid format: {wanted!r}; expected "json" or a valid JSON Schema object'
    )


def checked(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, when an answer can be held to it. Raises ApiError 400."""
    problem = next(_problems(schema, schema, "format"), None)
    if problem is not None:
        raise ApiError(400, f"invalid JSON schema: {problem}")
    return schema


def _problems(node: Any, root: dict[str, Any], place: str) -> Iterator[str]:
    if isinstance(node, bool):
        return
    if not isinstance(node, dict):
        yield f"{place} must be an object, found {type(node).__name__}"
        return
    yield from _own_problems(node, root, place)
    for name, child in _children(node):
        yield from _problems(child, root, f"{place}.{name}")


def _own_problems(node: dict[str, Any], root: dict[str, Any], place: str) -> Iterator[str]:
    for word in sorted(_NOT_HELD & node.keys()):
        yield f"{place}.{word} is not supported"
    types = node.get("type", [])
    for one in types if isinstance(types, list) else [types]:
        if one not in _TYPES:
            yield f"{place}.type {one!r} is no type"
    if "format" in node and node["format"] not in _FORMATS:
        yield f"{place}.format {node['format']!r} is not supported"
    if node.get("enum") == []:
        yield f"{place}.enum is empty"
    if "pattern" in node and not _is_plain_pattern(node["pattern"]):
        yield f"{place}.pattern is no supported regular expression"
    if "$ref" in node and not _resolves(node["$ref"], root):
        yield f"{place}.$ref {node['$ref']!r} leads nowhere"


def _children(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in _ONE:
        if name in node:
            yield name, node[name]
    for name in _MANY:
        for index, child in enumerate(node.get(name) or []):
            yield f"{name}[{index}]", child
    for name in _NAMED:
        for key, child in (node.get(name) or {}).items():
            yield f"{name}.{key}", child


def _is_plain_pattern(pattern: Any) -> bool:
    try:
        re.compile(pattern)
    except (re.error, TypeError):
        return False
    return not re.search(r"\(\?(?!:)|\\[1-9]", pattern)


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
