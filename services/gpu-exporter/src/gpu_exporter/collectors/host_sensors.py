"""The machine's temperatures and fans, without those of the cards, which are the cards' own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import psutil

from gpu_exporter.collector import Context
from gpu_exporter.errors import Unavailable
from gpu_exporter.machine import hwmon, thermal
from gpu_exporter.machine.files import read_text
from gpu_exporter.reading import Reading
from ollama_observe.metrics.catalogue import host as m
from ollama_observe.metrics.metric import Metric

CARDS = frozenset({"amdgpu", "radeon", "nouveau", "i915", "xe"})
"""Drivers whose chips are a card's."""


class Sensor(Protocol):
    """A temperature as psutil tells it."""

    @property
    def label(self) -> str:
        """Its name; empty where it has none."""
        ...

    @property
    def current(self) -> float:
        """Degrees Celsius."""
        ...


Temperatures = Callable[[], Mapping[str, Sequence[Sensor]]]


def _temperatures() -> Temperatures | None:
    # Linux's own files tell more: which chips there are of one name, and what else has zones
    return None if psutil.LINUX else getattr(psutil, "sensors_temperatures", None)


class HostSensors:
    """Reads the sensors; `temperatures` is asked on systems that are not Linux."""

    name = "host_sensors"
    metrics: tuple[Metric, ...] = (m.TEMPERATURE, m.FAN)

    def __init__(self, context: Context, temperatures: Temperatures | None = None) -> None:
        self._host_sys: Path = context.settings.host_sys
        self._temperatures = temperatures or _temperatures()

    def collect(self) -> Sequence[Reading]:
        """See Collector."""
        found = [*_chips(self._host_sys)]
        if self._temperatures is not None:
            found += _by_psutil(self._temperatures())
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


def _by_psutil(found: Mapping[str, Sequence[Sensor]]) -> Iterator[Reading]:
    for chip, sensors in found.items():
        for number, sensor in enumerate(sensors, 1):
            label = f"{sensor.label} {number}" if sensor.label else f"temp{number}"
            yield Reading(m.TEMPERATURE, sensor.current, (chip, label))
