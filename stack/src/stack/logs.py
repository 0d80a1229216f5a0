"""`logs`: the recent lines of every part, then new ones as they come, each with its part."""

import subprocess
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from stack.console import say
from stack.errors import StackError
from stack.request import Request

_RECENT_LINES = 20
_LAST_LINES = 15


def logs(request: Request, only: str | None, follow: bool) -> int:
    """Print and follow the logs until interrupted. Raises: StackError for an unknown part."""
    folder = request.places.log
    names = sorted(path.stem for path in folder.glob("*.log") if path.stem != "setup")
    if only is not None and only not in names:
        raise StackError(f"no log of {only!r}, there are: {', '.join(names) or 'none yet'}")
    chosen = [only] if only else [name for name in names if name != "supervisord"]
    if not chosen:
        raise StackError("no logs yet: make start")
    files = [str(folder / f"{name}.log") for name in chosen]
    # -F outlives the rotation of a log
    command = ["tail", "-n", str(_RECENT_LINES), *(["-F"] if follow else []), *files]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace"
    ) as tail:
        assert tail.stdout is not None
        try:
            for line in prefixed(tail.stdout, files):
                say(line)
        except (KeyboardInterrupt, BrokenPipeError):
            tail.terminate()
    return 0


def size_bytes(log: Path) -> int:
    """How much a log holds now; 0 where there is none."""
    try:
        return log.stat().st_size
    except OSError:
        return 0


def last_lines(log: Path, since_bytes: int = 0) -> str:
    """What a log holds after its first `since_bytes`, the end of it, indented.

    A sentence where it cannot be read or nothing was written.
    """
    try:
        with log.open("rb") as file:
            # a shorter log is a new one: it was rotated meanwhile
            file.seek(since_bytes if size_bytes(log) >= since_bytes else 0)
            lines = deque(file, maxlen=_LAST_LINES)
    except OSError as error:
        return f"  (no log: {error.strerror})"
    if not lines:
        return "  (it wrote nothing)"
    return "\n".join(f"  {line.decode(errors='replace').rstrip()}" for line in lines)


def prefixed(lines: Iterable[str], files: Iterable[str]) -> Iterator[str]:
    """tail's output with each line's part before it, in place of tail's headers.

    Where there is only one file tail prints no header.
    """
    headers = {f"==> {file} <==": Path(file).stem for file in files}
    width = max(map(len, headers.values()), default=0)
    part = next(iter(headers.values())) if len(headers) == 1 else ""
    for line in lines:
        text = line.rstrip("\n")
        if text in headers:
            part = headers[text]
        elif text:
            yield f"{part:<{width}} | {text}"
