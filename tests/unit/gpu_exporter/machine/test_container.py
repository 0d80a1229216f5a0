"""The two facts that tell: Docker's marker, and what the kernel shows in the first namespace."""

from pathlib import Path

import pytest

from gpu_exporter.machine.container import MARKERS, has_network_of_its_own
from tests.machines import write

BUDGET = {"proc/sys/net/core/netdev_budget": "300\n"}
OTHERS = {"proc/sys/net/core/somaxconn": "4096\n"}


@pytest.mark.parametrize("marker", [".dockerenv", "run/.containerenv"])
def test_a_marked_container_with_a_namespace_of_its_own_has_its_own_network(
    tmp_path: Path, marker: str
) -> None:
    write(tmp_path, {marker: "", **OTHERS})
    markers = (tmp_path / ".dockerenv", tmp_path / "run/.containerenv")
    assert has_network_of_its_own(markers, tmp_path / "proc")


def test_a_container_that_shares_the_machines_network_has_none(tmp_path: Path) -> None:
    write(tmp_path, {".dockerenv": "", **OTHERS, **BUDGET})
    assert not has_network_of_its_own((tmp_path / ".dockerenv",), tmp_path / "proc")


def test_a_machine_without_a_marker_has_none(tmp_path: Path) -> None:
    write(tmp_path, OTHERS)
    assert not has_network_of_its_own((tmp_path / ".dockerenv",), tmp_path / "proc")


def test_a_marker_that_cannot_be_looked_for_is_none(tmp_path: Path) -> None:
    assert not has_network_of_its_own((tmp_path / ("long" * 100),), tmp_path / "proc")


def test_the_markers_are_absolute() -> None:
    assert all(marker.is_absolute() for marker in MARKERS)
