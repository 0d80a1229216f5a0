"""Whose containers they are: this checkout's, also after it was moved, or somebody else's.

Compose labels each with the folder that it was started from. That folder may be of another user,
who has a project of the same name; or it may be ours, under the name that it had before. So where
make starts containers it notes the folder beside the logs, which are moved with it.
"""

from pathlib import Path

from stack.docker.choice import BASE
from stack.docker.containers import Container
from stack.places import Places, private_folder

_NOTE = "containers"


def is_ours(container: Container, places: Places) -> bool:
    """Whether it was started from this checkout, where it lies or where it lay."""
    folder = container.folder
    if not folder.is_absolute():
        return False
    if folder.resolve() == places.repository.resolve():
        return True
    return str(folder) in noted(places) and is_gone(folder)


def is_gone(folder: Path) -> bool:
    """Whether no checkout is there. One that may not be looked at is somebody else's, and there."""
    try:
        (folder / BASE).stat()  # Docker makes folders again that it had mounted
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def note(places: Places) -> None:
    """Remember that containers were started from here."""
    private_folder(places.run)
    folders = dict.fromkeys([*noted(places), str(places.repository)])
    _note(places).write_text("".join(f"{folder}\n" for folder in folders), encoding="utf-8")


def noted(places: Places) -> list[str]:
    """Where containers were started from that nobody has stopped since."""
    try:
        return _note(places).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def forget(places: Places) -> None:
    """None of them is left."""
    _note(places).unlink(missing_ok=True)


def _note(places: Places) -> Path:
    return places.run / _NOTE
