"""What of a card never changes while the driver runs: asked once."""

from dataclasses import dataclass

from gpu_exporter.gpu import HERTZ, Values, told
from gpu_exporter.nvidia.asking import Asking

CLOCKS = {"graphics": 0, "sm": 1, "memory": 2, "video": 3}
"""NVML's numbers of the domains (nvmlClockType_t)."""

_ARCHITECTURES = {
    2: "kepler",
    3: "maxwell",
    4: "pascal",
    5: "volta",
    6: "turing",
    7: "ampere",
    8: "ada",
    9: "hopper",
    10: "blackwell",
    13: "rubin",
}
"""NVML_DEVICE_ARCH_*."""

_THRESHOLDS = {"shutdown": 0, "slowdown": 1}
"""nvmlTemperatureThresholds_t."""

_INTEGRATED = frozenset({"GB10", "Orin", "Thor", "Xavier", "Tegra"})
"""Words in names of GPUs that have no memory of their own: DGX Spark's and the Jetsons'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A card as it is known. Units as the names say; `fans` None: the number is not told.

    `averages_power`: what nvmlDeviceGetPowerUsage gives is averaged over a second.
    `throttle_reasons` is the mask of those that the card can tell; None: it tells none.
    """

    index: int
    uuid: str
    name: str
    driver_version: str
    cuda_version: str
    pci_bus_id: str
    arch: str
    is_integrated: bool
    averages_power: bool
    fans: int | None
    throttle_reasons: int | None
    power_limit_watts: Values
    temperature_threshold_celsius: Values
    clock_max_hertz: Values
    pcie_generation: float | None
    pcie_width: float | None


def identify(asking: Asking, index: int) -> Identity:
    """Ask a card who it is. Raises: NvmlError where it cannot be talked to."""
    asking.require("nvmlDeviceGetHandleByIndex", index)
    uuid = asking.ask("nvmlDeviceGetUUID", index)
    name = asking.ask("nvmlDeviceGetName", index) or ""
    architecture = asking.ask("nvmlDeviceGetArchitecture", index)
    pci = asking.ask("nvmlDeviceGetPciInfo", index)
    cuda = ("nvmlSystemGetCudaDriverVersion_v2", "nvmlSystemGetCudaDriverVersion")
    reasons = (
        "nvmlDeviceGetSupportedClocksEventReasons",
        "nvmlDeviceGetSupportedClocksThrottleReasons",
    )
    return Identity(
        index=index,
        uuid=uuid or f"nvidia-{index}",
        name=name,
        driver_version=asking.ask("nvmlSystemGetDriverVersion") or "",
        cuda_version=_cuda_version(asking.ask_first(cuda)),
        pci_bus_id=pci["busId"] if pci else "",
        arch=_ARCHITECTURES.get(architecture, ""),
        is_integrated=not _INTEGRATED.isdisjoint(name.split()),
        averages_power=_averages_power(asking.ask("nvmlDeviceGetCudaComputeCapability", index)),
        fans=asking.ask("nvmlDeviceGetNumFans", index),
        throttle_reasons=asking.ask_first(reasons, index),
        power_limit_watts=_power_limits(asking, index),
        temperature_threshold_celsius=told(
            asking.ask_each("nvmlDeviceGetTemperatureThreshold", index, _THRESHOLDS)
        ),
        clock_max_hertz=told(asking.ask_each("nvmlDeviceGetMaxClockInfo", index, CLOCKS), HERTZ),
        pcie_generation=asking.ask("nvmlDeviceGetMaxPcieLinkGeneration", index),
        pcie_width=asking.ask("nvmlDeviceGetMaxPcieLinkWidth", index),
    )


def _cuda_version(number: int | None) -> str:
    """12040 is 12.4."""
    return "" if number is None else f"{number // 1000}.{number % 1000 // 10}"


def _averages_power(capability: list[int] | None) -> bool:
    """Whether nvmlDeviceGetPowerUsage is an average over a second.

    It is on Ampere and newer, but not on GA100, which is the one Ampere of compute capability
    8.0; on all older ones it is the power of the instant.
    Source: NVML API reference, nvmlDeviceGetPowerUsage.
    """
    return capability is not None and tuple(capability) > (8, 0)


def _power_limits(asking: Asking, index: int) -> Values:
    """All but the enforced one, which an operator may change at any time."""
    default = asking.ask("nvmlDeviceGetPowerManagementDefaultLimit", index)
    bounds = asking.ask("nvmlDeviceGetPowerManagementLimitConstraints", index) or (None, None)
    return told({"default": default, "min": bounds[0], "max": bounds[1]}, 1e3)
