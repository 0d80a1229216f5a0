"""`logs` in containers: the recent lines of every one, then new ones as they come."""

from stack.docker.compose import project_of
from stack.docker.preparing import ours
from stack.errors import StackError
from stack.request import Request

_RECENT_LINES = "20"


def logs(request: Request, only: str | None, follow: bool) -> int:
    """Become Compose's own. Raises: StackError for an unknown part."""
    found = ours(request)
    names = sorted({one.service for one in found})
    if not names:
        raise StackError("no logs yet: make start")
    # one that stands in for a part is known by the part's name, too
    chosen = [name for name in names if name == only] or sorted(
        {one.service for one in found if one.part == only}
    )
    if only is not None and not chosen:
        raise StackError(f"no log of {only!r}, there are: {', '.join(names)}")
    flags = ["--follow"] if follow else []
    project_of(request).become(
        "--profile", "*", "logs", "--tail", _RECENT_LINES, *flags, *(chosen if only else ())
    )
