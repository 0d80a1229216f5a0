"""How several processes share the tests out among themselves.

A file's tests stay in one process, for they share what is set up once; so do those that share a
browser or a Docker engine, or look at all processes of the machine. They begin in the order of the
folders, in which those that take longest come first.
"""

import os

from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/browser/": "a browser",
    "tests/compose/": "an engine, and images",
    "tests/integration/test_exporter_configuration.py": "the machine's processes",
    "tests/unit/gpu_exporter/machine/test_processes.py": "the machine's processes",
}
"""How what is there once for all is called, by how the files that have to do with it begin."""
_PROCESSES_PER_CORE = 2
"""Most tests wait for a process, a socket or a clock, more than they compute."""
_MOST = 8
"""Each has half a gigabyte, and what its tests start."""


class ByWhatIsShared(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """A unit of work is all that shares a set-up."""

    def _split_scope(self, nodeid: str) -> str:
        shared = (what for begin, what in TOGETHER.items() if nodeid.startswith(begin))
        return next(shared, nodeid.partition("::")[0])


def processes() -> int:
    """How many run at once."""
    return min(_MOST, _PROCESSES_PER_CORE * (os.cpu_count() or 1))
