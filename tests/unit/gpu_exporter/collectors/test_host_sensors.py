"""Temperatures and fans are the machine's; those of cards are the cards' own."""

from pathlib import Path

import pytest

from gpu_exporter.collectors.host_sensors import HostSensors
from gpu_exporter.errors import Unavailable
from tests.exporters import context_of
from tests.machines import read, write

HWMON, THERMAL = "sys/class/hwmon", "sys/class/thermal"
CPU = {
    f"{HWMON}/hwmon0/name": "coretemp\n",
    f"{HWMON}/hwmon0/temp1_label": "Package id 0\n",
    f"{HWMON}/hwmon0/temp1_input": "61000\n",
    f"{HWMON}/hwmon0/temp2_label": "Core 0\n",
    f"{HWMON}/hwmon0/temp2_input": "58500\n",
}
BOARD = {
    f"{HWMON}/hwmon1/name": "nct6798\n",
    f"{HWMON}/hwmon1/fan1_input": "1200\n",
    f"{HWMON}/hwmon1/temp1_input": "33000\n",
}
CARD = {f"{HWMON}/hwmon2/name": "amdgpu\n", f"{HWMON}/hwmon2/temp1_input": "70000\n"}
ZONES = {
    f"{THERMAL}/thermal_zone0/type": "x86_pkg_temp\n",
    f"{THERMAL}/thermal_zone0/temp": "61000\n",
    f"{THERMAL}/thermal_zone1/type": "INT3400 Thermal\n",
    f"{THERMAL}/thermal_zone1/temp": "20000\n",
}


def test_chips_tell_temperatures_and_fans(tmp_path: Path) -> None:
    write(tmp_path, CPU | BOARD)
    assert read(HostSensors(context_of(root=tmp_path))) == {
        ("host_temperature_celsius", "coretemp", "Package id 0"): 61.0,
        ("host_temperature_celsius", "coretemp", "Core 0"): 58.5,
        ("host_temperature_celsius", "nct6798", "temp1"): 33.0,
        ("host_fan_rpm", "nct6798", "fan1"): 1200,
    }


def test_a_cards_sensors_are_the_cards_own(tmp_path: Path) -> None:
    write(tmp_path, CPU | CARD)
    assert {key[1] for key in read(HostSensors(context_of(root=tmp_path)))} == {"coretemp"}


def test_two_chips_of_one_driver_are_told_apart(tmp_path: Path) -> None:
    disk = {
        f"{HWMON}/hwmon{number}/{file}": text
        for number in (3, 4)
        for file, text in (("name", "nvme\n"), ("temp1_input", f"{number}0000\n"))
    }
    write(tmp_path, disk)
    found = read(HostSensors(context_of(root=tmp_path)))
    assert sorted(found.values()) == [30.0, 40.0]


def test_a_zone_counts_where_no_chip_shows_it(tmp_path: Path) -> None:
    write(tmp_path, CPU | ZONES)
    zones = [
        key for key in read(HostSensors(context_of(root=tmp_path))) if key[2].startswith("zone")
    ]
    assert zones == [("host_temperature_celsius", "INT3400 Thermal", "zone1")]


def test_a_board_with_zones_only_has_them(tmp_path: Path) -> None:
    write(tmp_path, ZONES)
    assert read(HostSensors(context_of(root=tmp_path))) == {
        ("host_temperature_celsius", "x86_pkg_temp", "zone0"): 61.0,
        ("host_temperature_celsius", "INT3400 Thermal", "zone1"): 20.0,
    }


def test_a_machine_without_sensors_has_nothing_of_it(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"no sensors in .*hwmon"):
        read(HostSensors(context_of(root=tmp_path)))


def test_a_machine_whose_only_sensors_are_a_cards_has_nothing_of_it(tmp_path: Path) -> None:
    write(tmp_path, CARD)
    with pytest.raises(Unavailable):
        read(HostSensors(context_of(root=tmp_path)))
