"""Read the small files of /sys and /proc, where absent, unsupported and broken are all normal."""

import math
from pathlib import Path

MOST_BYTES = 16 * 1024
"""Of a file: those of /sys are a page at most, and a process's seldom more."""

TABLE_BYTES = 1024 * 1024
"""Of a table that grows with the machine, as /proc/net/dev does with its interfaces."""

LABEL_CHARACTERS = 64


def read_text(path: Path, most_bytes: int = MOST_BYTES) -> str | None:
    """What a file says, without white space around it; of a longer one the beginning.

    None where there is no such file, it is no file, or the driver behind it fails (EIO, ENODATA).
    """
    try:
        with path.open("rb") as file:
            return file.read(most_bytes).decode("utf-8", "replace").strip("\0 \t\r\n")
    except OSError:
        return None


def read_label(path: Path) -> str:
    """What a file says, fit to be the value of a label: short and printable; empty if nothing."""
    printable = (character for character in read_text(path) or "" if character.isprintable())
    return "".join(printable)[:LABEL_CHARACTERS]


def read_number(path: Path) -> float | None:
    """The number that a file consists of, in the file's own unit; None where there is none."""
    text = read_text(path)
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def resolved(path: Path) -> Path | None:
    """The path without links; None where they go in circles."""
    try:
        return path.resolve(strict=True)  # else Python 3.13 takes a circle for a path
    except FileNotFoundError:
        return path.resolve()
    except (OSError, RuntimeError):  # which of them depends on Python's version
        return None


def is_denied(path: Path) -> bool:
    """Whether a file is there and this user may not read it: a matter of rights, not of machine."""
    try:
        with path.open("rb"):
            return False
    except PermissionError:
        return True
    except OSError:
        return False


def matching(path: Path, pattern: str = "*") -> list[Path]:
    """What a folder contains that matches, in the order of the names; nothing if it is none."""
    try:
        return sorted(path.glob(pattern))
    except OSError:
        return []
