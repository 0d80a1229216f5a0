"""A thread that runs collectors on an interval. One that hangs holds up its own lane only."""

import threading
import time
from collections.abc import Callable, Sequence

from gpu_exporter.watch import Watch


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

    def stop(self) -> None:
        """Ask it to end after the collector that runs."""
        self._stop.set()
        self._first.set()

    def has_turned(self, within_seconds: float) -> bool:
        """Wait for every collector to have run once; whether they have."""
        return self._first.wait(within_seconds)

    def has_ended(self, within_seconds: float) -> bool:
        """Wait for the end; whether it came. One that was never started has ended."""
        if self._thread.ident is not None:
            self._thread.join(within_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        due = self._clock()
        while not self._stop.is_set():
            self._turn()
            due = next_turn(due, self._clock(), self._interval_seconds)
            self._stop.wait(max(0.0, due - self._clock()))
        for watch in self.watches:
            watch.close()

    def _turn(self) -> None:
        for watch in self.watches:
            watch.run()
            if self._stop.is_set():
                return
        self._first.set()


def next_turn(due: float, now: float, interval_seconds: float) -> float:
    """The next instant of the schedule that is not over: `due` plus whole intervals.

    Units: seconds on one clock.
    """
    missed = max(0, int((now - due) // interval_seconds))
    return due + (missed + 1) * interval_seconds
