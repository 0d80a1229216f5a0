"""AMD's cards, measured from trees of their driver's files."""

from dataclasses import fields
from pathlib import Path

import pytest

from gpu_exporter.gpu import Gpu
from gpu_exporter.sysfs.amd import measure
from gpu_exporter.sysfs.card import Card, cards
from tests.fakes import sysfs

WHO = Gpu(index="0", uuid="u", name="n", vendor="amd")


def card_of(name: str, root: Path) -> Card:
    sysfs.plant(name, root)
    [card] = cards(root / "sys")
    return card


def test_a_radeon_says_all_that_its_driver_knows(tmp_path: Path) -> None:
    assert measure(WHO, card_of("radeon_rx_7900_xtx", tmp_path)) == Gpu(
        index="0",
        uuid="u",
        name="n",
        vendor="amd",
        utilization_ratio=0.87,
        memory_bandwidth_utilization_ratio=0.41,
        memory_used_bytes=21474836480,
        memory_total_bytes=25753026560,
        memory_free_bytes=25753026560 - 21474836480,
        power_watts={"average": 312},
        power_limit_watts={"enforced": 339, "default": 339, "min": 0, "max": 390},
        temperature_celsius={"core": 61, "hotspot": 83, "memory": 78},
        temperature_threshold_celsius={"slowdown": 100, "shutdown": 105},
        clock_hertz={"graphics": 2482e6, "memory": 1249e6},
        clock_max_hertz={"graphics": 2526e6, "memory": 1249e6},
        fan_speed_rpm={"0": 1263},
        fan_speed_ratio={"0": 0.4},
        pcie_link_generation={"current": 3, "max": 4},
        pcie_link_width={"current": 8, "max": 16},
        pcie_replays=3,
    )


def test_an_apu_s_memory_is_what_was_set_aside_and_what_it_may_take(tmp_path: Path) -> None:
    gpu = measure(WHO, card_of("ryzen_with_radeon_780m", tmp_path))
    assert gpu.memory_used_bytes == 536870912 + 1073741824
    assert gpu.memory_total_bytes == 4294967296 + 14617124864
    assert gpu.memory_free_bytes is None


def test_an_apu_s_power_is_the_processor_s_and_is_left_to_it(tmp_path: Path) -> None:
    gpu = measure(WHO, card_of("ryzen_with_radeon_780m", tmp_path))
    assert gpu.power_watts == {}
    assert gpu.watts is None
    assert gpu.temperature_celsius == {"core": 46}
    assert gpu.clock_hertz == {"graphics": 800e6}
    assert gpu.clock_max_hertz == {"graphics": 2700e6, "memory": 2800e6}
    assert gpu.pcie_link_width == {}


def test_an_instinct_counts_errors_of_its_memory(tmp_path: Path) -> None:
    gpu = measure(WHO, card_of("instinct_mi210", tmp_path))
    assert gpu.ecc_errors == {"corrected": 17, "uncorrected": 1}
    assert gpu.utilization_ratio == 0
    assert gpu.fan_speed_rpm == {}
    assert gpu.temperature_threshold_celsius == {"slowdown": 100, "shutdown": 105}
    assert gpu.power_limit_watts["max"] == 300


def test_both_kinds_of_power_are_told_where_the_driver_has_both(tmp_path: Path) -> None:
    card = card_of("radeon_rx_7900_xtx", tmp_path)
    sysfs.write("power1_input = 305000000", card.device / "hwmon" / "hwmon3")
    assert measure(WHO, card).power_watts == {"average": 312, "instant": 305}


def test_a_card_of_the_old_driver_has_one_unnamed_temperature(tmp_path: Path) -> None:
    card = card_of("radeon_rx_7900_xtx", tmp_path)
    hwmon = card.device.resolve() / "hwmon" / "hwmon3"
    for file in hwmon.iterdir():
        file.unlink()
    sysfs.write("name = radeon\ntemp1_input = 55000\ntemp1_crit = 120000", hwmon)
    gpu = measure(WHO, card)
    assert gpu.temperature_celsius == {"core": 55}
    assert gpu.temperature_threshold_celsius == {"slowdown": 120}


def test_no_counter_of_energy_is_believed(tmp_path: Path) -> None:
    card = card_of("instinct_mi210", tmp_path)
    sysfs.write("energy1_input = 123000000", card.device / "hwmon" / "hwmon9")
    assert measure(WHO, card).energy_joules is None


def test_a_card_with_nothing_but_an_address_measures_nothing(tmp_path: Path) -> None:
    device = tmp_path / "0000:03:00.0"
    sysfs.write("vendor = 0x1002", device)
    card = Card(tmp_path / "card0", device, "amd", "0000:03:00.0", is_integrated=False)
    assert measure(WHO, card) == WHO


@pytest.mark.parametrize("name", ["radeon_rx_7900_xtx", "ryzen_with_radeon_780m", "instinct_mi210"])
def test_whichever_file_fails_the_rest_stays_true(tmp_path: Path, name: str) -> None:
    whole = measure(WHO, card_of(name, tmp_path))
    [card] = cards(tmp_path / "sys")
    # without its maker a card's switch is not known to be its own
    files = [path for path in card.device.resolve().rglob("*") if path.name != "vendor"]
    files = [path for path in files if path.is_file()]
    assert len(files) > 20
    for file in files:
        content = file.read_text()
        file.unlink()
        file.mkdir()
        gpu = measure(WHO, card)
        file.rmdir()
        file.write_text(content)
        invented = [
            field.name
            for field in fields(Gpu)
            if not is_a_part(getattr(gpu, field.name), getattr(whole, field.name))
        ]
        assert not invented, file.name
    assert measure(WHO, card) == whole


def is_a_part(part: object, whole: object) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return part.items() <= whole.items()
    return part is None or part == whole
