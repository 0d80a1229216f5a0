"""libgomp, which the embedded engine needs and a bare Debian lacks."""

import ctypes
import shutil
import sys
from pathlib import Path

from stack import debian
from stack.console import step
from stack.errors import StackError
from stack.places import Places

_NAME = "libgomp.so.1"


def ensure(places: Places) -> None:
    """See that libgomp can be loaded. Raises: StackError saying what to install."""
    if sys.platform != "linux" or _loads(_NAME) or _loads(str(places.library / _NAME)):
        return
    log = places.log / "setup.log"
    if debian.is_available():
        step("fetching", f"{_NAME}, which this system lacks (libgomp1, under 1 MB)")
        workspace = places.downloads / "apt"
        files = debian.unpack("libgomp1", workspace, log)
        if files is not None and _take(files, places.library):
            shutil.rmtree(workspace, ignore_errors=True)
            return
    raise StackError(
        f"the embedded engine needs {_NAME}, which this system lacks: install libgomp1 (Debian, "
        f"Ubuntu) or libgomp (Fedora, Alpine, Arch); details in {places.shown(log)}"
    )


def _take(files: Path, library: Path) -> bool:
    found = next(files.rglob(_NAME), None)
    if found is None:
        return False
    library.mkdir(parents=True, exist_ok=True)
    partial = library / f".{_NAME}.partial"
    shutil.copyfile(found, partial)  # follows the link to the versioned file
    partial.replace(library / _NAME)
    return _loads(str(library / _NAME))


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
