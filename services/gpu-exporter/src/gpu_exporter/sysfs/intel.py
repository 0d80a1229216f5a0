"""Intel's cards, by the files of the drivers i915 and xe.

How busy a card is and how much of its memory is in use, neither driver tells in a file: absent.
Power is what the card's energy counter grew by since the reading before.
Source: Linux, Documentation/ABI/testing (sysfs-driver-intel-i915-hwmon, -xe-hwmon),
drivers/gpu/drm/i915/gt (intel_gt_sysfs_pm.c), drivers/gpu/drm/xe (xe_gt_freq.c, xe_gt_throttle.c).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from gpu_exporter.gpu import Gpu, told
from gpu_exporter.machine.files import matching, read_number
from gpu_exporter.machine.hwmon import Chip
from gpu_exporter.sysfs.card import Card, by_fan, chip_of, hertz, link, renamed, thresholds

_WHOLE_CARD = ("card", "pkg", "energy1", "power1")
"""Sensors, the best first: xe has the card's and its package's, i915 the device's, unnamed."""

_TEMPERATURES = {"pkg": "core", "temp1": "core", "vram": "memory"}
_LIMITS = {"max": "enforced", "rated_max": "default", "cap": "max"}
_REASONS = {
    "power_cap": ("pl1", "pl2", "pl4"),
    "hw_thermal": ("thermal", "prochot", "ratl", "vr_thermalert"),
    "hw_slowdown": ("vr_tdc",),
}
"""By reason of ours, the kernel's: PL are power limits, VR is the voltage regulator."""


class IntelCards:
    """Measures cards; remembers their energy from one reading to the next.

    `clock` is monotonic, in seconds; `system_bytes` is the machine's memory, which an integrated
    card uses.
    """

    def __init__(self, clock: Callable[[], float], system_bytes: Callable[[], float]) -> None:
        self._clock = clock
        self._system_bytes = system_bytes
        self._last: dict[str, tuple[float, float]] = {}

    def measure(self, who: Gpu, card: Card) -> Gpu:
        """A card that is awake, with all that it can say now."""
        chip = chip_of(card)
        joules = _of_whole_card(chip.energies_joules)
        return replace(
            who,
            memory_total_bytes=self._system_bytes() if card.is_integrated else _memory_bytes(card),
            energy_joules=joules,
            power_watts=self._power(card.address, joules),
            power_limit_watts=_power_limits(chip),
            temperature_celsius=renamed(chip.temperatures_celsius, _TEMPERATURES),
            temperature_threshold_celsius=thresholds(chip, _TEMPERATURES),
            clock_hertz=_clocks(card, "act"),
            clock_max_hertz=_clocks(card, "RP0"),
            fan_speed_rpm=by_fan(chip.fans_rpm),
            throttle_active=_throttled(card),
            **link(card),
        )

    def _power(self, address: str, joules: float | None) -> dict[str, float]:
        now = self._clock()
        last = self._last.pop(address, None)
        if joules is None:
            return {}
        self._last[address] = (now, joules)
        # a card that is awake uses something: a counter that stands still has stopped
        if last is None or now <= last[0] or joules <= last[1]:
            return {}
        return {"average": (joules - last[1]) / (now - last[0])}


def _of_whole_card(values: Mapping[str, float]) -> float | None:
    # a sensor that stands at 0 is there, but measures nothing; a limit of 0 is switched off
    return next((values[sensor] for sensor in _WHOLE_CARD if values.get(sensor)), None)


def _power_limits(chip: Chip) -> dict[str, float]:
    limits = chip.power_limits_watts
    return told({ours: _of_whole_card(limits.get(theirs, {})) for theirs, ours in _LIMITS.items()})


def _clocks(card: Card, which: str) -> dict[str, float]:
    found = hertz(
        (
            card.folder / "gt" / "gt0" / f"rps_{which}_freq_mhz",
            card.folder / f"gt_{which}_freq_mhz",
            card.device / "tile0" / "gt0" / "freq0" / f"{which.lower()}_freq",
        )
    )
    return told({"graphics": found})


def _throttled(card: Card) -> dict[str, float]:
    i915 = card.folder / "gt" / "gt0"
    xe = card.device / "tile0" / "gt0" / "freq0" / "throttle"
    found = {}
    for ours, theirs in _REASONS.items():
        files = [
            file
            for reason in theirs
            for file in (i915 / f"throttle_reason_{reason}", xe / f"reason_{reason}")
        ]
        flags = [flag for flag in map(read_number, files) if flag is not None]
        if flags:
            found[ours] = float(any(flags))
    return found


def _memory_bytes(card: Card) -> float | None:
    tiles = matching(card.device, "tile*/physical_vram_size_bytes")
    sizes = [size for size in map(read_number, tiles) if size]
    # only i915 of Intel's own packages tells
    return sum(sizes) if sizes else read_number(card.folder / "lmem_total_bytes")
