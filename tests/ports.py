"""Ports of loopback that nothing listens on, and that no process beside this one is given.

They lie below those that the kernel hands to clients' connections, and each of the processes that
run the tests at once has a range of its own: what is free now is so when a server takes it.
"""

import contextlib
import itertools
import os
import random
import re
import socket
from collections.abc import Iterator
from functools import cache

_FIRST, _PER_PROCESS, _PROCESSES = 12_000, 1_250, 16
_APART = 5
"""A proxy of several workers takes the ports behind one that it is given."""


def free_ports(count: int) -> list[int]:
    """So many different ones."""
    ports = list(itertools.islice(_free(), count))
    assert len(ports) == count, f"expected {count} free ports, found {len(ports)}"
    return ports


def free_port() -> int:
    """One."""
    return free_ports(1)[0]


def _free() -> Iterator[int]:
    # a stranger may hold one: of a whole round at least one is free
    for port in itertools.islice(_around(), _PER_PROCESS // _APART):
        with contextlib.suppress(OSError), socket.socket() as sock:
            sock.bind(("127.0.0.1", port))
            yield port


@cache
def _around() -> Iterator[int]:
    """The range of this process, over and over, so that one is not given again soon."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "")  # noqa: TID251 (which of the processes it is)
    number = re.sub(r"\D", "", name)
    first = _FIRST + _PER_PROCESS * (
        int(number) % _PROCESSES if number else random.randrange(_PROCESSES)
    )
    ports = range(first, first + _PER_PROCESS, _APART)
    begin = random.randrange(len(ports))
    return itertools.cycle([*ports[begin:], *ports[:begin]])
