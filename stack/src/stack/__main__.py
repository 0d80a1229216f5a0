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
from stack.request import Request, read_request, read_what_can_be
from stack.runtime import carry_out

INTERRUPTED = 130

OF_WHAT_RUNS = ("stop", "stop-portkey", "stop-dashboard", "status", "logs")
"""Verbs that look at what runs, or end it: no mistake in `.env` keeps anybody from that."""

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(argv: Sequence[str]) -> int:
    """Run one verb; returns its exit code. 2 is bad input, 130 an interruption."""
    arguments = parse(argv)
    for number in _INTERRUPTIONS:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup's wish
            signal.signal(number, _interrupt)
    try:
        return carry_out(_request(arguments.verb), arguments)
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


def _request(verb: str) -> Request:
    environ = os.environ  # noqa: TID251 (the one reader)
    if verb not in OF_WHAT_RUNS:
        return read_request(environ)
    request, mistakes = read_what_can_be(environ)
    for mistake in mistakes:
        complain(f"{mistake} ({verb} goes on without it)")
    return request


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
