"""The folder from which a running gateway was started: its versions are those that count."""

from collections.abc import Sequence
from pathlib import Path

from stack import ports
from stack.parts import GATEWAY_SCRIPT, Part


def folder_of(part: Part | None, port: int) -> Path | None:
    """The npm folder of our part, or of whoever listens on `port`; None where it is not known."""
    if part is not None:
        return folder_in(part.command, Path("/"))
    import psutil  # only where somebody else runs it

    holder = ports.holder_of(port)
    if holder.pid is None:
        return None
    try:
        process = psutil.Process(holder.pid)
        return folder_in(process.cmdline(), Path(process.cwd()))
    except psutil.Error:
        return None


def folder_in(command: Sequence[str], current: Path) -> Path | None:
    """The npm folder that a command line names the gateway's program in."""
    depth = len(GATEWAY_SCRIPT.parts)
    for word in command:
        path = current / word
        if path.parts[-depth:] == GATEWAY_SCRIPT.parts:
            return path.parents[depth - 1]
    return None
