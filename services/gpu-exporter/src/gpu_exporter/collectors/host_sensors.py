"""The machine's temperatures and fans, without those of the cards, which are the cards' own."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from gpu_exporter.collector import Context
from gpu_exporter.errors import Unavailable
from gpu_exporter.machine import hwmon, thermal
from gpu_exporter.machine.files import read_text
from gpu_exporter.reading import Reading
from ollama_observe.metrics.catalogue import host as m
from ollama_observe.metrics.metric import Metric

CARDS = frozenset({"amdgpu", "radeon", "nouveau", "i915", "xe"})
"""Drivers whose chips are a card's."""


class HostSensors:
    """Reads the sensors by the files of Linux's drivers; macOS has no such files."""

    name = "host_sensors"
    metrics: tuple[Metric, ...] = (m.TEMPERATURE, m.FAN)

    def __init__(self, context: Context) -> None:
        self._host_sys: Path = context.settings.host_sys

    def collect(self) -> Sequence[Reading]:
        """See Collector."""
        found = list(_chips(self._host_sys))
        if not found:
            raise Unavailable(
                f"no sensors in {self._host_sys}/class/hwmon and {self._host_sys}/class/thermal: "
                "virtual machines have none"
            )
        return found


def _chips(host_sys: Path) -> Iterator[Reading]:
    names = set()
    for name, folder in hwmon.chips(host_sys):
        driver = read_text(folder / "name") or ""
        names.add(driver)
        if driver in CARDS:
            continue
        chip = hwmon.read_chip(folder)
        for sensor, celsius in chip.temperatures_celsius.items():
            yield Reading(m.TEMPERATURE, celsius, (name, sensor))
        for sensor, rpm in chip.fans_rpm.items():
            yield Reading(m.FAN, rpm, (name, sensor))
    for kind, zone, celsius in thermal.zones(host_sys, names):
        yield Reading(m.TEMPERATURE, celsius, (kind, zone))
