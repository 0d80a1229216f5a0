"""Read the small files of /sys and /proc, where absent, unsupported and broken are all normal."""

import math
from pathlib import Path


def read_text(path: Path) -> str | None:
    """What a file says, without white space around it.

    None where there is no such file, it is no file, or the driver behind it fails (EIO, ENODATA).
    """
    try:
        return path.read_bytes().decode("utf-8", "replace").strip("\0 \t\r\n")
    except OSError:
        return None


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


folders = matching
