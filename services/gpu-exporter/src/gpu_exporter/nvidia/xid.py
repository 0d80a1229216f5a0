"""XID errors, which the driver reports as events: counted for as long as the exporter runs.

A thread waits for them, because NVML has no other way to tell; a count is what the driver's own
field, which holds the last number for ever, cannot give.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from gpu_exporter.gpu import Gpu
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.library import Code, NvmlError

XID_EVENT = 0x8
"""nvmlEventTypeXidCriticalError."""

WAIT_MILLISECONDS = 500
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


class XidWatch:
    """Waits for the events of some cards in a thread of its own. `wall_clock` is Unix time.

    The thread is a daemon: a wait that never ends does not keep the process. It looks whether it
    is to stop every `wait_milliseconds`.
    """

    def __init__(
        self,
        asking: Asking,
        counts: XidCounts,
        wall_clock: Callable[[], float],
        wait_milliseconds: int = WAIT_MILLISECONDS,
    ) -> None:
        self._asking = asking
        self._counts = counts
        self._wall_clock = wall_clock
        self._wait_milliseconds = wait_milliseconds
        self._cards: Mapping[int, str] | None = None
        self._uuids: dict[int, str] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, cards: Mapping[int, str]) -> None:
        """Wait for the events of these cards, given as uuid by index. Raises: NvmlError."""
        if cards == self._cards:
            return
        self.stop()
        self._cards = dict(cards)
        # a card's last event may come when it is no longer there
        self._uuids.update(cards)
        if not self._register(cards):
            return
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(self._stop,), name="xid", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Wait no longer."""
        self._cards = None
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stop.set()
        thread.join(_LEFT_BEHIND_SECONDS)
        if not thread.is_alive():
            self._asking.ask_uncached("nvmlEventSetFree")

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

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                event = self._asking.library.call("nvmlEventSetWait_v2", self._wait_milliseconds)
            except NvmlError as error:
                if error.code == Code.TIMEOUT:
                    continue
                # who reads the cards sees the loss as well, and watches those that are left
                _log.warning("xid_watch_ended", detail=str(error))
                return
            if event["type"] & XID_EVENT and event["device"] in self._uuids:
                uuid, xid = self._uuids[event["device"]], event["data"]
                self._counts.add(uuid, xid, self._wall_clock())
                _log.warning("xid_reported", gpu=event["device"], uuid=uuid, xid=xid)
