"""`python -m traffic [COMMAND]`: what can be refused is one sentence and exit code 2."""

import sys

from rich.console import Console

from traffic.commands import find
from traffic.refusals import REFUSED, RefusedError, say

INTERRUPTED = 130


def main(argv: list[str]) -> int:
    """Run a command; the result is the exit code."""
    try:
        return _main(argv)
    except KeyboardInterrupt:  # before there was anything to report
        return INTERRUPTED


def _main(argv: list[str]) -> int:
    try:
        command, rest = find(argv)
        return command.load()(rest)
    except RefusedError as error:
        say(Console(stderr=True), str(error))
        return REFUSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
