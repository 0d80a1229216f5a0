"""`python -m traffic [COMMAND]`: what can be refused is one sentence and exit code 2."""

import errno
import os
import sys
from contextlib import suppress

from rich.console import Console

from traffic.commands import find
from traffic.refusals import INTERRUPTED, REFUSED, RefusedError, say

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def main(argv: list[str]) -> int:
    """Run a command; the result is the exit code."""
    try:
        return _main(argv)
    except KeyboardInterrupt:  # before there was anything to report
        return INTERRUPTED


def _main(argv: list[str]) -> int:
    try:
        command, rest = find(argv)
        try:
            return command.load()(rest)
        finally:
            _flush()  # here what fails can be said
    except RefusedError as error:
        say(Console(stderr=True), str(error))
    except OSError as error:
        _leave_output()
        if not isinstance(error, BrokenPipeError):  # whose reader wants no more
            what = "write the output" if error.errno in FULL else "go on"
            say(Console(stderr=True), f"cannot {what}: {error.strerror or error}")
    return REFUSED


def _flush() -> None:
    with suppress(AttributeError, ValueError):  # there is none, or a share has closed its own
        sys.stdout.flush()


def _leave_output() -> None:
    """What cannot be written is not tried again when the interpreter ends."""
    try:
        _flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
