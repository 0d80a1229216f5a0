"""Intel's cards, measured from trees of their drivers' files."""

from pathlib import Path

from gpu_exporter.gpu import Gpu
from gpu_exporter.sysfs.card import Card, cards
from gpu_exporter.sysfs.intel import IntelCards
from tests.fakes import sysfs

WHO = Gpu(index="0", uuid="u", name="n", vendor="intel")


def card_of(name: str, root: Path) -> Card:
    sysfs.plant(name, root)
    [card] = cards(root / "sys")
    return card


def at(seconds: float) -> IntelCards:
    return IntelCards(lambda: seconds, lambda: 16e9)


def test_an_arc_says_all_that_xe_knows(tmp_path: Path) -> None:
    assert at(0).measure(WHO, card_of("arc_b580", tmp_path)) == Gpu(
        index="0",
        uuid="u",
        name="n",
        vendor="intel",
        memory_total_bytes=12884901888,
        energy_joules=4200.5,
        power_limit_watts={"enforced": 190, "default": 190, "max": 228},
        temperature_celsius={"core": 62, "memory": 58},
        temperature_threshold_celsius={"slowdown": 100, "shutdown": 125},
        clock_hertz={"graphics": 2850e6},
        clock_max_hertz={"graphics": 2850e6},
        fan_speed_rpm={"0": 1540, "1": 0},
        throttle_active={"power_cap": 1, "hw_thermal": 0, "hw_slowdown": 0},
        pcie_link_generation={"current": 4, "max": 4},
        pcie_link_width={"current": 8, "max": 8},
    )


def test_an_integrated_card_has_clocks_and_the_system_s_memory(tmp_path: Path) -> None:
    gpu = at(0).measure(WHO, card_of("intel_iris_xe", tmp_path))
    assert gpu == Gpu(
        index="0",
        uuid="u",
        name="n",
        vendor="intel",
        memory_total_bytes=16e9,
        clock_hertz={"graphics": 300e6},
        clock_max_hertz={"graphics": 1450e6},
        throttle_active={"power_cap": 0, "hw_thermal": 0},
    )


def test_an_older_kernel_s_clocks_are_in_the_card_s_folder(tmp_path: Path) -> None:
    sysfs.plant("laptop_with_a_sleeping_radeon", tmp_path)
    card = cards(tmp_path / "sys")[0]
    gpu = at(0).measure(WHO, card)
    assert gpu.clock_hertz == {"graphics": 0}
    assert gpu.clock_max_hertz == {"graphics": 1550e6}


def test_power_is_the_energy_between_two_readings(tmp_path: Path) -> None:
    now = 100.0
    intel = IntelCards(lambda: now, lambda: 16e9)
    card = card_of("arc_b580", tmp_path)
    energy = card.device.resolve() / "hwmon" / "hwmon4" / "energy1_input"
    assert intel.measure(WHO, card).power_watts == {}
    now += 2
    energy.write_text("4560500000\n")
    assert intel.measure(WHO, card).power_watts == {"average": 180}


def test_a_counter_that_stands_still_tells_no_power(tmp_path: Path) -> None:
    now = 100.0
    intel = IntelCards(lambda: now, lambda: 16e9)
    card = card_of("arc_b580", tmp_path)
    intel.measure(WHO, card)
    now += 2
    assert intel.measure(WHO, card).power_watts == {}


def test_a_counter_that_went_back_tells_no_power(tmp_path: Path) -> None:
    now = 100.0
    intel = IntelCards(lambda: now, lambda: 16e9)
    card = card_of("arc_b580", tmp_path)
    energy = card.device.resolve() / "hwmon" / "hwmon4" / "energy1_input"
    intel.measure(WHO, card)
    now += 1
    energy.write_text("1000000\n")
    assert intel.measure(WHO, card).power_watts == {}
    now += 1
    energy.write_text("51000000\n")
    assert intel.measure(WHO, card).power_watts == {"average": 50}


def test_a_counter_that_could_not_be_read_tells_no_power_across_the_gap(tmp_path: Path) -> None:
    now = 100.0
    intel = IntelCards(lambda: now, lambda: 16e9)
    card = card_of("arc_b580", tmp_path)
    folder = card.device.resolve() / "hwmon" / "hwmon4"
    intel.measure(WHO, card)
    for name in ("energy1_input", "energy2_input"):
        (folder / name).rename(folder / f"{name}_away")
    now += 1
    gone = intel.measure(WHO, card)
    assert (gone.energy_joules, gone.power_watts) == (None, {})
    (folder / "energy1_input_away").rename(folder / "energy1_input")
    now += 1
    assert intel.measure(WHO, card).power_watts == {}


def test_the_package_speaks_for_a_card_whose_own_sensor_stands_at_0(tmp_path: Path) -> None:
    card = card_of("arc_b580", tmp_path)
    sysfs.write("energy1_input = 0", card.device / "hwmon" / "hwmon4")
    assert at(0).measure(WHO, card).energy_joules == 3100.25


def test_a_limit_that_is_switched_off_is_absent(tmp_path: Path) -> None:
    card = card_of("arc_b580", tmp_path)
    sysfs.write("power1_max = 0", card.device / "hwmon" / "hwmon4")
    assert at(0).measure(WHO, card).power_limit_watts == {"default": 190, "max": 228}


def test_i915_s_sensors_have_no_names(tmp_path: Path) -> None:
    card = card_of("arc_b580", tmp_path)
    hwmon = card.device.resolve() / "hwmon" / "hwmon4"
    for file in hwmon.iterdir():
        file.unlink()
    sysfs.write(
        "name = i915\nenergy1_input = 7000000\npower1_max = 190000000\n"
        "power1_rated_max = 225000000\ntemp1_input = 44000",
        hwmon,
    )
    gpu = at(0).measure(WHO, card)
    assert gpu.energy_joules == 7
    assert gpu.power_limit_watts == {"enforced": 190, "default": 225}
    assert gpu.temperature_celsius == {"core": 44}


def test_the_memory_of_all_tiles_counts(tmp_path: Path) -> None:
    card = card_of("arc_b580", tmp_path)
    sysfs.write("tile1/physical_vram_size_bytes = 12884901888", card.device)
    assert at(0).measure(WHO, card).memory_total_bytes == 2 * 12884901888


def test_i915_s_memory_is_told_in_the_card_s_folder(tmp_path: Path) -> None:
    card = card_of("arc_b580", tmp_path)
    (card.device / "tile0" / "physical_vram_size_bytes").unlink()
    sysfs.write("lmem_total_bytes = 17079205888", card.folder)
    assert at(0).measure(WHO, card).memory_total_bytes == 17079205888


def test_a_card_with_nothing_but_an_address_measures_nothing(tmp_path: Path) -> None:
    device = tmp_path / "0000:03:00.0"
    sysfs.write("vendor = 0x8086", device)
    card = Card(tmp_path / "card0", device, "intel", "0000:03:00.0", is_integrated=False)
    assert at(0).measure(WHO, card) == WHO
