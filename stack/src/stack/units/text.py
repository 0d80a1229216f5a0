"""systemd's spelling: words of a command, paths, variables. Pure.

A path of this machine may hold blanks, quotes, `%` and `:`, which units give a meaning.
Source: systemd.syntax(7), systemd.exec(5) (EnvironmentFile=), systemd.unit(5) (specifiers).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from stack.errors import StackError


def command(words: Iterable[str]) -> str:
    """The value of `ExecStart=`. Nothing is replaced in it: `:` before it says so."""
    return ":" + " ".join(map(quoted, words))


def quoted(word: str) -> str:
    """One word of a list of words or paths; a colon in it is no more than that."""
    _require_one_line(word)
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def plain(path: Path) -> str:
    """A path where the rest of the line is one: `WorkingDirectory=`, `EnvironmentFile=`."""
    text = str(path)
    _require_one_line(text)
    if text.strip() != text or text.endswith("\\"):
        raise StackError(
            f"systemd cannot be told of {text!r}: it begins or ends with a blank or \\"
        )
    return text.replace("%", "%%")


def path_of(written: str) -> Path:
    """The path that `plain` wrote."""
    return Path(written.replace("%%", "%"))


def environment_file(variables: Mapping[str, str]) -> str:
    """What `EnvironmentFile=` reads: a name and a value in double quotes a line."""
    return "".join(f"{name}={_value(text)}\n" for name, text in sorted(variables.items()))


def _value(text: str) -> str:
    for character in '\\"`$':
        text = text.replace(character, f"\\{character}")
    return f'"{text}"'


def _require_one_line(text: str) -> None:
    if any(ord(character) < 0x20 for character in text):
        raise StackError(f"systemd cannot be told of {text!r}: it holds a control character")
