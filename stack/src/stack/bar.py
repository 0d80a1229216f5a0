"""A progress bar on a terminal, a line at each quarter elsewhere."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from stack.console import megabytes, step

Advance = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


@contextlib.contextmanager
def download_bar() -> Iterator[Advance]:
    """Something to call with the state of a download."""
    if not sys.stdout.isatty():
        yield _quarters()
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress("  " + " " * 12, *columns, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _quarters() -> Advance:
    said = 0

    def advance(done: int, total: int) -> None:
        nonlocal said
        quarter = 4 * done // total if total else 0
        if quarter > said:
            said = quarter
            step("", f"{megabytes(done)} of {megabytes(total)}")

    return advance
