"""Which cards there are, and who they are."""

from pathlib import Path

import pytest

from gpu_exporter.gpu import Gpu
from gpu_exporter.sysfs.card import (
    Card,
    by_fan,
    cards,
    chip_of,
    hertz,
    identity,
    renamed,
    share,
)
from gpu_exporter.sysfs.kfd import Node
from tests.fakes import sysfs


def only_card(name: str, root: Path) -> Card:
    sysfs.plant(name, root)
    [card] = cards(root / "sys")
    return card


def who(card: Card, root: Path, node: Node | None = None) -> Gpu:
    return identity(card, 0, node, root / "sys", root / "proc")


def test_connectors_and_render_nodes_are_no_cards(tmp_path: Path) -> None:
    card = only_card("radeon_rx_7900_xtx", tmp_path)
    assert (card.folder.name, card.vendor, card.address) == ("card0", "amd", "0000:03:00.0")


def test_cards_are_in_the_order_of_their_addresses(tmp_path: Path) -> None:
    sysfs.plant("laptop_with_a_sleeping_radeon", tmp_path)
    found = cards(tmp_path / "sys")
    assert [(card.vendor, card.address) for card in found] == [
        ("intel", "0000:00:02.0"),
        ("amd", "0000:03:00.0"),
    ]


@pytest.mark.parametrize(
    ("name", "is_integrated"),
    [
        ("radeon_rx_7900_xtx", False),
        ("ryzen_with_radeon_780m", True),
        ("instinct_mi210", False),
        ("arc_b580", False),
        ("intel_iris_xe", True),
    ],
)
def test_an_integrated_card_is_told_from_one_with_memory(
    tmp_path: Path, name: str, is_integrated: bool
) -> None:
    card = only_card(name, tmp_path)
    assert card.is_integrated == is_integrated
    assert who(card, tmp_path).unified_memory == is_integrated


def test_cards_of_other_makers_are_left_to_others(tmp_path: Path) -> None:
    device = "../../devices/pci0000:00/0000:01:00.0"
    sysfs.write(
        "[sys/devices/pci0000:00/0000:01:00.0]\nvendor = 0x10de\n"
        f"[sys/class/drm]\ncard0/device -> ../{device}\ncard1/device/vendor = 0x1002\ncard2 !",
        tmp_path,
    )
    assert cards(tmp_path / "sys") == []
    assert cards(tmp_path / "absent") == []


def test_a_card_whose_links_go_in_circles_does_not_hide_the_others(tmp_path: Path) -> None:
    sysfs.plant("radeon_rx_7900_xtx", tmp_path)
    circle = tmp_path / "sys" / "class" / "drm" / "card5" / "device"
    circle.parent.mkdir()
    circle.symlink_to(circle)
    [card] = cards(tmp_path / "sys")
    assert card.address == "0000:03:00.0"


def test_a_driver_whose_links_go_in_circles_has_the_kernels_version(tmp_path: Path) -> None:
    card = only_card("radeon_rx_7900_xtx", tmp_path)
    before = who(card, tmp_path)
    driver = card.device / "driver"
    driver.unlink(missing_ok=True)
    driver.symlink_to(driver)
    assert who(card, tmp_path) == before


def test_a_name_without_end_is_cut(tmp_path: Path) -> None:
    card = only_card("radeon_rx_7900_xtx", tmp_path)
    (card.device / "product_name").write_text("Radeon\x1b " + "x" * 100_000)
    assert who(card, tmp_path).name == "Radeon " + "x" * 57


def test_a_card_is_identified(tmp_path: Path) -> None:
    card = only_card("radeon_rx_7900_xtx", tmp_path)
    assert who(card, tmp_path, Node(("51040",), "gfx1100")) == Gpu(
        index="0",
        uuid="GPU-5b2c9f40a1d3e687",
        name="AMD GPU 0x744c",
        vendor="amd",
        driver_version="6.8.0-45-generic",
        pci_bus_id="0000:03:00.0",
        arch="gfx1100",
    )


def test_a_card_that_knows_its_name_says_it(tmp_path: Path) -> None:
    card = only_card("instinct_mi210", tmp_path)
    assert who(card, tmp_path).name == "Instinct MI210"


def test_a_driver_with_a_version_of_its_own_is_not_the_kernel_s(tmp_path: Path) -> None:
    card = only_card("instinct_mi210", tmp_path)
    assert who(card, tmp_path).driver_version == "6.8.5"


def test_a_card_without_an_id_of_its_own_is_known_by_its_place(tmp_path: Path) -> None:
    apu = only_card("ryzen_with_radeon_780m", tmp_path)
    assert who(apu, tmp_path).uuid == "0000:c1:00.0"


def test_a_card_of_which_hardly_anything_is_known_is_a_card(tmp_path: Path) -> None:
    sysfs.write(
        "[sys/devices/pci0000:00/0000:00:02.0]\nvendor = 0x8086\ndevice !\n"
        "[sys/class/drm]\ncard0/device -> ../../../devices/pci0000:00/0000:00:02.0",
        tmp_path,
    )
    [card] = cards(tmp_path / "sys")
    found = who(card, tmp_path)
    assert found.name == "Intel GPU of unknown kind"
    assert found.driver_version == ""
    assert chip_of(card).temperatures_celsius == {}


def test_the_chip_of_the_whole_card_is_preferred_to_that_of_a_part(tmp_path: Path) -> None:
    card = only_card("intel_iris_xe", tmp_path)
    sysfs.write(
        "[hwmon]\nhwmon1/name = i915_gt0\nhwmon1/energy1_input = 1\n"
        "hwmon2/name = i915\nhwmon2/energy1_input = 2000000",
        card.device.resolve() / "",
    )
    assert chip_of(card).energies_joules == {"energy1": 2}


@pytest.mark.parametrize(
    ("text", "ratio"), [("0", 0.0), ("87", 0.87), ("100", 1.0), ("101", None), ("-1", None)]
)
def test_a_percentage_is_a_share(tmp_path: Path, text: str, ratio: float | None) -> None:
    (tmp_path / "busy").write_text(text)
    assert share(tmp_path / "busy") == ratio


def test_the_first_clock_that_is_to_be_read_counts(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("0")
    (tmp_path / "c").write_text("1450")
    assert hertz([tmp_path / "a", tmp_path / "b", tmp_path / "c"]) == 0
    assert hertz([tmp_path / "c"]) == 1450e6
    assert hertz([tmp_path / "a"]) is None


def test_values_take_our_names_and_the_first_of_one_name_stays() -> None:
    names = {"pkg": "core", "temp1": "core", "mem": "memory"}
    assert renamed({"temp1": 3.0, "pkg": 2.0, "vrm": 9.0}, names) == {"core": 2.0}


def test_fans_are_counted_from_0() -> None:
    assert by_fan({"fan1": 10.0, "fan12": 30.0, "Front": 20.0}) == {"0": 10.0, "11": 30.0}
