"""The exporter as a process: on a machine that has nothing, on one that hangs, and as a demo."""

import ctypes.util
import json
import math
import signal
import socket
import statistics
import time
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)

from gpu_exporter.registry import NAMES
from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.metrics import catalogue
from ollama_observe.service.settings import fields_of
from tests.exporters import ExporterProcess, a_machine_that_hangs, exporter_process, samples

END_SECONDS = 10.0
"""An end that waits for what hangs takes for ever; the rest is for a busy machine."""
MOST_SERIES_OF_A_CARD = 75
MOST_SERIES_OF_A_MACHINE = 250
"""Without the cards: disks, interfaces and sensors are what differs between machines."""

OURS = {metric.name for metric in catalogue.EXPORTER}


async def end(exporter: ExporterProcess) -> tuple[int | None, float, str]:
    """Exit code after SIGTERM, how long that took, and the log."""
    began = time.perf_counter()
    exporter.child.send_signal(signal.SIGTERM)
    logged = await exporter.ended()
    return exporter.child.returncode, time.perf_counter() - began, logged


def on_nothing(folder: Path) -> dict[str, str]:
    """Variables of a machine without sensors, disks, cards of AMD and Intel, and models."""
    if ctypes.util.find_library("nvidia-ml"):
        pytest.skip("this machine has NVIDIA's driver: run it where there is none")
    return {"GPU_EXPORTER_HOST_SYS": str(folder), "HOME": str(folder)}


async def test_on_a_machine_that_has_nothing_it_is_whole_and_says_what_is_absent(
    tmp_path: Path,
) -> None:
    async with exporter_process(**on_nothing(tmp_path)) as exporter:
        await exporter.until("/ready")
        found = await exporter.scrape()
        health = json.loads(await exporter.until("/health"))
        code, seconds, logged = await end(exporter)
    assert [labels[2] for labels in found["exporter_build_info"]] == ["none"]
    assert found["exporter_gpu_count"] == {(): 0}
    up = {labels[0]: value for labels, value in found["exporter_collector_up"].items()}
    assert set(up) == set(NAMES) == set(health["checks"])
    present = {name for name, value in up.items() if value}
    assert {"host_cpu", "host_memory", "ollama_server"} <= present
    absent = {"gpu", "gpu_processes", "host_rapl", "energy", "host_sensors", "ollama_models"}
    assert not absent & present
    for name in absent:
        check = health["checks"][name]
        assert check["ok"] and len(check["detail"]) > 20, name
    assert found["ollama_up"] == {(): 0}
    assert not any(name.startswith("gpu_") for name in set(found) & OURS)
    assert (code, seconds < END_SECONDS) == (0, True)
    assert "Traceback" not in logged


async def test_every_value_is_a_number_in_both_formats(tmp_path: Path) -> None:
    async with exporter_process(GPU_EXPORTER_BACKEND="demo") as exporter:
        await exporter.until("/ready")
        # its series begin at its second turn, which must not be between the two scrapes
        await exporter.until_scraped(lambda found: found["exporter_collector_up"]["energy",] == 1)
        _, text = await exporter.get("/metrics")
        _, openmetrics = await exporter.get("/metrics", "application/openmetrics-text")
    families = openmetrics_families(openmetrics)  # type: ignore[no-untyped-call]
    found = [sample for family in families for sample in family.samples]
    assert {s.name for s in found} == {s.name for s in samples(text)}
    assert all(math.isfinite(s.value) for s in (*samples(text), *found))


async def test_a_demonstration_has_cards_and_no_more_series_than_that_needs() -> None:
    async with exporter_process("--backend", "demo") as exporter:
        await exporter.until("/ready")
        _, text = await exporter.get("/metrics")
    ours = [s for s in samples(text) if s.name in OURS]
    assert {s.labels["vendor"] for s in ours if s.name == "gpu_info"} == {"demo"}
    of_cards = [s for s in ours if "uuid" in s.labels]
    # fewer where the processes of cards are not ours to see, in a container
    assert 80 < len(of_cards) <= 2 * MOST_SERIES_OF_A_CARD
    assert len(ours) - len(of_cards) <= MOST_SERIES_OF_A_MACHINE
    assert {s.labels["source"] for s in ours if s.name == "gpu_energy_joules_total"} == {"demo"}
    for sample in ours:
        assert not {"pid", "user", "username", "path", "cmdline"} & set(sample.labels)


async def test_it_serves_the_names_of_dcgm_where_that_is_asked_for() -> None:
    async with exporter_process("--backend", "demo", "--dcgm") as exporter:
        await exporter.until("/ready")
        status, text = await exporter.get("/dcgm/metrics")
    assert status == 200
    found = samples(text)
    assert {s.name for s in found} >= {"DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_FB_USED"}
    assert {int(s.labels["gpu"]) for s in found} == {0, 1}
    assert all(s.labels["UUID"] and s.labels["modelName"] for s in found)


async def test_a_collector_that_fails_is_counted_logged_once_and_makes_it_unwell(
    tmp_path: Path,
) -> None:
    """A wrong mount: the machine's own network interfaces are not where they should be."""
    settings = {
        "GPU_EXPORTER_HOST_PROC": str(tmp_path),
        "GPU_EXPORTER_HOST_INTERVAL_SECONDS": "0.1",
    }
    async with exporter_process(**settings) as exporter:
        await exporter.until("/ready")  # before that it is 503 in any case
        found = await exporter.until_scraped(
            lambda found: found["exporter_collector_errors_total"]["host_network",] >= 5
        )
        health = json.loads(await exporter.until("/health", 503))
        _, _, logged = await end(exporter)
    assert not health["checks"]["host_network"]["ok"]
    assert str(tmp_path) in health["checks"]["host_network"]["detail"]
    assert found["exporter_collector_up"]["host_network",] == 0
    lines = [json.loads(line) for line in logged.splitlines()]
    failed = [line["collector"] for line in lines if line["event"] == "collector_failed"]
    assert failed.count("host_network") == 1


async def test_while_the_kernel_does_not_answer_it_is_scraped_and_ends_in_time(
    tmp_path: Path,
) -> None:
    a_machine_that_hangs(tmp_path)
    settings = {"GPU_EXPORTER_BACKEND": "demo", "GPU_EXPORTER_HOST_SYS": str(tmp_path)}
    async with exporter_process(**settings) as exporter:
        await exporter.until("/ready")
        times = []
        for _ in range(50):
            began = time.perf_counter()
            await exporter.get("/metrics")
            times.append(time.perf_counter() - began)
        found = await exporter.scrape()
        code, seconds, _ = await end(exporter)
    up = found["exporter_collector_up"]
    assert (up["host_rapl",], up["gpu",]) == (0, 1)
    assert found["exporter_collector_duration_seconds"]["host_rapl",] > 1
    assert statistics.median(times) < 0.05
    assert max(times) < 1
    assert (code, seconds < END_SECONDS) == (0, True)


async def test_it_can_be_ended_while_it_waits_for_a_first_reading(tmp_path: Path) -> None:
    a_machine_that_hangs(tmp_path)
    async with exporter_process(GPU_EXPORTER_HOST_SYS=str(tmp_path)) as exporter:
        await exporter.until("/live")
        code, seconds, _ = await end(exporter)
    assert (code, seconds < END_SECONDS) == (0, True)


async def test_a_taken_port_ends_the_process_with_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with exporter_process("--port", port) as exporter:
            logged = await exporter.ended()
    assert exporter.child.returncode == 1
    (line,) = logged.splitlines()
    event = json.loads(line)
    assert event["event"] == "cannot_listen"
    assert f"cannot listen on 127.0.0.1:{port} (metrics)" in event["detail"]


@pytest.mark.parametrize(
    ("variables", "code", "said"),
    [
        (
            {"GPU_EXPORTER_BACKENT": "demo"},
            2,
            "gpu-exporter: unknown setting GPU_EXPORTER_BACKENT, "
            "did you mean GPU_EXPORTER_BACKEND?",
        ),
        (
            {"GPU_EXPORTER_WITHOUT": "host_cpu,rapl"},
            1,
            "gpu-exporter: GPU_EXPORTER_WITHOUT: no collector is called 'rapl'; there are ",
        ),
        (
            {"GPU_EXPORTER_BACKEND": "replay", "GPU_EXPORTER_CAPTURE": "/nowhere"},
            1,
            "gpu-exporter: /nowhere",
        ),
    ],
)
async def test_what_cannot_be_done_ends_the_process_with_one_sentence(
    variables: dict[str, str], code: int, said: str
) -> None:
    async with exporter_process(**variables) as exporter:
        logged = await exporter.ended()
    assert exporter.child.returncode == code
    (line,) = logged.splitlines()
    assert line.startswith(said)


async def test_help_names_every_setting() -> None:
    async with exporter_process("--help", COLUMNS="100") as exporter:
        told = await exporter.ended()
    assert exporter.child.returncode == 0
    for row in fields_of(GpuExporterSettings):
        assert row["flag"] in told
        first_words = " ".join(row["description"].split()[:3])
        assert first_words in " ".join(told.split())
