"""What a JSON body means after a program in JavaScript has read it and written it again.

Source: ECMA-262, 25.5: every number becomes a double, and what is no JSON is refused.
"""

from typing import Any

import msgspec

from ollama_observe.wire.records import UNREADABLE

# Integers beyond it have neighbours that a double cannot tell from them.
_LARGEST_INTEGER = 2**53

_decode = msgspec.json.Decoder().decode


def object_in_javascript(body: bytes) -> dict[str, Any] | None:
    """The JSON object that `body` is, if all its values come out as they went in; else None."""
    try:
        root = _decode(body)
    except UNREADABLE:
        return None
    if not isinstance(root, dict):
        return None
    left: list[object] = [root]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
        elif isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
            return None
    return root
