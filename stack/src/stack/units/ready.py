"""`python -m stack.units.ready URL SECONDS`: waits until URL answers 200, so long at most.

A unit's `ExecStartPost=`: what is ordered after the part begins when the part is ready. A part that
takes longer is not given up; systemd ignores how this ends, and the journal has the line.
"""

import sys
from collections.abc import Sequence

from stack import probes
from stack.console import complain
from stack.waiting import wait_until


def main(argv: Sequence[str]) -> int:
    """Exit code 0 ready, 1 not in time."""
    url, seconds = argv
    if wait_until(lambda: probes.is_ready(url), float(seconds), 0.2):
        return 0
    complain(f"expected a 200 of {url} within {seconds} s, found none; it may still come")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
