"""Texts of others as they may be shown: on a terminal, in a table, in JSON. Pure."""

import re
from pathlib import Path
from typing import Any

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What moves a cursor, breaks a line, or is half a letter, as a byte that is no UTF-8 becomes."""


def printable(text: str) -> str:
    """Blanks in place of all that moves a cursor, breaks a line, or is half a letter."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def one_line(text: str, most: int | None = None) -> str:
    """The printable words, a blank between each two; of a long text its first characters."""
    return " ".join(printable(text).split())[:most]


def plain(value: Any) -> Any:
    """A setting as it is. Raises: ValueError for a text that could not be shown as it is."""
    if isinstance(value, str | Path) and _CONTROLS.search(str(value)):
        raise ValueError("expected text in one line, without control characters")
    return value
