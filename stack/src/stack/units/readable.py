"""Whether somebody else may read a checkout: the system's units run as a user of their own."""

import stat
from pathlib import Path

from stack.errors import StackError
from stack.units.names import USER
from stack.units.shown import HIDDEN


def require_readable(
    paths: tuple[Path, ...], repository: Path, hidden: tuple[Path, ...] = HIDDEN
) -> None:
    """Raises: StackError naming what is closed to others."""
    for path in paths:
        closed = closed_to_others(path, hidden)
        if closed is not None:
            found = stat.filemode(closed.stat().st_mode)
            inside = closed.is_relative_to(repository)
            remedy = f"chmod -R go+rX {repository}" if inside else "move the checkout, to /opt say"
            raise StackError(
                f"the parts run as the user {USER}: expected {closed} to be open to others, "
                f"found {found}; {remedy}"
            )


def closed_to_others(path: Path, hidden: tuple[Path, ...] = HIDDEN) -> Path | None:
    """The first of a path and the folders that it is in that others may not read or enter."""
    for one in reversed((path, *path.parents)):
        # systemd makes what is above a path that it shows anew, for all to enter
        if path != one and any(path.is_relative_to(root) for root in hidden):
            continue
        wanted = stat.S_IXOTH if one.is_dir() else stat.S_IROTH
        if not one.stat().st_mode & wanted:
            return one
    return None
