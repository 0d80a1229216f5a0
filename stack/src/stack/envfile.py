"""`.env` as it stands: `NAME=value` lines, quotes and comments, no `$` replaced.

Each line that cannot be read is a mistake that names it: skipped, it would look like a default.
The line itself is never repeated, it may hold a key.
"""

import io
import re
from pathlib import Path

_NOT_UTF_8 = re.compile("[\udc80-\udcff]")
"""A byte that is no text, as `surrogateescape` shows it."""


def read(path: Path) -> tuple[dict[str, str], list[str]]:
    """The variables of the file, and a sentence for each line that cannot be read.

    None where there is no file.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        return {}, [f"{path.name} cannot be read: {error.strerror}"]
    return _variables(content.decode("utf-8", "surrogateescape"), path.name)


def _variables(text: str, name: str) -> tuple[dict[str, str], list[str]]:
    from dotenv.parser import parse_stream

    found: dict[str, str] = {}
    mistakes = []
    for binding in parse_stream(io.StringIO(text)):
        # the parser counts from the blank lines before
        original, line = binding.original.string, binding.original.line
        alien = _NOT_UTF_8.search(original)
        if alien:
            line += original.count("\n", 0, alien.start())
            mistakes.append(f"{name}, line {line}: not UTF-8")
        elif binding.key is not None and binding.value is not None:
            found[binding.key] = binding.value
        elif binding.error or binding.key is not None:
            line += original.count("\n", 0, len(original) - len(original.lstrip()))
            mistakes.append(f"{name}, line {line}: not NAME=value, or its quotes do not close")
    return found, mistakes
