"""Power, temperature and clock of Apple's graphics, from the program macmon where it is installed.

macOS tells them to nobody but root, save through interfaces that Apple does not document; macmon
knows those. It runs as a child for as long as we do, and prints a line of JSON for each interval.
Source: macmon's README, "Output format" (versions 0.4 to 0.8).
"""

import json
import math
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from gpu_exporter.gpu import HERTZ, scaled
from gpu_exporter.journal import News

_log = structlog.stdlib.get_logger(__name__)

STALE_AFTER_SECONDS = 10.0
"""A child that hangs says nothing of now."""

_LONGEST_PAUSE_SECONDS = 60.0
_LASTED_SECONDS = 60.0
_GRACE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """An interval's averages. Field None: the line does not carry it.

    `active_ratio` is the share of the interval in which the graphics worked at all, from version
    0.8 on; what versions before print is weighted by the clock, another quantity.
    """

    watts: float | None = None
    celsius: float | None = None
    hertz: float | None = None
    active_ratio: float | None = None


def parse(line: bytes) -> Sample | None:
    """What a line says; None where it is no line of macmon's."""
    try:
        told = json.loads(line)
    except ValueError:
        return None
    if not isinstance(told, dict) or "gpu_power" not in told:
        return None
    temperatures = told.get("temp")
    celsius = _number(temperatures if isinstance(temperatures, dict) else {}, "gpu_temp_avg")
    megahertz = _number(told, "gpu_freq_mhz")
    if megahertz is None:
        usage = told.get("gpu_usage")
        megahertz = _number({"": usage[0]} if isinstance(usage, list) and usage else {}, "")
    return Sample(
        watts=_number(told, "gpu_power"),
        # macmon says 0 where no sensor answered, and where no table of clocks is known
        celsius=celsius or None,
        hertz=scaled(megahertz or None, HERTZ),
        active_ratio=_number(told, "gpu_active_ratio"),
    )


class Macmon:
    """Runs macmon and keeps what it said last. The child is started at the first question.

    `command` prints a line for each interval until it is ended. A child that dies is started anew,
    after pauses that grow from `first_pause_seconds`. `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        command: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
        first_pause_seconds: float = 1.0,
    ) -> None:
        self._command = tuple(command)
        self._clock = clock
        self._first_pause_seconds = first_pause_seconds
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._latest: tuple[float, Sample] | None = None
        self._news = News(clock, usual="works")
        self._thread = threading.Thread(target=self._run, name="macmon", daemon=True)

    def latest(self) -> Sample | None:
        """The latest sample, if it is of now."""
        if self._thread.ident is None:
            self._thread.start()
        latest = self._latest
        if latest is None or self._clock() - latest[0] > STALE_AFTER_SECONDS:
            return None
        return latest[1]

    def close(self) -> None:
        """End the child."""
        self._stop.set()
        with self._lock:
            child = self._child
        if child is not None:
            child.terminate()
        if self._thread.ident is not None:
            self._thread.join(_GRACE_SECONDS)
            if child is not None and self._thread.is_alive():
                child.kill()
                self._thread.join(_GRACE_SECONDS)

    def _run(self) -> None:
        pause = self._first_pause_seconds
        while True:
            began = self._clock()
            self._follow()
            if self._clock() - began >= _LASTED_SECONDS:
                pause = self._first_pause_seconds
            if self._stop.wait(pause):
                return
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _follow(self) -> None:
        child = self._start()
        if child is None:
            return
        with child:
            assert child.stdout is not None
            for line in child.stdout:
                sample = parse(line)
                if sample is not None:
                    self._latest = (self._clock(), sample)
                    if self._news.is_news("works"):
                        _log.info("macmon_recovered")
        if not self._stop.is_set():
            self._tell(f"macmon ended with {child.returncode}")

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stop.is_set():
                return None
            try:
                self._child = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                self._tell(str(error))
                return None
            return self._child

    def _tell(self, detail: str) -> None:
        if self._news.is_news("failed"):
            _log.warning("macmon_failed", detail=detail)


def _number(told: Mapping[str, Any], key: str) -> float | None:
    value = told.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None
