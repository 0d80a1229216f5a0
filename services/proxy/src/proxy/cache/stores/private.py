"""Files that nobody but the proxy's own user may read, and what stands in their place already."""

import contextlib
import fcntl
import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path

OWN = 0o600
MOST_OF_OURS = 3
"""So many spoilt files of our own are left beside the good one; a further one replaces the last."""
_BESIDE = ("", "-wal", "-shm")


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else of ours makes or moves files in this folder. Blocks. Raises: OSError."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def check_room(path: Path) -> None:
    """Whether there can be a file of ours. Raises: ValueError."""
    if not path.parent.is_dir():
        raise ValueError(f"expected a folder {path.parent} to keep {path.name} in, found none")
    if path.exists() and not path.is_file():
        raise ValueError(f"expected a file, found something else at {path}")


def made(path: Path) -> None:
    """See that a file is there and ours alone. Raises: OSError.

    One that is there is not opened: closing it would take away the locks that SQLite holds on it.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWN))
    for word in _BESIDE:
        with contextlib.suppress(FileNotFoundError):
            beside = path.with_name(path.name + word)
            if stat.S_IMODE(beside.stat().st_mode) != OWN:
                beside.chmod(OWN)


def set_aside(path: Path, word: str, is_ours: bool) -> Path:
    """Give a database another name, with what belongs to it; which one. Raises: OSError."""
    for number in itertools.count(1):
        place = path.with_name(f"{path.name}.{word}-{number}")
        if not place.exists() or (is_ours and number == MOST_OF_OURS):
            break
    for beside in _BESIDE:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + beside).replace(place.with_name(place.name + beside))
    return place
