"""Why a card's clocks are held down, and for how long they were."""

from collections.abc import Mapping

from gpu_exporter.gpu import told
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.identity import Identity

REASONS = {
    "idle": 0x1,
    "app_clocks": 0x2,
    "power_cap": 0x4,
    "hw_slowdown": 0x8,
    "sync_boost": 0x10,
    "sw_thermal": 0x20,
    "hw_thermal": 0x40,
    "hw_power_brake": 0x80,
    "display": 0x100,
}
"""Bits of nvmlClocksEventReason*, by our names."""

_CURRENT = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons")

_POLICY_FIELDS = {"power_cap": 74, "sw_thermal": 75, "sync_boost": 76}
"""NVML_FI_DEV_PERF_POLICY_*: on every driver that has fields. Newer ones call the first and the
last NVML_FI_DEV_CLOCKS_EVENT_REASON_*, and count the second a second time under that name."""

_POLICIES = {"power_cap": 0, "sw_thermal": 1, "sync_boost": 2}
"""nvmlPerfPolicyType_t, for drivers without the fields."""


def active_reasons(asking: Asking, card: Identity) -> dict[str, float]:
    """1 for each reason for which clocks are held down now, 0 for the others that can be told."""
    if card.throttle_reasons is None:
        return {}
    active = asking.ask_first(_CURRENT, card.index)
    if active is None:
        return {}
    return {
        reason: float(bool(active & bit))
        for reason, bit in REASONS.items()
        if card.throttle_reasons & bit
    }


def counter_fields(driver_version: str) -> dict[str, int]:
    """The fields that count nanoseconds, by reason.

    The numbers of those of the hardware moved: 580.65 and its elders had them at 252, where 570
    has, and 580.82 has again, a switch of power smoothing. Between these two it is not known.
    Source: constants of nvidia-ml-py 12.570.86, 12.575.51, 13.580.65, 13.580.82 and 13.615.71.
    """
    version = _version(driver_version)
    if (575, 0) <= version <= (580, 65):
        return {**_POLICY_FIELDS, "hw_thermal": 252, "hw_power_brake": 253}
    if version >= (580, 82):
        return {**_POLICY_FIELDS, "hw_thermal": 270, "hw_power_brake": 271}
    return dict(_POLICY_FIELDS)


def throttled_seconds(
    asking: Asking, card: Identity, values: Mapping[int, float]
) -> dict[str, float]:
    """How long clocks were held down, by reason. `values` are the fields' that were read."""
    fields = counter_fields(card.driver_version)
    seconds = told({reason: values.get(field) for reason, field in fields.items()}, 1e9)
    return seconds or _violations(asking, card.index)


def _violations(asking: Asking, index: int) -> dict[str, float]:
    found = asking.ask_each("nvmlDeviceGetViolationStatus", index, _POLICIES)
    return told(
        {reason: status and status["violationTime"] for reason, status in found.items()}, 1e9
    )


def _version(driver_version: str) -> tuple[int, ...]:
    numbers = driver_version.split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdecimal())
