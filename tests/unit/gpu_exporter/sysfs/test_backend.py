"""The cards of AMD and Intel together; what sleeps is named and not woken."""

import subprocess
import sys
from pathlib import Path

import pytest

from gpu_exporter.errors import Unavailable
from gpu_exporter.gpu import Gpu, GpuProcess
from gpu_exporter.settings import GpuExporterSettings
from gpu_exporter.sysfs.backend import SysfsCards, sysfs_backend
from tests.fakes import sysfs


def backend(root: Path) -> SysfsCards:
    return SysfsCards(root / "sys", root / "proc", lambda: 0.0, lambda: 16e9)


def test_a_machine_without_a_card_has_none_that_this_way_reads(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"no card of AMD or Intel in .*/class/drm"):
        backend(tmp_path).read()


def test_a_card_comes_with_its_identity_its_measures_and_its_processes(tmp_path: Path) -> None:
    sysfs.plant("radeon_rx_7900_xtx", tmp_path)
    sysfs.plant("processes_of_the_radeon", tmp_path)
    [gpu] = backend(tmp_path).read()
    assert (gpu.uuid, gpu.arch) == ("GPU-5b2c9f40a1d3e687", "gfx1100")
    assert gpu.utilization_ratio == 0.87
    assert gpu.processes is not None
    assert GpuProcess(4242, 20401094656) in gpu.processes


def test_an_integrated_card_of_intel_s_has_the_machine_s_memory(tmp_path: Path) -> None:
    sysfs.plant("intel_iris_xe", tmp_path)
    [gpu] = backend(tmp_path).read()
    assert gpu.memory_total_bytes == 16e9
    assert gpu.unified_memory
    assert gpu.memory_used_bytes is None
    assert gpu.utilization_ratio is None


def test_two_cards_are_two_and_the_one_that_sleeps_has_a_name_only(tmp_path: Path) -> None:
    sysfs.plant("laptop_with_a_sleeping_radeon", tmp_path)
    awake, asleep = backend(tmp_path).read()
    assert awake.processes == []
    assert (awake.index, awake.vendor, awake.clock_hertz) == ("0", "intel", {"graphics": 0})
    assert asleep == Gpu(
        index="1",
        uuid="GPU-9c41d2e7b05fa318",
        name="AMD GPU 0x73ff",
        vendor="amd",
        driver_version="6.8.0-45-generic",
        pci_bus_id="0000:03:00.0",
    )


OPENED = """
import sys
from pathlib import Path
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from gpu_exporter.sysfs.backend import SysfsCards
root = Path(sys.argv[1])
SysfsCards(root / "sys", root / "proc", lambda: 0.0, lambda: 16e9).read()
sleeping = ("/card1/", "0000:03:00.0", "/fdinfo/")
print(*(path for path in opened if any(part in path for part in sleeping)), sep="\\n")
"""


def test_nothing_of_a_sleeping_card_is_opened_that_would_wake_it(tmp_path: Path) -> None:
    sysfs.plant("laptop_with_a_sleeping_radeon", tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", OPENED, str(tmp_path)], capture_output=True, text=True, check=True
    )
    opened = {path.partition("/device/")[2] for path in done.stdout.split()}
    assert "power/runtime_status" in opened
    assert opened <= {"vendor", "device", "unique_id", "product_name", "power/runtime_status"}


def test_a_card_that_wakes_is_measured(tmp_path: Path) -> None:
    sysfs.plant("laptop_with_a_sleeping_radeon", tmp_path)
    cards = backend(tmp_path)
    cards.read()
    device = tmp_path / "sys/class/drm/card1/device"
    sysfs.write("power/runtime_status = active", device)
    gpu = cards.read()[1]
    assert gpu.temperature_celsius == {"core": 41}
    assert gpu.uuid == "GPU-9c41d2e7b05fa318"


def test_a_card_keeps_its_id_while_it_cannot_tell_it(tmp_path: Path) -> None:
    sysfs.plant("radeon_rx_7900_xtx", tmp_path)
    cards = backend(tmp_path)
    before = cards.read()[0].uuid
    (tmp_path / "sys/class/drm/card0/device/unique_id").unlink()
    assert cards.read()[0].uuid == before


def test_the_backend_reads_where_the_settings_say(tmp_path: Path) -> None:
    sysfs.plant("arc_b580", tmp_path)
    settings = GpuExporterSettings(host_sys=tmp_path / "sys", host_proc=tmp_path / "proc")
    made = sysfs_backend(settings, lambda: 0.0)
    assert made.name == "sysfs"
    assert [gpu.name for gpu in made.read()] == ["Intel GPU 0xe20b"]
    made.close()
