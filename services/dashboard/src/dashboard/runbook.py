"""The runbook that comes with the stack, whole or a section at a time, as it is written."""

import re
from pathlib import Path

PATH = "/runbook"

_BEGINNING = re.compile(r"^(?=## )", re.MULTILINE)
_COMMENT = re.compile(r"^<!--.*-->\n\n?", re.MULTILINE)


class Runbook:
    """A file in Markdown whose sections of the second level are named after alerts."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def whole(self) -> str | None:
        """All of it, without comments; None where it cannot be read. Reads the disk."""
        text = self._text()
        return None if text is None else _COMMENT.sub("", text)

    def section(self, name: str) -> str | None:
        """The section of an alert, by its name in small letters; None where there is none.

        Reads the disk.
        """
        text = self._text()
        return None if text is None else section_of(text, name)

    def _text(self) -> str | None:
        try:
            return self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None


def section_of(text: str, name: str) -> str | None:
    """A section with its heading, without comments. Pure."""
    for section in _BEGINNING.split(text):
        if section.partition("\n")[0].removeprefix("## ").strip().lower() == name:
            return _COMMENT.sub("", section).rstrip() + "\n"
    return None
