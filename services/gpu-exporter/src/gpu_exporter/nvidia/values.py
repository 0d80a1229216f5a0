"""What a card says of itself at the instant, as fields of a `Gpu`.

NVML counts in percent, milliwatts, millijoules, MHz and KB/s; here they become base units.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gpu_exporter.gpu import HERTZ, scaled, told
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.identity import CLOCKS, Identity
from gpu_exporter.nvidia.throttle import active_reasons, counter_fields, throttled_seconds

_MEMORY_TEMPERATURE, _POWER_AVERAGE, _POWER_INSTANT = 82, 185, 186
"""NVML_FI_DEV_*."""

_SLOWEST_STATE = 15
"""NVML_PSTATE_UNKNOWN is 32."""

_DIRECTIONS = {"transmit": 0, "receive": 1}
"""nvmlPcieUtilCounter_t."""


@dataclass(frozen=True, slots=True)
class SystemMemory:
    """The machine's own memory, for cards that have none. Units: bytes."""

    total_bytes: int
    available_bytes: int


@dataclass(frozen=True, slots=True)
class Options:
    """What is read besides. `pcie_throughput` takes the driver 40 ms a card."""

    system_memory: Callable[[], SystemMemory]
    pcie_throughput: bool = False


def read_values(asking: Asking, card: Identity, options: Options) -> dict[str, Any]:
    """What changes all the time. Raises: NvmlError where the card is lost, or the library."""
    index = card.index
    ids = (_MEMORY_TEMPERATURE, _POWER_AVERAGE, _POWER_INSTANT)
    fields = asking.ask_fields(index, (*ids, *counter_fields(card.driver_version).values()))
    memory = _memory(asking, card, options)
    enforced = told({"enforced": asking.ask("nvmlDeviceGetEnforcedPowerLimit", index)}, 1e3)
    values = {
        **memory,
        **_utilization(asking, index),
        **_fans(asking, card),
        "power_watts": _power(asking, card, fields),
        "power_limit_watts": {**card.power_limit_watts, **enforced},
        "energy_joules": scaled(asking.ask("nvmlDeviceGetTotalEnergyConsumption", index), 1e3),
        "temperature_celsius": _temperatures(asking, index, fields),
        "clock_hertz": told(asking.ask_each("nvmlDeviceGetClockInfo", index, CLOCKS), HERTZ),
        "performance_state": _performance_state(asking, index),
        "throttle_active": active_reasons(asking, card),
        "throttle_seconds": throttled_seconds(asking, card, fields),
    }
    if memory.get("unified_memory"):
        # it has neither a bus nor a memory of its own, and yet tells of both: x1, gen 1, 0 %
        return {**values, "memory_bandwidth_utilization_ratio": None}
    return {**values, **_pcie(asking, card, options)}


def _utilization(asking: Asking, index: int) -> dict[str, Any]:
    rates = asking.ask("nvmlDeviceGetUtilizationRates", index) or {}
    encoder = asking.ask("nvmlDeviceGetEncoderUtilization", index) or [None]
    decoder = asking.ask("nvmlDeviceGetDecoderUtilization", index) or [None]
    sessions = asking.ask("nvmlDeviceGetEncoderStats", index) or [None]
    return {
        "utilization_ratio": scaled(rates.get("gpu"), 100),
        "memory_bandwidth_utilization_ratio": scaled(rates.get("memory"), 100),
        "encoder_utilization_ratio": scaled(encoder[0], 100),
        "decoder_utilization_ratio": scaled(decoder[0], 100),
        "encoder_sessions": sessions[0],
    }


def _memory(asking: Asking, card: Identity, options: Options) -> dict[str, Any]:
    """The older call counts what the driver reserved as used."""
    names = ("nvmlDeviceGetMemoryInfo_v2", "nvmlDeviceGetMemoryInfo")
    memory = asking.ask_first(names, card.index)
    if memory is not None:
        return {
            "memory_used_bytes": memory["used"],
            "memory_free_bytes": memory["free"],
            "memory_total_bytes": memory["total"],
            "memory_reserved_bytes": memory.get("reserved"),
        }
    if not card.is_integrated:
        return {}
    system = options.system_memory()
    return {
        "unified_memory": True,
        "memory_used_bytes": system.total_bytes - system.available_bytes,
        "memory_free_bytes": system.available_bytes,
        "memory_total_bytes": system.total_bytes,
    }


def _power(asking: Asking, card: Identity, fields: Mapping[int, float]) -> dict[str, float]:
    """By what it is: drivers before 530 give one number, and what that is depends on the card."""
    kinds = {"average": _POWER_AVERAGE, "instant": _POWER_INSTANT}
    power = told({kind: fields.get(field) for kind, field in kinds.items()}, 1e3)
    if power:
        return power
    kind = "average" if card.averages_power else "instant"
    return told({kind: asking.ask("nvmlDeviceGetPowerUsage", card.index)}, 1e3)


def _temperatures(asking: Asking, index: int, fields: Mapping[int, float]) -> dict[str, float]:
    names = ("nvmlDeviceGetTemperatureV", "nvmlDeviceGetTemperature")
    # a card without the sensor may give 0 for its memory
    core = asking.ask_first(names, index, 0)
    return told({"core": core, "memory": fields.get(_MEMORY_TEMPERATURE) or None})


def _performance_state(asking: Asking, index: int) -> int | None:
    state: int | None = asking.ask("nvmlDeviceGetPerformanceState", index)
    return state if state is not None and state <= _SLOWEST_STATE else None


def _fans(asking: Asking, card: Identity) -> dict[str, Any]:
    fans = {str(fan): fan for fan in range(card.fans or 0)}
    if card.fans is None:
        percents = {"0": asking.ask("nvmlDeviceGetFanSpeed", card.index)}
    else:
        percents = asking.ask_each("nvmlDeviceGetFanSpeed_v2", card.index, fans)
    return {
        "fan_speed_ratio": told(percents, 100),
        "fan_speed_rpm": told(asking.ask_each("nvmlDeviceGetFanSpeedRPM", card.index, fans)),
    }


def _pcie(asking: Asking, card: Identity, options: Options) -> dict[str, Any]:
    generation = asking.ask("nvmlDeviceGetCurrPcieLinkGeneration", card.index)
    width = asking.ask("nvmlDeviceGetCurrPcieLinkWidth", card.index)
    traffic = {}
    if options.pcie_throughput:
        traffic = asking.ask_each("nvmlDeviceGetPcieThroughput", card.index, _DIRECTIONS)
    return {
        "pcie_link_generation": told({"current": generation, "max": card.pcie_generation}),
        "pcie_link_width": told({"current": width, "max": card.pcie_width}),
        "pcie_throughput_bytes_per_second": told(traffic, 1e-3),
    }
