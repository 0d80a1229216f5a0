"""A thread that runs collectors on an interval. One that hangs holds up its own lane only."""

import threading
import time
from collections.abc import Callable, Sequence

from gpu_exporter.watch import Watch

_LEFT_BEHIND_SECONDS = 1.0


class Lane:
    """Runs its watches in order, every `interval_seconds`; a turn that was missed is left out.

    The thread is a daemon: a call into a driver that never comes back does not keep the process.
    """

    def __init__(
        self,
        name: str,
        watches: Sequence[Watch],
        interval_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.watches = tuple(watches)
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._stop = threading.Event()
        self._first = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lane {name}", daemon=True)

    def start(self) -> None:
        """Begin; the first turn is at once."""
        self._thread.start()

    def stop(self) -> bool:
        """End after the collector that runs; whether it did in time."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(_LEFT_BEHIND_SECONDS)
        return not self._thread.is_alive()

    def has_turned(self) -> bool:
        """Whether every collector has run once."""
        return self._first.is_set()

    def _run(self) -> None:
        due = self._clock()
        while not self._stop.is_set():
            for watch in self.watches:
                watch.run()
                if self._stop.is_set():
                    return
            self._first.set()
            due = next_turn(due, self._clock(), self._interval_seconds)
            self._stop.wait(max(0.0, due - self._clock()))


def next_turn(due: float, now: float, interval_seconds: float) -> float:
    """The next instant of the schedule that is not over: `due` plus whole intervals.

    Units: seconds on one clock.
    """
    missed = max(0, int((now - due) // interval_seconds))
    return due + (missed + 1) * interval_seconds
