"""Which processes use a card: their memory, whoever tells it; and when nothing can be told."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from gpu_exporter.gpu import GpuProcess
from gpu_exporter.sysfs import kfd
from gpu_exporter.sysfs.card import cards
from gpu_exporter.sysfs.processes import EVERY_SECONDS, DrmProcesses, _descriptors
from tests.fakes import sysfs
from tests.rights import open_folder, without_rights

Found = Mapping[str, Sequence[GpuProcess] | None]
RADEON = "0000:03:00.0"
DESKTOP = [GpuProcess(2001, 262144 * 1024), GpuProcess(3001, 100 * 1024**2)]
RUNNER = GpuProcess(4242, 20401094656)
"""What KFD says of it; its descriptors say 1024 * 19922944, which has not all of it."""


def look(root: Path) -> Found:
    sys = root / "sys"
    return DrmProcesses(sys, root / "proc", lambda: 0.0).by_address(cards(sys), kfd.nodes(sys))


def test_a_card_s_processes_are_found_each_client_once(tmp_path: Path) -> None:
    sysfs.plant("radeon_rx_7900_xtx", tmp_path)
    sysfs.plant("processes_of_the_radeon", tmp_path)
    assert look(tmp_path) == {RADEON: [*DESKTOP, RUNNER]}


def test_descriptors_alone_tell_where_there_is_no_kfd(tmp_path: Path) -> None:
    sysfs.plant("radeon_rx_7900_xtx", tmp_path)
    sysfs.plant("processes_of_the_radeon", tmp_path)
    (tmp_path / "sys/class/kfd").rename(tmp_path / "away")
    assert look(tmp_path) == {RADEON: [*DESKTOP, GpuProcess(4242, 19922944 * 1024)]}


def test_intel_s_processes_are_found(tmp_path: Path) -> None:
    sysfs.plant("arc_b580", tmp_path)
    assert look(tmp_path) == {RADEON: [GpuProcess(777, 23992 * 1024)]}


def test_an_integrated_card_s_processes_hold_the_system_s_memory(tmp_path: Path) -> None:
    sysfs.plant("intel_iris_xe", tmp_path)
    assert look(tmp_path) == {"0000:00:02.0": [GpuProcess(900, 264 * 1024**2)]}


def test_a_card_that_nobody_uses_has_no_processes(tmp_path: Path) -> None:
    sysfs.plant("radeon_rx_7900_xtx", tmp_path)
    assert look(tmp_path) == {RADEON: []}


def test_none_is_told_where_only_a_container_s_processes_are_seen(tmp_path: Path) -> None:
    sysfs.plant("radeon_rx_7900_xtx", tmp_path)
    (tmp_path / "proc/2/comm").unlink()
    assert look(tmp_path) == {RADEON: None}


def test_what_is_seen_in_a_container_of_its_own_is_told(tmp_path: Path) -> None:
    sysfs.plant("arc_b580", tmp_path)
    (tmp_path / "proc/2/comm").unlink()
    assert look(tmp_path) == {RADEON: [GpuProcess(777, 23992 * 1024)]}


def test_kfd_tells_of_computing_where_no_process_may_be_looked_into(tmp_path: Path) -> None:
    sysfs.plant("radeon_rx_7900_xtx", tmp_path)
    sysfs.plant("processes_of_the_radeon", tmp_path)
    (tmp_path / "proc").rename(tmp_path / "away")
    assert look(tmp_path) == {RADEON: [RUNNER]}


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        ("1", [GpuProcess(777, 23992 * 1024)]),
        ("777", None),
    ],
)
def test_a_process_that_may_not_be_looked_into_is_left_out_unless_it_is_ollama_s(
    closed: str, expected: Sequence[GpuProcess] | None
) -> None:
    with open_folder() as root:
        sysfs.plant("arc_b580", root)
        sysfs.write("comm = systemd\nfd/0 -> /dev/null", root / "proc" / "1")
        sysfs.write("comm = Xorg\nfd/0 -> /dev/dri/card1", root / "proc" / "800")
        fdinfo = "fdinfo/0 = drm-pdev: 0000:03:00.0\\ndrm-client-id: 9\\ndrm-resident-vram0: 4096"
        sysfs.write(fdinfo, root / "proc" / "800")
        (root / "proc" / closed / "fd").chmod(0)
        with without_rights():
            found = look(root)[RADEON]
        (root / "proc" / closed / "fd").chmod(0o755)
    assert found == (None if expected is None else [*expected, GpuProcess(800, 4096)])


def test_none_is_told_where_nothing_may_be_looked_into() -> None:
    with open_folder() as root:
        sysfs.plant("arc_b580", root)
        sysfs.write("comm = python", root / "proc" / "777")
        (root / "proc" / "777" / "fd").chmod(0)
        with without_rights():
            assert look(root) == {RADEON: None}
        (root / "proc" / "777" / "fd").chmod(0o755)


def test_a_process_whose_driver_does_not_tell_memory_is_a_process(tmp_path: Path) -> None:
    sysfs.plant("arc_b580", tmp_path)
    sysfs.write("fdinfo/5 = drm-driver:\\txe\\ndrm-pdev:\\t0000:03:00.0", tmp_path / "proc/777")
    assert look(tmp_path) == {RADEON: [GpuProcess(777, None)]}


def test_clients_without_an_id_are_each_their_own(tmp_path: Path) -> None:
    sysfs.plant("arc_b580", tmp_path)
    for descriptor in (5, 6):
        text = "drm-pdev:\\t0000:03:00.0\\ndrm-memory-vram:\\t10 KiB"
        sysfs.write(f"fdinfo/{descriptor} = {text}", tmp_path / "proc/777")
    sysfs.write("fd/6 -> /dev/dri/renderD128", tmp_path / "proc/777")
    assert look(tmp_path) == {RADEON: [GpuProcess(777, 20 * 1024)]}


def test_a_process_that_ends_while_it_is_looked_at_is_left_out(tmp_path: Path) -> None:
    sysfs.plant("arc_b580", tmp_path)
    sysfs.write("[proc]\n31/comm = gone\n32x/comm = no\n33/fd/7 -> /dev/dri/renderD128", tmp_path)
    assert look(tmp_path) == {RADEON: [GpuProcess(777, 23992 * 1024)]}


def test_a_descriptor_that_is_closed_while_it_is_looked_at_is_left_out(tmp_path: Path) -> None:
    for descriptor in range(2):
        sysfs.write(f"fd/{descriptor} -> /dev/dri/renderD128", tmp_path)
    looking = _descriptors(tmp_path, {"/dev/dri/renderD128"})
    seen = next(looking)
    (tmp_path / "fd" / ("1" if seen == "0" else "0")).unlink()
    assert list(looking) == []


def test_a_process_is_of_the_card_that_it_uses(tmp_path: Path) -> None:
    sysfs.plant("laptop_with_a_sleeping_radeon", tmp_path)
    assert look(tmp_path) == {"0000:00:02.0": [], RADEON: [GpuProcess(640, 12 * 1024)]}


def test_processes_are_looked_for_once_in_a_while(tmp_path: Path) -> None:
    sysfs.plant("arc_b580", tmp_path)
    now = 0.0
    processes = DrmProcesses(tmp_path / "sys", tmp_path / "proc", lambda: now)
    found = cards(tmp_path / "sys")
    before = processes.by_address(found, {})
    (tmp_path / "proc/777/fd/5").unlink()
    now = EVERY_SECONDS - 0.1
    assert processes.by_address(found, {}) == before
    now = EVERY_SECONDS
    assert processes.by_address(found, {}) == {RADEON: []}
