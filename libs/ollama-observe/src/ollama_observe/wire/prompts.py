"""How much text a request gives a model to read, whichever dialect it is written in."""

import re
from typing import Any

# Larger requests are not measured: it would hold up all others for milliseconds.
PROMPT_LIMIT_BYTES = 1024 * 1024

# Where the dialects put text: generate, completions; chat and messages; embed; responses.
TEXT_FIELDS = ("prompt", "system", "messages", "input", "instructions")

_MEDIA = frozenset(
    {"image", "image_url", "input_image", "audio", "input_audio", "file", "input_file", "document"}
)

# Rules drawn with characters that UTF-8 writes in three bytes: dashes, lines, ideographic space.
_WIDE_RUN = re.compile("([\u2000-\u33ff])\\1+")


class _Media(Exception):  # noqa: N818 (no error: it ends the measuring)
    """The prompt holds more than text, which no count of bytes can stand for."""


def joined_text(values: list[Any]) -> str | None:
    """All text in decoded TEXT_FIELDS, one after the other.

    None when there is none, or none but with pictures, files or sound beside it.
    """
    texts: list[str] = []
    try:
        _collect(values, texts)
    except (_Media, RecursionError):
        return None
    return "".join(texts) if texts else None


def _collect(value: Any, texts: list[str]) -> None:
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, list):
        for item in value:
            _collect(item, texts)
    elif isinstance(value, dict):
        kind = value.get("type")
        if value.get("images") or (isinstance(kind, str) and kind in _MEDIA):
            raise _Media
        _collect(value.get("text"), texts)
        _collect(value.get("content"), texts)


def collapsed_bytes(text: str) -> int:
    """The size of a text in UTF-8, with runs of one character counted once.

    Tokenizers read a run of spaces, newlines or dashes as few tokens, whatever its length.
    """
    if not text.isascii():
        text = _WIDE_RUN.sub(r"\1", text)
    data = text.encode("utf-8", "replace")
    if len(data) < 2:
        return len(data)
    # Bytes that equal their neighbour are zeros in the difference of the text and itself,
    # moved by one: this counts a megabyte in 2 ms, a regular expression needs 80.
    difference = int.from_bytes(data[1:], "little") ^ int.from_bytes(data[:-1], "little")
    return len(data) - difference.to_bytes(len(data) - 1, "little").count(0)
