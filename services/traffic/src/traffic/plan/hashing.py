"""The hash of what is said in JSON, fed piece by piece: a long plan is never one text. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any


def sha256_of(said: Mapping[str, Any]) -> str:
    """The hash of the JSON with sorted keys and no spaces. An iterator in it is an array."""
    digest = hashlib.sha256()
    for piece in _pieces(said):
        digest.update(piece.encode())
    return digest.hexdigest()


def _pieces(said: Mapping[str, Any]) -> Iterator[str]:
    before = "{"
    for name in sorted(said):
        yield f"{before}{_json(name)}:"
        before = ","
        value = said[name]
        if isinstance(value, Iterator):
            yield from _array(value)
        else:
            yield _json(value)
    yield "}" if said else "{}"


def _array(values: Iterator[Any]) -> Iterator[str]:
    before = "["
    for value in values:
        yield f"{before}{_json(value)}"
        before = ","
    yield "]" if before == "," else "[]"


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
