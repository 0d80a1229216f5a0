"""The sensors of a chip, as the kernel's hwmon class shows them.

A sensor that is faulty, switched off or cannot be read is absent.
Source: Linux, Documentation/hwmon/sysfs-interface.rst.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gpu_exporter.machine.files import matching, read_label, read_number
from gpu_exporter.machine.pci import address_of, is_suspended

Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Chip:
    """A chip's sensors. Keys are the sensors' labels, or `temp1`, `fan2` where they have none.

    `powers_watts` is as of now, `average_powers_watts` over the driver's window; a chip has one
    or the other. Keys of limits are the kernel's words, then the sensor: power has `cap`,
    `cap_default`, `cap_min`, `cap_max`, `max` and `rated_max`, a temperature `max`, `crit` and
    `emergency`.
    Units: as the names say; `pwm_ratio` is what a fan is asked for, 0 to 1; its keys and those of
    `fans_rpm` are `pwm1` and `fan1` of one fan.
    """

    name: str
    temperatures_celsius: Values = field(default_factory=dict)
    fans_rpm: Values = field(default_factory=dict)
    powers_watts: Values = field(default_factory=dict)
    average_powers_watts: Values = field(default_factory=dict)
    energies_joules: Values = field(default_factory=dict)
    frequencies_hertz: Values = field(default_factory=dict)
    pwm_ratio: Values = field(default_factory=dict)
    power_limits_watts: Mapping[str, Values] = field(default_factory=dict)
    temperature_limits_celsius: Mapping[str, Values] = field(default_factory=dict)


_FILE = re.compile(r"(temp|fan|power|energy|freq|pwm)([0-9]+)(?:_([a-z_]+))?")
_MILLI, _MICRO, _FULL = 1e3, 1e6, 255
_POWER_LIMITS = ("cap", "cap_default", "cap_min", "cap_max", "max", "rated_max")
_TEMPERATURE_LIMITS = ("max", "crit", "emergency")
_PARTS: dict[tuple[str, str], float] = {
    ("temp", "input"): _MILLI,
    ("fan", "input"): 1,
    ("power", "input"): _MICRO,
    ("power", "average"): _MICRO,
    ("energy", "input"): _MICRO,
    ("freq", "input"): 1,
    ("pwm", ""): _FULL,
    **{("power", limit): _MICRO for limit in _POWER_LIMITS},
    **{("temp", limit): _MILLI for limit in _TEMPERATURE_LIMITS},
}
"""What is read: by kind of sensor and attribute, how many of the file's make one of ours."""


def read_chip(folder: Path) -> Chip:
    """The chip of a folder as it is now; one without sensors where there is no such folder."""
    files = _by_sensor(folder)
    keys = _keys(folder, files)
    found: dict[tuple[str, str], dict[str, float]] = {kind: {} for kind in _PARTS}
    for sensor, attributes in files.items():
        if "fault" in attributes and read_number(folder / f"{sensor}_fault"):
            continue
        kind = sensor.rstrip("0123456789")
        for attribute in attributes:
            value = _value(folder, sensor, kind, attribute)
            if value is not None:
                found[kind, attribute][keys[sensor]] = value
    return Chip(
        name=read_label(folder / "name"),
        temperatures_celsius=found["temp", "input"],
        fans_rpm=found["fan", "input"],
        powers_watts=found["power", "input"],
        average_powers_watts=found["power", "average"],
        energies_joules=found["energy", "input"],
        frequencies_hertz=found["freq", "input"],
        pwm_ratio=found["pwm", ""],
        power_limits_watts={limit: found["power", limit] for limit in _POWER_LIMITS},
        temperature_limits_celsius={limit: found["temp", limit] for limit in _TEMPERATURE_LIMITS},
    )


def chips(host_sys: Path) -> list[tuple[str, Path]]:
    """The machine's chips that are awake: a name that no other chip has, and the folder to read.

    A name that several chips have is followed by where they are, which a reboot does not change.
    """
    found = [place for place in map(_place, matching(host_sys / "class" / "hwmon")) if place]
    names = [read_label(folder / "name") for folder in found]
    for where in (_address, _device, _number):
        names = _told_apart(names, found, where)
    return [
        (name, folder)
        for name, folder in zip(names, found, strict=True)
        if not is_suspended(_device_folder(folder))
    ]


def _by_sensor(folder: Path) -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    for path in matching(folder):
        name = _FILE.fullmatch(path.name)
        if name:
            files.setdefault(name[1] + name[2], []).append(name[3] or "")
    return files


def _keys(folder: Path, files: Mapping[str, list[str]]) -> dict[str, str]:
    labels = {
        sensor: (read_label(folder / f"{sensor}_label") if "label" in attributes else "") or sensor
        for sensor, attributes in files.items()
    }
    # Kinds do not share a mapping, but two sensors of one kind may have one label.
    taken = Counter((sensor.rstrip("0123456789"), label) for sensor, label in labels.items())
    return {
        sensor: f"{label} {sensor}" if taken[sensor.rstrip("0123456789"), label] > 1 else label
        for sensor, label in labels.items()
    }


def _value(folder: Path, sensor: str, kind: str, attribute: str) -> float | None:
    parts = _PARTS.get((kind, attribute))
    if parts is None:
        return None
    value = read_number(folder / (f"{sensor}_{attribute}" if attribute else sensor))
    return None if value is None else value / parts


def _place(folder: Path) -> Path | None:
    # Drivers older than the hwmon core's own attributes keep them at the device.
    for place in (folder, folder / "device"):
        if read_label(place / "name"):
            return place
    return None


def _told_apart(
    names: list[str], places: list[Path], where: Callable[[Path], str | None]
) -> list[str]:
    taken = Counter(names)
    return [
        f"{name}-{more}" if taken[name] > 1 and (more := where(place)) else name
        for name, place in zip(names, places, strict=True)
    ]


def _device_folder(place: Path) -> Path:
    return place if place.name == "device" else place / "device"


def _address(place: Path) -> str | None:
    return address_of(_device_folder(place))


def _device(place: Path) -> str | None:
    device = _device_folder(place)
    return device.resolve().name if device.exists() else None


def _number(place: Path) -> str | None:
    return (place.parent if place.name == "device" else place).name
