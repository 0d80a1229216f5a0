"""AMD's cards, by the files of the driver amdgpu.

An APU, which is a processor and a card in one, has its memory from the system: what its card has
is the part that the firmware set aside and what the driver may take beyond it (GTT), together.
What would be free of it is the system's to say. Its power is left out, as the driver measures the
whole chip: that is the processor's package as well, which RAPL counts.

There is no energy: the counters that AMD's cards keep are known to be wrong.
Source: Linux, Documentation/gpu/amdgpu (thermal.rst, driver-misc.rst), drivers/gpu/drm/amd/pm.
"""

import re
from dataclasses import replace
from pathlib import Path

from gpu_exporter.gpu import HERTZ, Gpu, told
from gpu_exporter.machine.files import read_number, read_text
from gpu_exporter.machine.hwmon import Chip
from gpu_exporter.sysfs.card import Card, by_fan, chip_of, link, renamed, share, thresholds

_TEMPERATURES = {"edge": "core", "temp1": "core", "junction": "hotspot", "mem": "memory"}
_CLOCKS = {"sclk": "graphics", "mclk": "memory"}
_LIMITS = {"cap": "enforced", "cap_default": "default", "cap_min": "min", "cap_max": "max"}
_LEVEL = re.compile(r"([0-9]+)Mhz", re.IGNORECASE)
_ERRORS = re.compile(r"^(ue|ce): *([0-9]+)$", re.MULTILINE)


def measure(who: Gpu, card: Card) -> Gpu:
    """A card that is awake, with all that it can say now."""
    device, chip = card.device, chip_of(card)
    used, total, free = _memory(card)
    return replace(
        who,
        utilization_ratio=share(device / "gpu_busy_percent"),
        memory_bandwidth_utilization_ratio=share(device / "mem_busy_percent"),
        memory_used_bytes=used,
        memory_total_bytes=total,
        memory_free_bytes=free,
        power_watts={} if card.is_integrated else _power(chip),
        power_limit_watts={} if card.is_integrated else _power_limits(chip),
        temperature_celsius=renamed(chip.temperatures_celsius, _TEMPERATURES),
        temperature_threshold_celsius=thresholds(chip, _TEMPERATURES),
        clock_hertz=renamed(chip.frequencies_hertz, _CLOCKS),
        clock_max_hertz=_highest_clocks(device),
        fan_speed_rpm=by_fan(chip.fans_rpm),
        fan_speed_ratio=by_fan(chip.pwm_ratio),
        pcie_replays=read_number(device / "pcie_replay_count"),
        ecc_errors=_errors(device),
        **link(card),
    )


def _memory(card: Card) -> tuple[float | None, float | None, float | None]:
    used = read_number(card.device / "mem_info_vram_used")
    total = read_number(card.device / "mem_info_vram_total")
    if not card.is_integrated:
        return used, total, None if used is None or total is None else total - used
    return (
        _sum(used, read_number(card.device / "mem_info_gtt_used")),
        _sum(total, read_number(card.device / "mem_info_gtt_total")),
        None,
    )


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _power(chip: Chip) -> dict[str, float]:
    # Steam Deck's chip has two: the first is the slow one, which lasts
    return told(
        {
            "average": next(iter(chip.average_powers_watts.values()), None),
            "instant": next(iter(chip.powers_watts.values()), None),
        }
    )


def _power_limits(chip: Chip) -> dict[str, float]:
    return {
        ours: next(iter(limits.values()))
        for theirs, ours in _LIMITS.items()
        if (limits := chip.power_limits_watts.get(theirs))
    }


def _highest_clocks(device: Path) -> dict[str, float]:
    found = {}
    for file, domain in (("pp_dpm_sclk", "graphics"), ("pp_dpm_mclk", "memory")):
        levels = _LEVEL.findall(read_text(device / file) or "")
        if levels:
            found[domain] = max(map(float, levels)) / HERTZ
    return found


def _errors(device: Path) -> dict[str, float]:
    counted = dict(_ERRORS.findall(read_text(device / "ras" / "umc_err_count") or ""))
    names = {"ce": "corrected", "ue": "uncorrected"}
    return {ours: float(counted[theirs]) for theirs, ours in names.items() if theirs in counted}
