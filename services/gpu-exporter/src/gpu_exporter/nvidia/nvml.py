"""NVIDIA's library on this machine, through `pynvml`: the only file that knows it.

Handles and structures stay here; what goes out is numbers, strings, lists and dicts.
"""

import ctypes
import time
from collections.abc import Callable, Sequence
from typing import Any

import psutil
import pynvml

from gpu_exporter.nvidia.backend import NvmlBackend
from gpu_exporter.nvidia.library import Code, Device, NvmlError
from gpu_exporter.nvidia.values import Options, SystemMemory
from gpu_exporter.settings import GpuExporterSettings

_VALUES = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")
"""Members of nvmlValue_t in the order of nvmlValueType_t."""


def nvml_backend(settings: GpuExporterSettings, on_loss: Callable[[], None]) -> NvmlBackend:
    """The NVIDIA cards of this machine. Nothing is opened yet."""
    return NvmlBackend(
        Driver(),
        Options(system_memory, settings.pcie_throughput),
        time.monotonic,
        time.time,  # noqa: TID251 (timestamps, no intervals)
        on_loss=on_loss,
        exit_after=settings.exit_on_nvml_loss,
    )


def system_memory() -> SystemMemory:
    """The memory of this machine."""
    memory = psutil.virtual_memory()
    return SystemMemory(memory.total, memory.available)


class Driver:
    """See gpu_exporter.nvidia.library.Library. Handles are found by the driver's own indices."""

    def __init__(self) -> None:
        self._handles: dict[Device, Any] = {}
        self._event_set: Any = None
        self._special: dict[str, Callable[..., Any]] = {
            "nvmlInit": self._initialise,
            "nvmlDeviceGetHandleByIndex": self._find,
            "nvmlDeviceGetMigDeviceHandleByIndex": lambda card, number: self._find((card, number)),
            "nvmlDeviceGetMemoryInfo_v2": self._memory,
            "nvmlDeviceGetFieldValues": self._field_values,
            "nvmlDeviceGetFanSpeedRPM": self._fan_speed,
            "nvmlEventSetCreate": self._create_event_set,
            "nvmlEventSetFree": self._free_event_set,
            "nvmlEventSetWait_v2": self._wait_for_event,
            "nvmlDeviceRegisterEvents": self._register_events,
        }

    def call(self, name: str, *arguments: Any) -> Any:
        """See Library."""
        try:
            return plain(self._call(name, arguments))
        except pynvml.NVMLError as error:
            raise NvmlError(error.value, name) from error

    def _call(self, name: str, arguments: tuple[Any, ...]) -> Any:
        if name in self._special:
            return self._special[name](*arguments)
        function = getattr(pynvml, name, None)
        if function is None:
            raise NvmlError(Code.FUNCTION_NOT_FOUND, name)
        if name.startswith("nvmlDevice") and arguments:
            device, *others = arguments
            return function(self._handle(device), *others)
        return function(*arguments)

    def _initialise(self) -> None:
        self._handles.clear()
        pynvml.nvmlInit()

    def _handle(self, device: Device) -> Any:
        if device not in self._handles:
            self._find(device)
        return self._handles[device]

    def _find(self, device: Device) -> bool:
        if isinstance(device, tuple):
            card, number = device
            found = pynvml.nvmlDeviceGetMigDeviceHandleByIndex(self._handle(card), number)
        else:
            found = pynvml.nvmlDeviceGetHandleByIndex(device)
        self._handles[device] = found
        return True

    def _memory(self, device: Device) -> Any:
        return pynvml.nvmlDeviceGetMemoryInfo(self._handle(device), version=pynvml.nvmlMemory_v2)

    def _field_values(self, device: Device, fields: Sequence[int]) -> list[dict[str, Any]]:
        values = pynvml.nvmlDeviceGetFieldValues(self._handle(device), list(fields))
        return [
            {
                "field": value.fieldId,
                "code": value.nvmlReturn,
                "value": getattr(value.value, _VALUES[value.valueType]),
            }
            for value in values
        ]

    def _fan_speed(self, device: Device, fan: int) -> int:
        """pynvml's own function asks for the first fan only."""
        speed = pynvml.c_nvmlFanSpeedInfo_t(version=pynvml.nvmlFanSpeedInfo_v1, fan=fan)
        ask = getattr(pynvml.nvmlLib, "nvmlDeviceGetFanSpeedRPM", None)
        if ask is None:
            raise NvmlError(Code.FUNCTION_NOT_FOUND, "nvmlDeviceGetFanSpeedRPM")
        code = ask(self._handle(device), ctypes.byref(speed))
        if code != Code.SUCCESS:
            raise NvmlError(code, "nvmlDeviceGetFanSpeedRPM")
        return int(speed.speed)

    def _create_event_set(self) -> bool:
        self._event_set = pynvml.nvmlEventSetCreate()
        return True

    def _free_event_set(self) -> None:
        event_set, self._event_set = self._event_set, None
        if event_set is not None:
            pynvml.nvmlEventSetFree(event_set)

    def _register_events(self, device: Device, types: int) -> None:
        pynvml.nvmlDeviceRegisterEvents(self._handle(device), types, self._event_set)

    def _wait_for_event(self, milliseconds: int) -> dict[str, Any]:
        event = pynvml.nvmlEventSetWait_v2(self._event_set, milliseconds)
        return {
            "device": self._device_of(event.device),
            "type": event.eventType,
            "data": event.eventData,
        }

    def _device_of(self, handle: Any) -> int | None:
        """The event's card; the driver gives the same pointer that it gave for the index."""
        address = ctypes.cast(handle, ctypes.c_void_p).value
        for device, known in list(self._handles.items()):
            if ctypes.cast(known, ctypes.c_void_p).value == address:
                return device[0] if isinstance(device, tuple) else device
        return None


def plain(value: Any) -> Any:
    """What pynvml gives, as numbers, strings, lists and dicts."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, ctypes.Structure):
        return {name: plain(getattr(value, name)) for name, *_ in value._fields_}
    if isinstance(value, pynvml.nvmlFriendlyObject):
        return {name: plain(member) for name, member in vars(value).items()}
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple | ctypes.Array):
        return [plain(member) for member in value]
    return value
