"""`.env` as it stands: `NAME=value` lines, quotes and comments, no `$` replaced.

Each line that cannot be read is an error that names it: skipped, it would look like a default.
The line itself is never repeated, it may hold a key.
"""

import io
from pathlib import Path

from stack.errors import SettingsError


def read(path: Path) -> dict[str, str]:
    """The variables of the file; none where there is no file. Raises: SettingsError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read: {error.strerror}") from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path.name}, line {line}: not UTF-8") from error
    return _variables(text, path.name)


def _variables(text: str, name: str) -> dict[str, str]:
    from dotenv.parser import parse_stream

    found: dict[str, str] = {}
    mistakes = []
    for binding in parse_stream(io.StringIO(text)):
        original = binding.original
        if binding.key is not None and binding.value is not None:
            found[binding.key] = binding.value
        elif binding.error or binding.key is not None:
            # the parser counts from the blank lines before
            blank = len(original.string) - len(original.string.lstrip())
            line = original.line + original.string.count("\n", 0, blank)
            mistakes.append(f"{name}, line {line}: not NAME=value, or its quotes do not close")
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return found
