"""What NVIDIA's management library (NVML) is to us: calls by name, plain values, numbered errors.

Who reads cards needs no driver: the library may be the one of this machine
(gpu_exporter.nvidia.nvml) or a capture of another's (gpu_exporter.nvidia.replay).

Source: nvml.h of driver 615, nvmlReturn_t.
"""

from enum import IntEnum
from typing import Any, Protocol

Device = int | tuple[int, int]
"""A card by its index, or a MIG device by its card's index and its own."""


class Code(IntEnum):
    """The return codes that something here depends on."""

    SUCCESS = 0
    UNINITIALIZED = 1
    INVALID_ARGUMENT = 2
    NOT_SUPPORTED = 3
    NO_PERMISSION = 4
    NOT_FOUND = 6
    DRIVER_NOT_LOADED = 9
    TIMEOUT = 10
    IRQ_ISSUE = 11
    LIBRARY_NOT_FOUND = 12
    FUNCTION_NOT_FOUND = 13
    GPU_IS_LOST = 15
    RESET_REQUIRED = 16
    OPERATING_SYSTEM = 17
    LIB_RM_VERSION_MISMATCH = 18
    VGPU_ECC_NOT_SUPPORTED = 22
    ARGUMENT_VERSION_MISMATCH = 25
    DEPRECATED = 26
    GPU_NOT_FOUND = 28
    UNKNOWN = 999


UNSUPPORTED = frozenset(
    {
        Code.INVALID_ARGUMENT,
        Code.NOT_SUPPORTED,
        Code.NO_PERMISSION,
        Code.NOT_FOUND,
        Code.FUNCTION_NOT_FOUND,
        Code.VGPU_ECC_NOT_SUPPORTED,
        Code.ARGUMENT_VERSION_MISMATCH,
        Code.DEPRECATED,
    }
)
"""Answers, not failures: this card, or this driver, does not have it."""

LOST_CARD = frozenset({Code.GPU_IS_LOST, Code.RESET_REQUIRED})
"""One card is gone until it is reset; the others are not."""

LOST_LIBRARY = frozenset(
    {
        Code.UNINITIALIZED,
        Code.DRIVER_NOT_LOADED,
        Code.IRQ_ISSUE,
        Code.LIBRARY_NOT_FOUND,
        Code.OPERATING_SYSTEM,
        Code.LIB_RM_VERSION_MISMATCH,
        Code.GPU_NOT_FOUND,
    }
)
"""Nothing can be read until the library is initialised anew. UNKNOWN may be this, or a defect."""

_SAID = {
    Code.LIB_RM_VERSION_MISMATCH: "the driver was updated: the machine has to be restarted",
    Code.UNKNOWN: "unknown error: in a container, the devices may have been taken away",
}


class NvmlError(Exception):
    """A call was not answered with a value. `code` is NVML's, `call` the function's name."""

    def __init__(self, code: int, call: str) -> None:
        self.code = code
        self.call = call
        super().__init__(f"{call} answered {code} ({sentence(code)})")


class Library(Protocol):
    """NVML, wherever it is. For several threads at once, as NVML itself is."""

    def call(self, name: str, *arguments: Any) -> Any:
        """What the function `name` of NVML gives, as numbers, strings, lists and dicts.

        The first argument of functions of a device is a Device; handles stay inside. Exceptions:
        `nvmlDeviceGetFieldValues(device, ids)` gives a list of {"field", "code", "value"};
        `nvmlDeviceGetFanSpeedRPM(device, fan)` takes the fan; functions that get a handle give
        True; there is one event set, which no call names, and
        `nvmlEventSetWait_v2(milliseconds)` gives {"device", "type", "data"}.

        Raises: NvmlError.
        """
        ...


def sentence(code: int) -> str:
    """A return code in words."""
    try:
        known = Code(code)
    except ValueError:
        return "see nvml.h"
    return _SAID.get(known) or known.name.lower().replace("_", " ")
