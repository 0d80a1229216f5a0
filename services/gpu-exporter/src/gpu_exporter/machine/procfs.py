"""Which /proc psutil reads.

That is a setting of the whole process, so it is made once, where the process begins, as that of
the log is: not by the collectors, each of which would change it for all.
"""

from pathlib import Path

import psutil


def point_psutil_at(host_proc: Path) -> None:
    """Have psutil read the machine's /proc. Changes nothing on systems that have none."""
    if psutil.LINUX:
        psutil.PROCFS_PATH = str(host_proc)
