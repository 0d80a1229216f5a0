"""A chip's sensors: units, labels, what is faulty; and names that a reboot does not change."""

import sys
from pathlib import Path

import pytest

from gpu_exporter.machine.hwmon import Chip, chips, read_chip
from tests.fakes import sysfs
from tests.machines import write


def chip(text: str, root: Path) -> Chip:
    sysfs.write(text, root)
    return read_chip(root)


def test_every_kind_of_sensor_is_read_in_base_units(tmp_path: Path) -> None:
    found = chip(
        "name = board\ntemp1_input = 61500\ntemp1_label = edge\nfan2_input = 1263\n"
        "power1_input = 7021000\npower2_average = 312000000\nenergy1_input = 4200500000\n"
        "freq1_input = 2482000000\npwm1 = 51",
        tmp_path,
    )
    assert found.name == "board"
    assert found.temperatures_celsius == {"edge": 61.5}
    assert found.fans_rpm == {"fan2": 1263}
    assert found.powers_watts == {"power1": 7.021}
    assert found.average_powers_watts == {"power2": 312}
    assert found.energies_joules == {"energy1": 4200.5}
    assert found.frequencies_hertz == {"freq1": 2482000000}
    assert found.pwm_ratio == {"pwm1": 0.2}


def test_limits_are_by_the_kernel_s_word_and_then_by_sensor(tmp_path: Path) -> None:
    found = chip(
        "name = board\npower1_label = PPT\npower1_cap = 339000000\npower1_cap_max = 390000000\n"
        "temp1_crit = 100000\ntemp2_emergency = 115000\ntemp2_label = junction",
        tmp_path,
    )
    assert found.power_limits_watts["cap"] == {"PPT": 339}
    assert found.power_limits_watts["cap_max"] == {"PPT": 390}
    assert found.power_limits_watts["rated_max"] == {}
    assert found.temperature_limits_celsius["crit"] == {"temp1": 100}
    assert found.temperature_limits_celsius["emergency"] == {"junction": 115}


def test_a_fan_that_stands_still_is_a_reading(tmp_path: Path) -> None:
    assert chip("name = x\nfan1_input = 0", tmp_path).fans_rpm == {"fan1": 0}


def test_a_faulty_sensor_is_absent(tmp_path: Path) -> None:
    found = chip(
        "name = x\ntemp1_input = -128000\ntemp1_fault = 1\ntemp2_input = 40000\ntemp2_fault = 0",
        tmp_path,
    )
    assert found.temperatures_celsius == {"temp2": 40}


def test_a_sensor_that_cannot_be_read_is_absent(tmp_path: Path) -> None:
    found = chip(
        "name = x\ntemp1_input !\ntemp2_input = \ntemp3_input = 40000\ntemp3_label !", tmp_path
    )
    assert found.temperatures_celsius == {"temp3": 40}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which is Linux's")
def test_a_sensor_whose_bus_fails_is_absent(tmp_path: Path) -> None:
    found = chip("name = x\ntemp1_input -> /proc/self/mem\ntemp2_input = 40000", tmp_path)
    assert found.temperatures_celsius == {"temp2": 40}


def test_two_sensors_of_one_label_are_told_apart(tmp_path: Path) -> None:
    found = chip(
        "name = x\ntemp1_input = 1000\ntemp1_label = Core\ntemp2_input = 2000\n"
        "temp2_label = Core\nfan1_input = 3\nfan1_label = Core",
        tmp_path,
    )
    assert found.temperatures_celsius == {"Core temp1": 1, "Core temp2": 2}
    assert found.fans_rpm == {"Core": 3}


def test_a_folder_that_is_not_there_is_a_chip_without_sensors(tmp_path: Path) -> None:
    assert read_chip(tmp_path / "absent").temperatures_celsius == {}


def test_a_whole_card_s_chip_is_read(tmp_path: Path) -> None:
    sysfs.plant("radeon_rx_7900_xtx", tmp_path)
    found = dict(chips(tmp_path / "sys"))
    assert set(found) == {"amdgpu", "k10temp"}
    card = read_chip(found["amdgpu"])
    assert card.temperatures_celsius == {"edge": 61, "junction": 83, "mem": 78}
    assert card.average_powers_watts == {"PPT": 312}
    assert read_chip(found["k10temp"]).temperatures_celsius == {"Tctl": 51.125}


NVME = """
[sys/devices/pci0000:00/0000:00:01.2/0000:02:00.0/nvme/nvme0/hwmon0]
name = nvme
device -> ../../nvme0
[sys/devices/pci0000:00/0000:00:01.3/0000:03:00.0/nvme/nvme1/hwmon1]
name = nvme
device -> ../../nvme1
[sys/class/hwmon]
hwmon0 -> ../../devices/pci0000:00/0000:00:01.2/0000:02:00.0/nvme/nvme0/hwmon0
hwmon1 -> ../../devices/pci0000:00/0000:00:01.3/0000:03:00.0/nvme/nvme1/hwmon1
"""


def test_chips_of_one_name_are_named_by_their_place(tmp_path: Path) -> None:
    sysfs.write(NVME, tmp_path)
    names = [name for name, _ in chips(tmp_path / "sys")]
    assert names == ["nvme-0000:02:00.0", "nvme-0000:03:00.0"]


def test_chips_at_one_place_are_named_by_their_device(tmp_path: Path) -> None:
    bus = "devices/pci0000:00/0000:00:1f.4/i2c-0"
    sysfs.write(
        f"[sys/{bus}/0-0050/hwmon/hwmon1]\nname = spd5118\ndevice -> ../../../0-0050\n"
        f"[sys/{bus}/0-0051/hwmon/hwmon2]\nname = spd5118\ndevice -> ../../../0-0051\n"
        f"[sys/class/hwmon]\nhwmon1 -> ../../{bus}/0-0050/hwmon/hwmon1\n"
        f"hwmon2 -> ../../{bus}/0-0051/hwmon/hwmon2",
        tmp_path,
    )
    assert [name for name, _ in chips(tmp_path / "sys")] == [
        "spd5118-0000:00:1f.4-0-0050",
        "spd5118-0000:00:1f.4-0-0051",
    ]


def test_chips_without_a_device_are_named_by_their_number(tmp_path: Path) -> None:
    sysfs.write(
        "[sys/class/hwmon]\nhwmon0/name = acpitz\nhwmon1/name = acpitz\nhwmon2/temp1_input = 1",
        tmp_path,
    )
    assert [name for name, _ in chips(tmp_path / "sys")] == ["acpitz-hwmon0", "acpitz-hwmon1"]


def test_an_old_driver_s_sensors_are_found_at_its_device(tmp_path: Path) -> None:
    sysfs.write(
        "[sys/devices/platform/applesmc.768]\nname = applesmc\nfan1_input = 1200\n"
        "hwmon/hwmon0/device -> ../../../applesmc.768\n"
        "[sys/class/hwmon]\nhwmon0 -> ../../devices/platform/applesmc.768/hwmon/hwmon0",
        tmp_path,
    )
    [(name, folder)] = chips(tmp_path / "sys")
    assert name == "applesmc"
    assert read_chip(folder).fans_rpm == {"fan1": 1200}


def test_a_chip_that_sleeps_is_left_asleep_and_changes_no_other_s_name(tmp_path: Path) -> None:
    sysfs.write(NVME, tmp_path)
    device = tmp_path / "sys/devices/pci0000:00/0000:00:01.3/0000:03:00.0/nvme/nvme1"
    sysfs.write("power/runtime_status = suspended", device)
    assert [name for name, _ in chips(tmp_path / "sys")] == ["nvme-0000:02:00.0"]


def test_a_machine_without_chips_has_none(tmp_path: Path) -> None:
    assert chips(tmp_path) == []


def test_names_without_end_are_cut_and_still_told_apart(tmp_path: Path) -> None:
    label = "T\x1b" + "x" * 100_000
    write(tmp_path, {"name": label, "temp1_label": f"{label}1", "temp2_label": f"{label}2"})
    write(tmp_path, {"temp1_input": "1000", "temp2_input": "2000"})
    cut = "T" + "x" * 63
    chip = read_chip(tmp_path)
    assert chip.name == cut
    assert chip.temperatures_celsius == {f"{cut} temp1": 1, f"{cut} temp2": 2}
