"""`python -m gpu_exporter.nvidia.record`: write down what NVML answers, for `--backend replay`.

Needs a machine with an NVIDIA card and its driver. UUIDs are replaced, serial numbers are not
asked for; names, PCI addresses and the numbers of processes stay.
"""

import argparse
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gpu_exporter.errors import Incomplete, Unavailable
from gpu_exporter.nvidia.backend import NvmlBackend
from gpu_exporter.nvidia.capture import SYSTEM_MEMORY, Capture, Event, Frame, dump, key
from gpu_exporter.nvidia.library import Code, Library, NvmlError
from gpu_exporter.nvidia.nvml import Driver, system_memory
from gpu_exporter.nvidia.values import Options, SystemMemory

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

_WAITS = ("nvmlEventSetWait_v2", "nvmlShutdown")
"""Calls whose answers are no state of the driver."""


class Recorder:
    """A library that writes down what another one answers. For any thread.

    `memory` is the machine's, which some cards use. `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        library: Library,
        memory: Callable[[], SystemMemory],
        clock: Callable[[], float],
    ) -> None:
        self._library = library
        self._memory = memory
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._uuids: dict[str, str] = {}
        self._known: dict[str, Any] = {}
        self._new: dict[str, Any] = {}
        self._events: list[Event] = []
        self._frames: list[Frame] = []

    def call(self, name: str, *arguments: Any) -> Any:
        """See Library."""
        try:
            answer = self._library.call(name, *arguments)
        except NvmlError as error:
            if name not in _WAITS:
                self._note(key(name, arguments), {"error": int(error.code)})
            raise
        if name == "nvmlEventSetWait_v2":
            self._note_event(answer)
        elif name == "nvmlDeviceGetFieldValues":
            self._note_fields(name, arguments[0], answer)
        elif name not in _WAITS:
            self._note(key(name, arguments), answer)
        return answer

    def system_memory(self) -> SystemMemory:
        """The machine's memory, written down."""
        memory = self._memory()
        amounts = {"total_bytes": memory.total_bytes, "available_bytes": memory.available_bytes}
        self._note(SYSTEM_MEMORY, amounts)
        return memory

    def end_frame(self, at: float) -> None:
        """What was answered since the last frame is one frame, which began at the instant `at`."""
        with self._lock:
            new = {name: answer for name, answer in self._new.items() if self._is_news(name)}
            events, self._new, self._events = tuple(self._events), {}, []
            self._known.update(new)
            began = at - self._began if self._frames else 0.0
            self._frames.append(Frame(at_seconds=round(began, 3), calls=new, events=events))

    def capture(self, origin: str) -> Capture:
        """All frames up to now."""
        lasts = round(self._clock() - self._began, 3)
        with self._lock:
            frames = tuple(self._frames)
        return Capture(
            origin=origin, lasts_seconds=max(lasts, frames[-1].at_seconds + 0.001), frames=frames
        )

    def _is_news(self, name: str) -> bool:
        return name not in self._known or self._known[name] != self._new[name]

    def _note(self, name: str, answer: Any) -> None:
        with self._lock:
            self._new[name] = self._anonymous(answer)

    def _note_fields(self, name: str, device: Any, answers: Sequence[dict[str, Any]]) -> None:
        for answer in answers:
            failed = answer["code"] != Code.SUCCESS
            value = {"error": answer["code"]} if failed else answer["value"]
            self._note(key(name, (device, answer["field"])), value)

    def _note_event(self, answer: dict[str, Any]) -> None:
        if answer["device"] is not None:
            with self._lock:
                self._events.append(Event(**answer))

    def _anonymous(self, answer: Any) -> Any:
        return _UUID.sub(self._stand_in, answer) if isinstance(answer, str) else answer

    def _stand_in(self, found: re.Match[str]) -> str:
        number = f"00000000-0000-0000-0000-{len(self._uuids) + 1:012}"
        return self._uuids.setdefault(found[0], number)


def record(
    recorder: Recorder,
    backend: NvmlBackend,
    seconds: float,
    interval_seconds: float,
    clock: Callable[[], float],
    wait: Callable[[float], object],
) -> None:
    """Read the cards for so many seconds. A failure is part of the recording.

    Raises: Unavailable where there is nothing to record.
    """
    end = clock() + seconds
    while (began := clock()) < end:
        try:
            backend.read()
        except (NvmlError, Incomplete) as error:
            sys.stderr.write(f"gpu_exporter.nvidia.record: {error}\n")
        recorder.end_frame(began)
        wait(max(0.0, began + interval_seconds - clock()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Record what the command line asks for; 1 where there is no card."""
    told = _parser().parse_args(arguments)
    recorder = Recorder(Driver(), system_memory, time.monotonic)
    options = Options(recorder.system_memory, told.pcie_throughput)
    wall_clock = time.time  # noqa: TID251 (timestamps, no intervals)
    backend = NvmlBackend(recorder, options, time.monotonic, wall_clock)
    try:
        record(recorder, backend, told.seconds, told.interval, time.monotonic, time.sleep)
    except Unavailable as reason:
        sys.stderr.write(f"gpu_exporter.nvidia.record: {reason}\n")
        return 1
    finally:
        backend.close()
    capture = recorder.capture(told.origin)
    told.output.write_text(dump(capture), encoding="utf-8")
    sys.stdout.write(f"{told.output}: {len(capture.frames)} frames\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gpu_exporter.nvidia.record", description=__doc__
    )
    parser.add_argument("--output", type=Path, required=True, help="file to write")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (default 60)")
    parser.add_argument(
        "--interval", type=float, default=1.0, help="seconds between two readings (default 1)"
    )
    parser.add_argument(
        "--pcie-throughput", action="store_true", help="read the traffic over PCIe as well"
    )
    parser.add_argument(
        "--origin", default="recorded", help="a sentence for the file: which machine, which load"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
