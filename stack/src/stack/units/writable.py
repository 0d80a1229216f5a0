"""Whether somebody but root may write what the machine's units run.

The exporter may read what is root's, and root calls the verbs: who can write the checkout, or a
folder that it is in, could have them do anything.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from stack.errors import StackError

ROOT = 0

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def require_roots(
    trees: Iterable[Path], files: Iterable[Path], repository: Path, owner: int = ROOT
) -> None:
    """Raises: StackError naming what is not `owner`'s alone to write."""
    found = next(open_to_writing(trees, files, owner), None)
    if found is None:
        return
    status = found.lstat()
    remedy = (
        f"`sudo git clone {repository} /opt/ollama-observe`, and make install-service there; or "
        "without sudo here: units of your own"
    )
    if status.st_uid in (ROOT, owner) and found.is_relative_to(repository):
        remedy = f"chmod -R go-w {repository}"
    raise StackError(
        f"the machine's service runs nothing that others than root can write: expected {found} to "
        f"be root's and for root to write, found {stat.filemode(status.st_mode)} of user id "
        f"{status.st_uid}; {remedy}"
    )


def open_to_writing(
    trees: Iterable[Path], files: Iterable[Path], owner: int = ROOT
) -> Iterator[Path]:
    """What others may write: of trees all that is in them, and whatever is above any of them."""
    trees, files = tuple(trees), tuple(files)
    above = dict.fromkeys(parent for path in (*trees, *files) for parent in path.parents)
    yield from (path for path in above if _is_open(path, owner, is_above=True))
    yield from (path for path in files if _is_open(path, owner))
    for tree in trees:
        yield from (path for path in _inside(tree) if _is_open(path, owner))


def _inside(tree: Path) -> Iterator[Path]:
    yield tree
    for folder, folders, names in os.walk(tree):
        yield from (Path(folder, name) for name in (*folders, *names))


def _is_open(path: Path, owner: int, is_above: bool = False) -> bool:
    status = path.lstat()
    if status.st_uid not in (ROOT, owner):
        return True
    # a link has no mode of its own, and of a folder like /tmp nobody takes another's entry away
    is_exempt = stat.S_ISLNK(status.st_mode) or (is_above and status.st_mode & stat.S_ISVTX)
    return not is_exempt and bool(status.st_mode & _OTHERS)
