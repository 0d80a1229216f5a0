"""Trees of /sys and /proc, from text: see README.md beside this for the form, and its sources."""

import re
from pathlib import Path

_HERE = Path(__file__).parent
_FOLDER = re.compile(r"\[(.+)\]")
_ENTRY = re.compile(r"(\S+) (=|->|!)(?: (.*))?")


def plant(name: str, root: Path) -> None:
    """Make the tree called `name` under a folder, over what is there.

    Raises: ValueError naming a line that is of no known form.
    """
    write((_HERE / f"{name}.txt").read_text(encoding="utf-8"), root)


def write(text: str, root: Path) -> None:
    """Make the tree that a text describes. Raises: ValueError."""
    folder = root
    for line in text.splitlines():
        heading, entry = _FOLDER.fullmatch(line), _ENTRY.fullmatch(line)
        if heading:
            folder = root / heading[1]
            folder.mkdir(parents=True, exist_ok=True)
        elif entry:
            _put(folder / entry[1], entry[2], entry[3] or "")
        elif line and not line.startswith("#"):
            raise ValueError(f"not a line of a tree: {line!r}")


def _put(path: Path, form: str, value: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if form == "->":
        path.symlink_to(value)
    elif form == "!":
        path.mkdir()
    else:
        path.write_text(value.replace("\\n", "\n").replace("\\t", "\t") + "\n", encoding="utf-8")
