"""Folders that a start writes to: whether they can be, and whose they are."""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from stack.request import Request
from stack.validating.finding import Finding
from stack.validating.space import existing

_LOOKED_AT_MOST = 5000
"""Entries of a folder: who ran one command as root left many, not one."""


def findings(request: Request) -> Iterator[Finding]:
    """The folders by the variables that choose them, and the environment of the packages."""
    places = request.places
    folders = {
        places.state: "STACK_STATE_DIR",
        places.downloads: "STACK_DOWNLOADS_DIR",
        places.repository / ".venv": "",
    }
    # both variables may name one folder
    for folder, variable in folders.items():
        yield of_folder(folder, variable, places.shown(folder), os.getuid())


def of_folder(folder: Path, variable: str, shown: str, user: int) -> Finding:
    """Whether it can be written, or made, by a user, and holds nothing that is another's."""
    remedy = f"{variable}=/a/folder/of/yours, or " if variable else ""
    there = existing(folder)
    if there != folder:
        if os.access(there, os.W_OK | os.X_OK):
            return Finding("folder", True, f"{shown}: will be made")
        why = f"{shown} cannot be made: {there} is not yours to write"
        return Finding("folder", False, why, f"{remedy}sudo chown $(id -u) {there}")
    if not folder.is_dir():
        return Finding("folder", False, f"{shown} is no folder", f"{remedy}remove it")
    if user != 0:
        others = first_of_others(walked(folder), user)
        if others is not None:
            owner = others.lstat().st_uid
            whose = "root's" if owner == 0 else f"of user id {owner}"
            why = f"{shown} holds what is {whose} ({others.name}), after a `sudo make` say"
            return Finding("folder", False, why, f"sudo chown -R $(id -u):$(id -g) {shown}")
    if not os.access(folder, os.W_OK | os.X_OK):
        why = f"{shown} cannot be written (a read-only disk, or its mode)"
        return Finding("folder", False, why, f"{remedy}chmod u+rwX {shown}")
    return Finding("folder", True, f"{shown}: yours")


def walked(folder: Path) -> Iterable[Path]:
    """The folder and what is in it, up to a number."""
    inside = (Path(top, name) for top, dirs, files in os.walk(folder) for name in (*dirs, *files))
    return (folder, *islice(inside, _LOOKED_AT_MOST))


def first_of_others(paths: Iterable[Path], user: int) -> Path | None:
    """The first that is another user's."""
    return next((path for path in paths if path.lstat().st_uid != user), None)
