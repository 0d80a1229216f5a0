"""`python -m traffic [COMMAND]`: what can be refused is one sentence and exit code 2."""

import sys

from traffic.commands import UnknownCommandError, find

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
    except UnknownCommandError as error:
        print(f"traffic: {error}", file=sys.stderr)  # noqa: T201 (nothing else is imported yet)
        return 2
    from rich.console import Console

    from traffic.refusals import REFUSALS, REFUSED, say

    try:
        return command.load()(rest)
    except REFUSALS as error:
        say(Console(stderr=True), str(error))
        return REFUSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
