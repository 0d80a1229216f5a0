"""Ctrl-C and SIGTERM: the first ends the work and leaves a report, the second ends it at once."""

import asyncio
import os
import signal
import sys
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = b"\x1b[?25h"


class Stop:
    """`with Stop() as stop:` in a task: the first signal cancels it, and `stop.code` says so."""

    def __init__(self) -> None:
        self.code: int | None = None
        """The exit code of what was stopped by a signal; None where nothing was."""
        self._task: asyncio.Task[object] | None = None

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._first, number)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.code is None:
            _let_go()

    def _first(self, number: signal.Signals) -> None:
        self.code = 128 + number
        _let_go()
        # not the loop's: the report is made when there is none any more
        for one in SIGNALS:
            signal.signal(one, _at_once)
        if self._task is not None:
            self._task.cancel()


class Held:
    """`with Held() as held:` where no loop runs: the first signal waits for the block's end.

    `held.code` is then its exit code. The second ends all at once, as does one that comes after
    a `Stop` has had its first.
    """

    def __init__(self) -> None:
        self.code: int | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            if signal.getsignal(number) is not _at_once:
                self._before[number] = signal.signal(number, self._first)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _first(self, number: int, _: FrameType | None) -> None:
        self.code = 128 + number
        for one in SIGNALS:
            signal.signal(one, _at_once)


def _let_go() -> None:
    for number in SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(number)


def _at_once(number: int, _: FrameType | None) -> None:
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), _SHOW_CURSOR)  # the live display hides it
    os._exit(128 + number)
