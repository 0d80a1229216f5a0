"""AMD's compute driver: which card an id is of, and what processes hold of it."""

from pathlib import Path

import pytest

from gpu_exporter.sysfs.kfd import Node, memory_by_process, nodes
from tests.fakes import sysfs


def test_cards_are_found_by_their_address(tmp_path: Path) -> None:
    sysfs.plant("radeon_rx_7900_xtx", tmp_path)
    assert nodes(tmp_path / "sys") == {"0000:03:00.0": Node(("51040",), "gfx1100")}


@pytest.mark.parametrize(
    ("version", "arch"),
    [(110000, "gfx1100"), (110003, "gfx1103"), (90010, "gfx90a"), (90402, "gfx942"), (0, "")],
)
def test_an_architecture_is_named_as_rocm_names_it(tmp_path: Path, version: int, arch: str) -> None:
    node = "[class/kfd/kfd/topology/nodes/1]\ngpu_id = 7\nproperties = location_id 768"
    sysfs.write(f"{node}\\ngfx_target_version {version}", tmp_path)
    assert nodes(tmp_path)["0000:03:00.0"].arch == arch


def test_the_parts_of_a_divided_card_are_one_card(tmp_path: Path) -> None:
    for number, gpu_id in enumerate(("11", "12")):
        folder = f"[class/kfd/kfd/topology/nodes/{number}]"
        sysfs.write(f"{folder}\ngpu_id = {gpu_id}\nproperties = location_id 768", tmp_path)
    sysfs.write("[class/kfd/kfd/proc/4242]\nvram_11 = 1000\nvram_12 = 24", tmp_path)
    node = nodes(tmp_path)["0000:03:00.0"]
    assert node.gpu_ids == ("11", "12")
    assert memory_by_process(tmp_path, node) == {4242: 1024}


def test_a_domain_and_a_function_are_in_the_address(tmp_path: Path) -> None:
    properties = f"location_id {0xC1 << 8 | 2 << 3 | 1}\\ndomain 2"
    sysfs.write(
        f"[class/kfd/kfd/topology/nodes/1]\ngpu_id = 7\nproperties = {properties}", tmp_path
    )
    assert set(nodes(tmp_path)) == {"0002:c1:02.1"}


def test_memory_is_by_process(tmp_path: Path) -> None:
    sysfs.plant("processes_of_the_radeon", tmp_path)
    held = memory_by_process(tmp_path / "sys", Node(("51040",), ""))
    assert held == {4242: 20401094656}
    assert memory_by_process(tmp_path / "sys", Node(("1",), "")) == {}


def test_a_tree_with_holes_breaks_nothing(tmp_path: Path) -> None:
    sysfs.write(
        "[class/kfd/kfd/topology/nodes]\n0/gpu_id !\n1/gpu_id = 5\n2/properties = location_id 3\n"
        "3/gpu_id = 5\n3/properties = location_id x y\\nlocation_id\\n"
        "\n[class/kfd/kfd/proc]\nodd/vram_5 = 3\n12/vram_5 !",
        tmp_path,
    )
    assert nodes(tmp_path) == {}
    assert memory_by_process(tmp_path, Node(("5",), "")) == {}
    assert nodes(tmp_path / "absent") == {}
