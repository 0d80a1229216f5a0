"""Whether what a server says repeats the question: then it is in no report. Pure."""

import json
from collections.abc import Iterator

from traffic.lines import one_line

PIECE = 20
"""So many characters of the question in a row are no coincidence."""
SHORTEST = 8
"""A message that is shorter than a piece counts as a whole, unless it is a word as any other."""


def is_quoted(said: str, sent: bytes) -> bool:
    """Whether `said` holds a piece of a message of the request `sent`, of any dialect."""
    return any(_has_piece(said, text) for text in _texts(sent))


def _texts(sent: bytes) -> Iterator[str]:
    """The messages, as they are and as JSON in an error would have them."""
    request = json.loads(sent)
    contents = [message["content"] for message in request.get("messages", ())]
    inputs = request.get("input", [])
    embedded = [inputs] if isinstance(inputs, str) else inputs
    for content in (*contents, *embedded, request.get("system", "")):
        escaped = (json.dumps(content, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
        yield from {one_line(content), *map(one_line, escaped)}


def _has_piece(said: str, text: str) -> bool:
    if len(text) < PIECE:
        return len(text) >= SHORTEST and text in said
    return any(said[at : at + PIECE] in text for at in range(len(said) - PIECE + 1))
