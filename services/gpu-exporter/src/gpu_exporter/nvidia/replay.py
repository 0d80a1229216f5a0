"""A capture in NVML's place: what was recorded, or made up, is answered again."""

import threading
import time
from collections.abc import Callable
from typing import Any

from gpu_exporter.nvidia.backend import NvmlBackend
from gpu_exporter.nvidia.capture import SYSTEM_MEMORY, Capture, Event, key, load
from gpu_exporter.nvidia.library import Code, NvmlError
from gpu_exporter.nvidia.values import Options, SystemMemory
from gpu_exporter.settings import GpuExporterSettings

_MADE_GOOD = ("nvmlInit", "nvmlShutdown", "nvmlEventSetFree")
"""Calls that succeed where a capture does not say otherwise: they ask nothing."""


def replay_backend(settings: GpuExporterSettings) -> NvmlBackend:
    """The cards of the capture that the settings name. Raises: OSError, ValueError."""
    if settings.capture is None:
        raise ValueError("GPU_EXPORTER_CAPTURE names no capture")
    replay = Replay(load(settings.capture), time.monotonic)
    return NvmlBackend(
        replay,
        Options(replay.system_memory, settings.pcie_throughput),
        time.monotonic,
        time.time,  # noqa: TID251 (timestamps, no intervals)
        name="replay",
    )


class Replay:
    """See gpu_exporter.nvidia.library.Library. For any thread.

    It begins when it is made; `clock` is monotonic, in seconds. `hang` is what a call does that
    does not come back.
    """

    def __init__(
        self,
        capture: Capture,
        clock: Callable[[], float],
        hang: Callable[[], object] = lambda: threading.Event().wait(),
    ) -> None:
        self._capture = capture
        self._clock = clock
        self._hang = hang
        self._began = clock()
        self._lock = threading.Lock()
        self._nothing = threading.Event()
        self._start()

    def call(self, name: str, *arguments: Any) -> Any:
        """See Library. What the capture does not have, its driver does not have."""
        if name == "nvmlEventSetWait_v2":
            return self._wait_for_event(*arguments)
        if name == "nvmlDeviceGetFieldValues":
            device, fields = arguments
            return [self._field(name, device, field) for field in fields]
        answer = self._answer(name, arguments)
        if (code := _code(answer)) is not None:
            raise NvmlError(code, name)
        return answer

    def system_memory(self) -> SystemMemory:
        """The memory of the machine that the capture is of."""
        return SystemMemory(**self.call(SYSTEM_MEMORY.removesuffix("()")))

    def _field(self, name: str, device: Any, field: int) -> dict[str, Any]:
        answer = self._answer(name, (device, field))
        code = _code(answer)
        is_answered = code is None
        return {
            "field": field,
            "code": 0 if is_answered else code,
            "value": answer if is_answered else 0,
        }

    def _answer(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """What the capture has. Raises: NvmlError where nothing, or the card, answers."""
        with self._lock:
            self._advance()
            if self._fails:
                raise NvmlError(self._fails, name)
            if arguments and _card(arguments[0]) in self._lost:
                raise NvmlError(Code.GPU_IS_LOST, name)
            unsaid = None if name in _MADE_GOOD else {"error": int(Code.FUNCTION_NOT_FOUND)}
            answer = self._calls.get(key(name, arguments), unsaid)
        if answer == {"hang": True}:
            self._hang()
        return answer

    def _wait_for_event(self, milliseconds: int) -> dict[str, Any]:
        for pause in (0.0, milliseconds / 1e3):
            self._nothing.wait(pause)
            with self._lock:
                self._advance()
                if self._events:
                    return self._events.pop(0).model_dump()
        raise NvmlError(Code.TIMEOUT, "nvmlEventSetWait_v2")

    def _start(self) -> None:
        self._next = 0
        self._round = 0
        self._calls: dict[str, Any] = {}
        self._events: list[Event] = []
        self._lost: tuple[int, ...] = ()
        self._fails = 0

    def _advance(self) -> None:
        """Take all frames in up to now."""
        at = self._clock() - self._began
        rounds, at_in_round = divmod(at, self._capture.lasts_seconds)
        if self._capture.at_end == "loop" and rounds != self._round:
            self._start()
            self._round = int(rounds)
        if self._capture.at_end == "hold":
            at_in_round = at
        frames = self._capture.frames
        while self._next < len(frames) and frames[self._next].at_seconds <= at_in_round:
            frame = frames[self._next]
            self._calls.update(frame.calls)
            self._events.extend(frame.events)
            self._lost = self._lost if frame.lost is None else frame.lost
            self._fails = self._fails if frame.fails is None else frame.fails
            self._next += 1


def _card(device: Any) -> Any:
    return device[0] if isinstance(device, tuple) else device


def _code(answer: Any) -> int | None:
    """The return code, of an answer that is one."""
    is_error = isinstance(answer, dict) and answer.keys() == {"error"}
    return answer["error"] if is_error else None
