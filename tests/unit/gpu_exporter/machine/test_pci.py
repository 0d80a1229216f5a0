"""PCI devices: where they are, whether they sleep, what their link to the machine is."""

from pathlib import Path

import pytest

from gpu_exporter.machine.pci import (
    address_of,
    is_suspended,
    link_generations,
    link_of_card,
    link_widths,
)
from tests.fakes import sysfs


def device(root: Path) -> Path:
    return root / "sys" / "class" / "drm" / "card0" / "device"


def test_an_address_is_found_through_links(tmp_path: Path) -> None:
    sysfs.plant("radeon_rx_7900_xtx", tmp_path)
    assert address_of(device(tmp_path)) == "0000:03:00.0"
    hwmon = tmp_path / "sys" / "class" / "hwmon" / "hwmon3"
    assert address_of(hwmon) == "0000:03:00.0"
    assert address_of(tmp_path) is None


def test_a_device_whose_links_go_in_circles_is_nowhere(tmp_path: Path) -> None:
    (tmp_path / "device").symlink_to(tmp_path / "device")
    assert address_of(tmp_path / "device") is None
    assert link_generations(link_of_card(tmp_path / "device")) == {}


def test_the_link_of_a_card_is_that_of_the_switch_on_its_board(tmp_path: Path) -> None:
    sysfs.plant("radeon_rx_7900_xtx", tmp_path)
    link = link_of_card(device(tmp_path))
    assert link.name == "0000:01:00.0"
    assert link_generations(link) == {"current": 3, "max": 4}
    assert link_widths(link) == {"current": 8, "max": 16}


def test_the_machine_s_own_port_is_not_the_card_s_even_if_of_the_same_maker(
    tmp_path: Path,
) -> None:
    sysfs.plant("arc_b580", tmp_path)
    link = link_of_card(tmp_path / "sys" / "class" / "drm" / "card1" / "device")
    assert link.name == "0000:01:00.0"
    assert link_widths(link) == {"current": 8, "max": 8}


def test_a_card_without_a_switch_has_its_own_link(tmp_path: Path) -> None:
    folder = tmp_path / "pci0000:00" / "0000:00:01.0" / "0000:01:00.0"
    sysfs.write(f"[{folder}]\nvendor = 0x1002\n[{folder.parent}]\nvendor = 0x1022", tmp_path)
    assert link_of_card(folder) == folder.resolve()


def test_a_device_that_does_not_say_its_maker_has_its_own_link(tmp_path: Path) -> None:
    folder = tmp_path / "pci0000:00" / "0000:00:01.0" / "0000:01:00.0" / "0000:02:00.0"
    folder.mkdir(parents=True)
    assert link_of_card(folder) == folder.resolve()


@pytest.mark.parametrize(
    ("speed", "generation"),
    [
        ("2.5 GT/s PCIe", 1),
        ("5.0 GT/s PCIe", 2),
        ("8 GT/s", 3),
        ("16.0 GT/s PCIe", 4),
        ("32.0 GT/s PCIe", 5),
        ("64.0 GT/s PCIe", 6),
    ],
)
def test_a_speed_is_of_a_generation(tmp_path: Path, speed: str, generation: float) -> None:
    (tmp_path / "current_link_speed").write_text(speed)
    assert link_generations(tmp_path) == {"current": generation}


@pytest.mark.parametrize(
    ("speed", "width"), [("Unknown", "0"), ("Unknown speed", "63"), ("", "255")]
)
def test_a_link_of_which_nothing_is_known_is_absent(tmp_path: Path, speed: str, width: str) -> None:
    (tmp_path / "current_link_speed").write_text(speed)
    (tmp_path / "current_link_width").write_text(width)
    assert link_generations(tmp_path) == {}
    assert link_widths(tmp_path) == {}


def test_a_device_sleeps_when_the_kernel_says_so(tmp_path: Path) -> None:
    assert not is_suspended(tmp_path)
    (tmp_path / "power").mkdir()
    status = tmp_path / "power" / "runtime_status"
    status.write_text("active\n")
    assert not is_suspended(tmp_path)
    status.write_text("suspended\n")
    assert is_suspended(tmp_path)
