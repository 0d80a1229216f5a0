"""How several processes share the tests out among themselves.

A file's tests stay in one process, for they share what is set up once; so do those of a folder that
shares a browser or a Docker engine. They begin in the order of the folders, in which those that
take longest come first.
"""

import os

from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/browser/", "tests/compose/")
"""Folders with a browser, and with images and an engine, of which there is one for all."""
_PROCESSES_PER_CORE = 2
"""Most tests wait for a process, a socket or a clock, more than they compute."""
_MOST = 8
"""Each has half a gigabyte, and what its tests start."""


class ByWhatIsShared(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """A unit of work is all that shares a set-up."""

    def _split_scope(self, nodeid: str) -> str:
        together = (begin for begin in TOGETHER if nodeid.startswith(begin))
        return next(together, nodeid.partition("::")[0])


def processes() -> int:
    """How many run at once."""
    return min(_MOST, _PROCESSES_PER_CORE * (os.cpu_count() or 1))
