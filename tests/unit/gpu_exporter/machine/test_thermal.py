"""A zone's temperature counts where no chip shows the same sensor."""

from pathlib import Path

from gpu_exporter.machine.thermal import zones
from tests.machines import write

FOLDER = "sys/class/thermal"


def zone(number: int, kind: str, temperature: str) -> dict[str, str]:
    folder = f"{FOLDER}/thermal_zone{number}"
    return {f"{folder}/type": f"{kind}\n", f"{folder}/temp": f"{temperature}\n"}


def test_a_zone_has_its_kind_its_number_and_degrees(tmp_path: Path) -> None:
    write(tmp_path, zone(0, "cpu-thermal", "48312") | zone(1, "cpu-thermal", "-1500"))
    assert list(zones(tmp_path / "sys", ())) == [
        ("cpu-thermal", "zone0", 48.312),
        ("cpu-thermal", "zone1", -1.5),
    ]


def test_a_zone_that_a_chip_shows_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, zone(0, "x86_pkg_temp", "61000") | zone(1, "cpu-thermal", "50000"))
    write(tmp_path, zone(2, "acpitz", "27800") | {f"{FOLDER}/thermal_zone2/hwmon3/name": "acpitz"})
    assert list(zones(tmp_path / "sys", ("coretemp", "cpu_thermal"))) == []


def test_the_package_of_a_machine_without_its_chip_is_kept(tmp_path: Path) -> None:
    write(tmp_path, zone(0, "x86_pkg_temp", "61000"))
    assert list(zones(tmp_path / "sys", ("nvme",))) == [("x86_pkg_temp", "zone0", 61.0)]


def test_a_zone_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, zone(0, "iwlwifi_1", "") | {f"{FOLDER}/thermal_zone1/temp": "1000"})
    write(tmp_path, {f"{FOLDER}/cooling_device0/type": "Processor"})
    assert list(zones(tmp_path / "sys", ())) == []


def test_a_machine_without_the_folder_has_no_zones(tmp_path: Path) -> None:
    assert list(zones(tmp_path, ())) == []


def test_a_kind_without_end_is_cut(tmp_path: Path) -> None:
    write(tmp_path, zone(0, "x" * 100_000, "1000"))
    assert list(zones(tmp_path / "sys", ())) == [("x" * 64, "zone0", 1.0)]
