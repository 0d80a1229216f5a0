"""The machine's thermal zones, where no hwmon chip shows the same sensor."""

from collections.abc import Collection, Iterator
from pathlib import Path

from gpu_exporter.machine.files import matching, read_label, read_number

_COVERED_BY = {"x86_pkg_temp": "coretemp"}
"""Zones whose sensor a chip of another name has as well."""


def zones(host_sys: Path, chips: Collection[str]) -> Iterator[tuple[str, str, float]]:
    """What each zone is, its number as `zone0`, and its temperature. `chips`: hwmon's names.

    A zone that cannot be read is left out: that of a radio that is off, for example.
    Units: degrees Celsius.
    Source: Linux, Documentation/driver-api/thermal/sysfs-api.rst.
    """
    for folder in matching(host_sys / "class" / "thermal", "thermal_zone*"):
        kind = read_label(folder / "type")
        if not kind or _is_covered(folder, kind, chips):
            continue
        millidegrees = read_number(folder / "temp")
        if millidegrees is not None:
            yield kind, folder.name.removeprefix("thermal_"), millidegrees / 1000


def _is_covered(folder: Path, kind: str, chips: Collection[str]) -> bool:
    # the kernel makes a chip for a zone under the zone, with its name, without hyphens
    if _COVERED_BY.get(kind, kind.replace("-", "_")) in chips:
        return True
    return bool(matching(folder, "hwmon*"))
