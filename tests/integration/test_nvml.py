"""The exporter as a process over a driver of our own: pynvml and ctypes as on a real machine.

Source of the driver: tests/fakes/nvml/driver.c, which says what its cards answer.
"""

import asyncio
import ctypes.util
import json
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from gpu_exporter.nvidia.capture import load
from gpu_exporter.nvidia.replay import replay_backend
from gpu_exporter.ollama.runners import sees_all
from gpu_exporter.settings import GpuExporterSettings
from tests.components import need
from tests.exporters import ExporterProcess, Scrape, exporter_process
from tests.fakes.nvml import Driver, can_build

pytestmark = pytest.mark.long

MIB = 1024**2
END_SECONDS = 10.0
"""A process that waited for the driver would not end at all."""

ADA, TURING = ("0", "GPU-fake-0"), ("1", "GPU-fake-1")


@dataclass(frozen=True, slots=True)
class Machine:
    """An exporter on a machine with the driver; `control` is what the driver is told."""

    exporter: ExporterProcess
    control: Path

    def tell(self, word: str) -> None:
        # in one piece: the driver reads it at any time
        said = self.control.with_suffix(".new")
        said.write_text(f"{word}\n", encoding="utf-8")
        said.replace(self.control)

    async def until(self, reached: Callable[[Scrape], bool]) -> Scrape:
        return await self.exporter.until_scraped(reached)

    async def stop(self) -> int | None:
        """Exit code after SIGTERM."""
        self.exporter.child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(END_SECONDS):
            await self.exporter.ended()
        return self.exporter.child.returncode


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the library."""
    need("cc", can_build(), "apt-get install gcc")
    folder = tmp_path_factory.mktemp("driver")
    assert Driver(folder).build() == ""
    return folder


@asynccontextmanager
async def machine(
    driver: Path, folder: Path, told: str = "", **settings: str
) -> AsyncIterator[Machine]:
    """`told` is the driver's control from the start; `settings` are the exporter's."""
    control = folder / "control"
    control.write_text(f"{told}\n", encoding="utf-8")
    variables = {f"GPU_EXPORTER_{name.upper()}": value for name, value in settings.items()}
    usual = {
        "GPU_EXPORTER_BACKEND": "nvml",
        "GPU_EXPORTER_GPU_INTERVAL_SECONDS": "0.2",
        "GPU_EXPORTER_HOST_INTERVAL_SECONDS": "0.2",
    }
    async with exporter_process(
        LD_LIBRARY_PATH=str(driver), FAKE_NVML_CONTROL=str(control), **usual | variables
    ) as exporter:
        await exporter.until("/ready")
        yield Machine(exporter, control)


def is_up(scrape: Scrape) -> bool:
    return scrape["exporter_collector_up"][("gpu",)] == 1


async def test_what_the_driver_says_is_exported_in_base_units(driver: Path, tmp_path: Path) -> None:
    async with machine(driver, tmp_path) as here:
        found = await here.until(is_up)
    fake = ("nvidia", "595.71.05", "13.2")
    assert set(found["gpu_info"]) == {
        (*ADA, "Fake Ada", *fake, "00000000:01:00.0", "ada", "false"),
        (*TURING, "Fake Turing", *fake, "00000000:41:00.0", "turing", "false"),
    }
    assert found["exporter_gpu_count"] == {(): 2}
    assert found["exporter_nvml_return_code"] == {(): 0}
    assert found["gpu_utilization_ratio"] == {ADA: 0.97, TURING: 0.05}
    assert found["gpu_power_watts"] == {
        (*ADA, "average"): 301.4,
        (*ADA, "instant"): 322.9005,
        (*TURING, "instant"): 15.42,
    }
    assert found["gpu_power_limit_watts"][*ADA, "enforced"] == 320
    assert found["gpu_memory_used_bytes"] == {ADA: 9716 * MIB, TURING: 1192 * MIB}
    assert found["gpu_memory_reserved_bytes"] == {ADA: 433 * MIB}
    assert found["gpu_temperature_celsius"] == {
        (*ADA, "core"): 64,
        (*ADA, "memory"): 70,
        (*TURING, "core"): 44,
    }
    assert found["gpu_temperature_threshold_celsius"][*ADA, "shutdown"] == 101
    assert found["gpu_clock_hertz"][*ADA, "sm"] == 2_790_000_000
    assert found["gpu_fan_speed_ratio"] == {(*ADA, "0"): 0.38, (*ADA, "1"): 0.41}
    assert found["gpu_fan_speed_rpm"] == {(*ADA, "0"): 1312, (*ADA, "1"): 1405}
    assert found["gpu_performance_state"] == {ADA: 2}
    assert found["gpu_throttle_active"][*ADA, "power_cap"] == 1
    assert found["gpu_throttle_active"][*TURING, "power_cap"] == 0
    assert found["gpu_throttle_seconds_total"] == {(*ADA, "power_cap"): 1.5}


async def test_what_the_driver_does_not_say_has_no_series(driver: Path, tmp_path: Path) -> None:
    async with machine(driver, tmp_path, pcie_throughput="true") as here:
        found = await here.until(is_up)
    missing = ("decoder_utilization_ratio", "encoder_utilization_ratio", "pcie_replays_total")
    others = ("pcie_throughput_bytes_per_second", "ecc_errors_total", "mig_enabled", "mig_info")
    assert [name for name in (*missing, *others) if f"gpu_{name}" in found] == []
    assert "gpu_xid_errors_total" not in found


async def test_processes_are_counted_even_where_their_memory_is_not_told(
    driver: Path, tmp_path: Path
) -> None:
    if not sees_all(Path("/proc")):
        pytest.skip("a container's own processes: what a driver lists there is not believed")
    async with machine(driver, tmp_path) as here:
        found = await here.until(lambda scrape: "gpu_processes" in scrape)
    assert sum(value for labels, value in found["gpu_processes"].items() if labels[:2] == ADA) == 2
    memory = {labels: v for labels, v in found["gpu_process_memory_bytes"].items() if v}
    assert [(labels[:2], value) for labels, value in memory.items()] == [(ADA, 9120 * MIB)]


async def test_a_divided_card_has_parts_with_their_memory(driver: Path, tmp_path: Path) -> None:
    async with machine(driver, tmp_path, told="mig") as here:
        found = await here.until(is_up)
    assert found["gpu_mig_enabled"] == {ADA: 1}
    assert set(found["gpu_mig_info"]) == {(*ADA, "9", "MIG-fake", "1g.10gb")}
    assert found["gpu_mig_memory_used_bytes"] == {(*ADA, "9"): 2314 * MIB}
    assert found["gpu_mig_memory_total_bytes"] == {(*ADA, "9"): 9984 * MIB}
    assert {labels[:2] for labels in found["gpu_energy_joules_total"]} <= {ADA, TURING}


async def test_energy_is_the_cards_own_counter_or_its_power_over_time(
    driver: Path, tmp_path: Path
) -> None:
    ada, turing = (*ADA, "counter"), (*TURING, "integrated")

    def joules(scrape: Scrape, source: tuple[str, ...]) -> float:
        return scrape.get("gpu_energy_joules_total", {}).get(source, 0.0)

    async with machine(driver, tmp_path) as here:
        first = await here.until(lambda scrape: joules(scrape, turing) > 0)
        began = time.perf_counter()
        last = await here.until(lambda scrape: joules(scrape, ada) - joules(first, ada) > 200)
        seconds = time.perf_counter() - began
    watts = (joules(last, ada) - joules(first, ada)) / seconds
    assert watts == pytest.approx(100, rel=0.5)
    ratio = (joules(last, turing) - joules(first, turing)) / (
        joules(last, ada) - joules(first, ada)
    )
    assert ratio == pytest.approx(15.42 / 100, rel=0.3)
    assert set(last["gpu_energy_joules_total"]) == {ada, turing}


async def test_the_driver_is_told_several_things_at_once_and_takes_them_back(
    tmp_path: Path,
) -> None:
    need("cc", can_build(), "apt-get install gcc")
    driver = Driver(tmp_path)
    driver.build()
    hot = (*ADA, "hw_thermal")

    def state(scrape: Scrape) -> tuple[float, float]:
        used, total = (scrape[f"gpu_memory_{what}_bytes"][ADA] for what in ("used", "total"))
        return round(used / total, 2), scrape["gpu_throttle_active"][hot]

    variables = driver.environment | {
        "GPU_EXPORTER_BACKEND": "nvml",
        "GPU_EXPORTER_GPU_INTERVAL_SECONDS": "0.2",
    }
    async with exporter_process(**variables) as exporter:
        await exporter.until("/ready")
        await exporter.until_scraped(lambda scrape: state(scrape) == (0.59, 0))
        with driver.told("hot"), driver.told("full"):
            found = await exporter.until_scraped(lambda scrape: state(scrape) == (0.97, 1))
            with driver.told("hot"):
                pass
            assert state(await exporter.scrape()) == (0.97, 1)
        after = await exporter.until_scraped(lambda scrape: state(scrape) == (0.59, 0))
    assert found["gpu_memory_free_bytes"][ADA] == 0
    assert after["gpu_throttle_active"][*ADA, "power_cap"] == 1


async def test_an_xid_is_counted(driver: Path, tmp_path: Path) -> None:
    async with machine(driver, tmp_path) as here:
        await here.until(is_up)
        began = time.time()  # noqa: TID251 (the metric is a timestamp)
        here.tell("xid 48")
        found = await here.until(lambda scrape: "gpu_xid_errors_total" in scrape)
    assert found["gpu_xid_errors_total"] == {(*ADA, "48"): 1}
    assert found["gpu_xid_last_timestamp_seconds"][*ADA, "48"] == pytest.approx(began, abs=20)


async def test_an_xid_is_counted_after_a_wait_that_failed(driver: Path, tmp_path: Path) -> None:
    errors = "exporter_collector_errors_total"
    async with machine(driver, tmp_path, told="deaf") as here:
        await here.until(lambda scrape: scrape[errors][("gpu",)] > 0)
        here.tell("xid 48")
        found = await here.until(lambda scrape: "gpu_xid_errors_total" in scrape)
        await here.until(is_up)
        logged = here.exporter.logged()
    assert found["gpu_xid_errors_total"] == {(*ADA, "48"): 1}
    assert logged.count("xid_watch_ended") == 1


async def test_a_call_that_fails_in_passing_is_an_error_beside_the_values(
    driver: Path, tmp_path: Path
) -> None:
    errors = "exporter_collector_errors_total"
    async with machine(driver, tmp_path) as here:
        before = await here.until(is_up)
        here.tell("busy")
        found = await here.until(lambda scrape: scrape[errors][("gpu",)] > 3)
        here.tell("")
        after = await here.until(is_up)
        logged = here.exporter.logged()
    assert before[errors][("gpu",)] == 0
    assert "gpu_performance_state" not in found
    assert set(found["gpu_utilization_ratio"]) == {ADA, TURING}
    assert found["exporter_collector_up"][("gpu",)] == 0
    assert found["exporter_nvml_return_code"] == {(): 19}
    assert after["exporter_nvml_return_code"] == {(): 0}
    assert logged.count("collector_failed") == 1


@pytest.mark.parametrize("backend", ["nvml", "auto"])
async def test_of_two_cards_the_one_that_is_lost_vanishes(
    driver: Path, tmp_path: Path, backend: str
) -> None:
    async with machine(driver, tmp_path, backend=backend) as here:
        await here.until(lambda scrape: cards(scrape) == {ADA, TURING})
        here.tell("lost")
        found = await here.until(lambda scrape: cards(scrape) == {ADA})
        health = json.loads(await here.exporter.until("/health", 503))
        logged = here.exporter.logged()
    assert found["exporter_gpu_count"] == {(): 1}
    assert "gpu is lost" in health["checks"]["gpu"]["detail"]
    assert logged.count("card_lost") == 1


def cards(scrape: Scrape) -> set[tuple[str, ...]]:
    """Those that any series is of."""
    labels = (labels for series in scrape.values() for labels in series)
    return {found[:2] for found in labels} & {ADA, TURING}


async def test_a_driver_that_is_gone_takes_the_series_and_brings_them_back(
    driver: Path, tmp_path: Path
) -> None:
    async with machine(driver, tmp_path) as here:
        await here.until(is_up)
        here.tell("gone")
        found = await here.until(lambda scrape: "gpu_utilization_ratio" not in scrape)
        assert found["exporter_nvml_return_code"] == {(): 999}
        assert found["exporter_gpu_count"] == {(): 0}
        assert found["host_cpu_seconds_total"]
        here.tell("")
        found = await here.until(is_up)
        code = await here.stop()
    assert set(found["gpu_utilization_ratio"]) == {ADA, TURING}
    assert found["exporter_nvml_return_code"] == {(): 0}
    assert code == 0


async def test_a_driver_that_stays_gone_ends_the_process_where_that_is_asked_for(
    driver: Path, tmp_path: Path
) -> None:
    async with machine(driver, tmp_path, exit_on_nvml_loss="2") as here:
        await here.until(is_up)
        here.tell("gone")
        logged = await here.exporter.ended()
        assert here.exporter.child.returncode == 1
    assert "nvml_given_up" in logged


def test_what_is_recorded_there_is_played_elsewhere(driver: Path, tmp_path: Path) -> None:
    path = tmp_path / "capture.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "gpu_exporter.nvidia.record", "--output", str(path)),
            *("--seconds", "1", "--interval", "0.2", "--origin", "the driver of the tests"),
        ],
        env={"LD_LIBRARY_PATH": str(driver)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    capture = load(path)
    assert capture.origin == "the driver of the tests"
    assert len(capture.frames) > 2
    backend = replay_backend(GpuExporterSettings(backend="replay", capture=path))
    gpus = list(backend.read())
    backend.close()
    assert [(gpu.name, gpu.memory_used_bytes) for gpu in gpus] == [
        ("Fake Ada", 9716 * MIB),
        ("Fake Turing", 1192 * MIB),
    ]
    assert gpus[0].power_watts == {"average": 301.4, "instant": 322.9005}


def test_without_a_driver_there_is_nothing_to_record(tmp_path: Path) -> None:
    path = tmp_path / "capture.json"
    if ctypes.util.find_library("nvidia-ml"):
        pytest.skip("this machine has NVIDIA's driver: run it where there is none")
    command = [sys.executable, "-m", "gpu_exporter.nvidia.record", "--output", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "gpu_exporter.nvidia.record: no NVIDIA driver: libnvidia-ml.so.1 was not found\n"
    )
    assert not path.exists()


async def test_while_the_driver_hangs_everything_else_goes_on(driver: Path, tmp_path: Path) -> None:
    async with machine(driver, tmp_path) as here:
        await here.until(is_up)
        here.tell("hang")
        hung = await here.until(
            lambda scrape: scrape["exporter_collector_duration_seconds"][("gpu",)] > 1
        )
        took = await seconds_of_scrapes(here)
        later = await here.until(lambda scrape: cpu_seconds(scrape) > cpu_seconds(hung))
        success = "exporter_collector_last_success_timestamp_seconds"
        assert later[success][("gpu",)] == hung[success][("gpu",)]
        assert later[success][("host_cpu",)] > hung[success][("host_cpu",)]
        await here.until(
            lambda scrape: scrape[success][("host_cpu",)] - scrape[success][("gpu",)] > 2
        )
        code = await here.stop()
    # one that waited for the driver would take for ever
    assert statistics.median(took) < 0.05
    assert max(took) < 1
    assert code == 0


def cpu_seconds(scrape: Scrape) -> float:
    return sum(scrape["host_cpu_seconds_total"].values())


async def seconds_of_scrapes(here: Machine) -> list[float]:
    """How long each of 200 scrapes takes, all of which have the cards."""
    url = f"http://127.0.0.1:{here.exporter.port}/metrics"
    took = []
    async with aiohttp.ClientSession() as session:
        for _ in range(200):
            began = time.perf_counter()
            async with session.get(url) as answer:
                assert b"gpu_utilization_ratio" in await answer.read()
            took.append(time.perf_counter() - began)
    return took
