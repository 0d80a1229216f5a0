"""`python -m stack VERB`: what the Makefile's verbs call."""

import errno
import http.client
import os
import signal
import sys
from collections.abc import Sequence

from stack.arguments import parse
from stack.console import complain
from stack.errors import StackError
from stack.places import IN_ITS_PLACE
from stack.request import read_request
from stack.runtime import carry_out

INTERRUPTED = 130

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(argv: Sequence[str]) -> int:
    """Run one verb; returns its exit code. 2 is bad input, 130 an interruption."""
    arguments = parse(argv)
    for number in _INTERRUPTIONS:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup's wish
            signal.signal(number, _interrupt)
    try:
        return carry_out(read_request(os.environ), arguments)  # noqa: TID251 (the one reader)
    except StackError as error:
        for line in str(error).splitlines():
            complain(line)
        return error.exit_code
    except BrokenPipeError:  # `make metrics | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, http.client.HTTPException) as error:
        complain(_in_words(error))
        return 1
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED


def _in_words(error: OSError | http.client.HTTPException) -> str:
    if isinstance(error, ConnectionError | http.client.HTTPException):
        return f"the supervisor went away: {str(error) or type(error).__name__}; try again"
    # a folder that is not ours to write to, say
    where = f"{error.filename}: " if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{where}the disk is full: {IN_ITS_PLACE}"
    return f"{where}{error.strerror or error}"


def _interrupt(*_: object) -> None:
    # once is enough: what is cleaned up after the first must not be cut by a second
    for number in _INTERRUPTIONS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
