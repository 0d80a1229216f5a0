"""XID errors, which the driver reports as events: counted for as long as the exporter runs.

A thread waits for them, because NVML has no other way to tell; a count is what the driver's own
field, which holds the last number for ever, cannot give.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from gpu_exporter.gpu import Gpu
from gpu_exporter.journal import News
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.library import UNSUPPORTED, Code, NvmlError

XID_EVENT = 0x8
"""nvmlEventTypeXidCriticalError."""

WAIT_MILLISECONDS = 500
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
_LEFT_BEHIND_SECONDS = 2.0

_log = structlog.stdlib.get_logger(__name__)


class XidCounts:
    """How often each card reported each number, and when last. For any thread.

    Units: Unix time in seconds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._last: dict[tuple[str, str], float] = {}

    def add(self, uuid: str, xid: int, at: float) -> None:
        """A card reported the error `xid` at the instant `at`."""
        with self._lock:
            self._counts[uuid, str(xid)] += 1
            self._last[uuid, str(xid)] = at

    def onto(self, gpu: Gpu) -> Gpu:
        """The card, with what it reported."""
        with self._lock:
            counts = {xid: float(n) for (uuid, xid), n in self._counts.items() if uuid == gpu.uuid}
            last = {xid: at for (uuid, xid), at in self._last.items() if uuid == gpu.uuid}
        return replace(gpu, xid_errors=counts, xid_last_timestamp_seconds=last)


@dataclass(slots=True)
class _Wait:
    """What a thread that waits and the one that began it have together.

    `error` is what the wait ended with, None while it goes on or where it was told to stop.
    """

    stop: threading.Event = field(default_factory=threading.Event)
    error: NvmlError | None = None


class XidWatch:
    """Waits for the events of some cards in a thread of its own.

    `clock` is monotonic, `wall_clock` Unix time, both in seconds. The thread is a daemon: a wait
    that never ends does not keep the process. It looks whether it is to stop every
    `wait_milliseconds`.
    """

    def __init__(
        self,
        asking: Asking,
        counts: XidCounts,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        wait_milliseconds: int = WAIT_MILLISECONDS,
    ) -> None:
        self._asking = asking
        self._counts = counts
        self._clock = clock
        self._wall_clock = wall_clock
        self._wait_milliseconds = wait_milliseconds
        self._cards: Mapping[int, str] | None = None
        self._uuids: dict[int, str] = {}
        self._wait = _Wait()
        self._thread: threading.Thread | None = None
        self._began = 0.0
        self._pause = 0.0
        self._news = News(clock, usual="waiting")

    def watch(self, cards: Mapping[int, str]) -> None:
        """Wait for the events of these cards, given as uuid by index. Called at every reading.

        A wait that has ended is a failure of the reading, and begins anew after a pause.
        Raises: NvmlError.
        """
        now = self._clock()
        if cards != self._cards:
            self._pause = FIRST_PAUSE_SECONDS
        elif self._is_waiting() or now - self._began < self._pause:
            return
        else:
            was_steady = now - self._began >= 2 * LONGEST_PAUSE_SECONDS
            longer = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
            self._pause = FIRST_PAUSE_SECONDS if was_steady else longer
        self.stop()
        self._cards, self._began = dict(cards), now
        # a card's last event may come when it is no longer there
        self._uuids.update(cards)
        if self._register(cards):
            self._wait = _Wait()
            self._thread = threading.Thread(
                target=self._run, args=(self._wait,), name="xid", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Wait no longer."""
        self._cards = None
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._wait.stop.set()
        thread.join(_LEFT_BEHIND_SECONDS)
        if not thread.is_alive():
            with contextlib.suppress(NvmlError):  # it may be gone, and nothing depends on it
                self._asking.library.call("nvmlEventSetFree")

    def _is_waiting(self) -> bool:
        """Whether a thread does; why the last one does not is noted once."""
        if self._thread is None:
            return False
        if self._thread.is_alive():
            return True
        error, self._wait.error = self._wait.error, None
        if error is not None and error.code not in UNSUPPORTED:
            self._asking.note_failure(error)
        return False

    def _register(self, cards: Mapping[int, str]) -> bool:
        """Whether any of them can report."""
        supported = [
            index
            for index in cards
            if (self._asking.ask("nvmlDeviceGetSupportedEventTypes", index) or 0) & XID_EVENT
        ]
        if not supported or not self._asking.ask_uncached("nvmlEventSetCreate"):
            return False
        for index in supported:
            self._asking.ask_uncached("nvmlDeviceRegisterEvents", index, XID_EVENT)
        return True

    def _run(self, wait: _Wait) -> None:
        while not wait.stop.is_set():
            try:
                event = self._asking.library.call("nvmlEventSetWait_v2", self._wait_milliseconds)
            except NvmlError as error:
                if error.code != Code.TIMEOUT:
                    # who reads the cards begins anew, with those that are left
                    wait.error = error
                    if self._news.is_news("ended"):
                        _log.warning("xid_watch_ended", detail=str(error))
                    return
            else:
                self._count(event)
            if self._news.is_news("waiting"):
                _log.info("xid_watch_resumed")

    def _count(self, event: Mapping[str, Any]) -> None:
        if event["type"] & XID_EVENT and event["device"] in self._uuids:
            uuid, xid = self._uuids[event["device"]], event["data"]
            self._counts.add(uuid, xid, self._wall_clock())
            _log.warning("xid_reported", gpu=event["device"], uuid=uuid, xid=xid)
